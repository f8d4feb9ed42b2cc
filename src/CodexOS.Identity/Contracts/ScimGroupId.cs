using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names a group that an identity provider keeps here.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<ScimGroupId>))]
public readonly record struct ScimGroupId(Guid Value) : ITypedId<ScimGroupId>, IComparable<ScimGroupId>
{
    /// <inheritdoc />
    public static string Prefix => "grp";

    /// <inheritdoc />
    public static ScimGroupId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static ScimGroupId New(TimeProvider clock) => TypedId.New<ScimGroupId>(clock);

    /// <inheritdoc />
    public static ScimGroupId Parse(string s, IFormatProvider? provider) => TypedId.Parse<ScimGroupId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ScimGroupId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(ScimGroupId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
