using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>Names a legal hold.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<LegalHoldId>))]
public readonly record struct LegalHoldId(Guid Value) : ITypedId<LegalHoldId>, IComparable<LegalHoldId>
{
    /// <inheritdoc />
    public static string Prefix => "hld";

    /// <inheritdoc />
    public static LegalHoldId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static LegalHoldId New(TimeProvider clock) => TypedId.New<LegalHoldId>(clock);

    /// <inheritdoc />
    public static LegalHoldId Parse(string s, IFormatProvider? provider) => TypedId.Parse<LegalHoldId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out LegalHoldId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation; queries page by it.</summary>
    public int CompareTo(LegalHoldId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
