using System.Diagnostics.CodeAnalysis;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Names what a provider said when it signed somebody in. It stays inside.</summary>
/// <param name="Value">The bare UUID version 7.</param>
internal readonly record struct SsoSignInId(Guid Value) : ITypedId<SsoSignInId>
{
    public static string Prefix => "ssi";

    public static SsoSignInId From(Guid value) => new(value);

    public static SsoSignInId New(TimeProvider clock) => TypedId.New<SsoSignInId>(clock);

    public static SsoSignInId Parse(string s, IFormatProvider? provider) => TypedId.Parse<SsoSignInId>(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out SsoSignInId result) =>
        TypedId.TryParse(s, out result);

    public override string ToString() => TypedId.Print(this);
}
