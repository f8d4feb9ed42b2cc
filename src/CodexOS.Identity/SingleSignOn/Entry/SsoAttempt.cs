using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>
/// What binds a sign-in at a provider to the browser that began it: 256 random bits in its cookie. State, nonce and PKCE verifier
/// follow from them, each in one direction, so that nothing but the hash of the state has to be stored.
/// </summary>
internal sealed class SsoAttempt
{
    private const int SecretBytes = 32;

    private readonly byte[] _secret;

    private SsoAttempt(byte[] secret) => _secret = secret;

    /// <summary>Goes through the browser to the provider and back.</summary>
    public string State => Derive("state");

    /// <summary>Comes back inside the ID token.</summary>
    public string Nonce => Derive("nonce");

    /// <summary>Is shown to the provider with the code.</summary>
    public string Verifier => Derive("verifier");

    /// <summary>The challenge for it (RFC 7636, section 4.2).</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public byte[] StateHash => HashOf(State);

    public static SsoAttempt New() => new(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Reads the cookie.</summary>
    public static bool TryParse(string? cookie, [NotNullWhen(true)] out SsoAttempt? attempt)
    {
        attempt = null;
        if (cookie is null || !Base64Url.IsValid(cookie, out var length) || length != SecretBytes) return false;
        attempt = new SsoAttempt(Base64Url.DecodeFromChars(cookie));
        return true;
    }

    /// <summary>Whether a state that came back is this attempt's.</summary>
    public bool IsOf(string? state) => state is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(State));

    /// <summary>What the cookie holds.</summary>
    public string Reveal() => Base64Url.EncodeToString(_secret);

    private static byte[] HashOf(string state) => SHA256.HashData(Encoding.UTF8.GetBytes(state));

    private string Derive(string what) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes(what)));
}
