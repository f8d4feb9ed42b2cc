using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.Invitations;

/// <summary>
/// The single-use token of an invitation: 256 random bits, mailed in a link after a <c>#</c>, so that no proxy and no log
/// sees it, and stored as a hash. Whoever has it has shown that mail to the address reaches them.
/// </summary>
internal static class InvitationLink
{
    private const string Prefix = "cdi_";
    private const int TokenBytes = 32;

    public static string NewToken() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>What is stored of a token. Anything may be hashed, so that nonsense costs the same.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public static string Of(Uri server, string token) => $"{server.GetLeftPart(UriPartial.Path).TrimEnd('/')}/join#token={token}";
}
