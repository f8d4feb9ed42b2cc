using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names an API key; it is not the key.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<ApiKeyId>))]
public readonly record struct ApiKeyId(Guid Value) : ITypedId<ApiKeyId>, IComparable<ApiKeyId>
{
    /// <inheritdoc />
    public static string Prefix => "key";

    /// <inheritdoc />
    public static ApiKeyId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static ApiKeyId New(TimeProvider clock) => TypedId.New<ApiKeyId>(clock);

    /// <inheritdoc />
    public static ApiKeyId Parse(string s, IFormatProvider? provider) => TypedId.Parse<ApiKeyId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out ApiKeyId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(ApiKeyId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
