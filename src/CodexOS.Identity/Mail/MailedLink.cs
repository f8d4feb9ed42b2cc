using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.Mail;

/// <summary>
/// Links that work once and go to one person's mail. The token has 256 random bits; it stands after a <c>#</c>, so that no
/// proxy and no log sees it, and is stored as a hash. Whoever has it has shown that mail to the address reaches them.
/// </summary>
internal sealed class MailedLink
{
    private const int TokenBytes = 32;

    private readonly string _prefix;
    private readonly string _page;

    private MailedLink(string prefix, string page) => (_prefix, _page) = (prefix, page);

    /// <summary>Lets somebody join a tenant.</summary>
    public static MailedLink Invitation { get; } = new("cdi_", "join");

    /// <summary>Lets somebody who has forgotten their password choose another.</summary>
    public static MailedLink PasswordReset { get; } = new("cdp_", "reset-password");

    public string NewToken() => _prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>What is stored of a token. Anything may be hashed, so that nonsense costs the same.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public string Of(Uri server, string token) => $"{server.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{_page}#token={token}";
}
