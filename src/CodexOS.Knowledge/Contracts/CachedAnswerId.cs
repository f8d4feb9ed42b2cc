using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Knowledge.Contracts;

/// <summary>Names an answer in the semantic cache.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<CachedAnswerId>))]
public readonly record struct CachedAnswerId(Guid Value) : ITypedId<CachedAnswerId>, IComparable<CachedAnswerId>
{
    /// <inheritdoc />
    public static string Prefix => "can";

    /// <inheritdoc />
    public static CachedAnswerId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static CachedAnswerId New(TimeProvider clock) => TypedId.New<CachedAnswerId>(clock);

    /// <inheritdoc />
    public static CachedAnswerId Parse(string s, IFormatProvider? provider) => TypedId.Parse<CachedAnswerId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out CachedAnswerId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation; queries page by it.</summary>
    public int CompareTo(CachedAnswerId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
