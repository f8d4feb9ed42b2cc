using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace CodexOS.Platform.Ids;

/// <summary>Names a tenant: the owner of every row, and the wall between customers.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<TenantId>))]
public readonly record struct TenantId(Guid Value) : ITypedId<TenantId>, IComparable<TenantId>
{
    /// <inheritdoc />
    public static string Prefix => "ten";

    /// <inheritdoc />
    public static TenantId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static TenantId New(TimeProvider clock) => TypedId.New<TenantId>(clock);

    /// <inheritdoc />
    public static TenantId Parse(string s, IFormatProvider? provider) => TypedId.Parse<TenantId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out TenantId result) =>
        TypedId.TryParse(s, out result);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);

    /// <summary>Orders by the time at which the ids were made.</summary>
    public int CompareTo(TenantId other) => Value.CompareTo(other.Value);
}
