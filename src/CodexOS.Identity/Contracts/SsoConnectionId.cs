using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Contracts;

/// <summary>Names a single sign-on connection: an identity provider that signs people of a tenant in.</summary>
/// <param name="Value">The bare UUID version 7.</param>
[JsonConverter(typeof(TypedIdJsonConverter<SsoConnectionId>))]
public readonly record struct SsoConnectionId(Guid Value) : ITypedId<SsoConnectionId>, IComparable<SsoConnectionId>
{
    /// <inheritdoc />
    public static string Prefix => "sso";

    /// <inheritdoc />
    public static SsoConnectionId From(Guid value) => new(value);

    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static SsoConnectionId New(TimeProvider clock) => TypedId.New<SsoConnectionId>(clock);

    /// <inheritdoc />
    public static SsoConnectionId Parse(string s, IFormatProvider? provider) => TypedId.Parse<SsoConnectionId>(s);

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SsoConnectionId result) =>
        TypedId.TryParse(s, out result);

    /// <summary>Orders ids by their time of creation.</summary>
    public int CompareTo(SsoConnectionId other) => Value.CompareTo(other.Value);

    /// <inheritdoc />
    public override string ToString() => TypedId.Print(this);
}
