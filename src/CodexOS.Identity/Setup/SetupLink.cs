using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Setup;

/// <summary>
/// The one-time administrator token: 256 random bits, in a file that only the server's user can read, and as a hash in
/// the database. The link carries it after a <c>#</c>, so that no proxy and no log ever sees it.
/// </summary>
internal sealed class SetupLink(DataDirectory data)
{
    private const string Marker = "/setup#token=";
    private const int TokenBytes = 32;

    /// <summary>Where the link lies as long as it is needed.</summary>
    public string FilePath { get; } = Path.Combine(data.Keys, "setup-link");

    public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    /// <summary>What to put behind the server's address for somebody to use a token.</summary>
    public static string PathOf(string token) => Marker + token;

    /// <summary>
    /// What is stored of a token. Anything may be hashed, so that comparing costs the same for nonsense.
    /// </summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The token of an earlier start, if its file is still there.</summary>
    public bool TryRead([NotNullWhen(true)] out string? token)
    {
        token = null;
        if (!File.Exists(FilePath)) return false;
        var link = File.ReadAllText(FilePath).Trim();
        var at = link.IndexOf(Marker, StringComparison.Ordinal);
        if (at >= 0) token = link[(at + Marker.Length)..];
        return token is not null;
    }

    /// <summary>Writes the link for this start's address and returns it.</summary>
    public Uri Write(Uri server, string token)
    {
        var link = new Uri(server.GetLeftPart(UriPartial.Authority) + Marker + token);
        DataDirectory.WriteSecret(FilePath, Encoding.ASCII.GetBytes(link.AbsoluteUri + "\n"));
        return link;
    }

    public void Remove() => File.Delete(FilePath);
}
