using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.OAuth;

/// <summary>
/// Proof Key for Code Exchange (RFC 7636) with S256 and nothing else: who asked for a code shows that it is the same who
/// exchanges it. <c>plain</c> would show a reader of the request what the reader of the answer lacks.
/// </summary>
internal static class Pkce
{
    public const string Method = "S256";

    private const int ChallengeLength = 43;
    private const int VerifierLengthMin = 43;
    private const int VerifierLengthMax = 128;

    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>Whether a text is the SHA-256 of something in base64url.</summary>
    public static bool IsChallenge(string? text) => text is { Length: ChallengeLength } && Base64Url.IsValid(text);

    /// <summary>Whether a verifier is the one of a challenge.</summary>
    public static bool Matches(string? verifier, string challenge)
    {
        if (verifier is not { Length: >= VerifierLengthMin and <= VerifierLengthMax }
            || verifier.AsSpan().ContainsAnyExcept(Unreserved))
        {
            return false;
        }

        var made = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(made), Encoding.ASCII.GetBytes(challenge));
    }
}
