using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names an OAuth client: a program that people, or a service account, let act for them.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<OAuthClientId>))]
public readonly record struct OAuthClientId(Guid Value) : ITypedId<OAuthClientId>, IComparable<OAuthClientId>
{
    /// <inheritdoc />
    public static string Prefix => "cli";

    /// <inheritdoc />
    public static OAuthClientId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static OAuthClientId New(TimeProvider clock) => TypedId.New<OAuthClientId>(clock);

    /// <inheritdoc />
    public static OAuthClientId Parse(string s, IFormatProvider? provider) => TypedId.Parse<OAuthClientId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out OAuthClientId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(OAuthClientId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
