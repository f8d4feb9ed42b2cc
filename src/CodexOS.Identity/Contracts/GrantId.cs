using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names a permission that was granted on one thing.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<GrantId>))]
public readonly record struct GrantId(Guid Value) : ITypedId<GrantId>, IComparable<GrantId>
{
    /// <inheritdoc />
    public static string Prefix => "grt";

    /// <inheritdoc />
    public static GrantId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static GrantId New(TimeProvider clock) => TypedId.New<GrantId>(clock);

    /// <inheritdoc />
    public static GrantId Parse(string s, IFormatProvider? provider) => TypedId.Parse<GrantId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out GrantId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(GrantId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
