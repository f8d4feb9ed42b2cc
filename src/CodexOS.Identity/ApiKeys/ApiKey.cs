using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.ApiKeys;

/// <summary>
/// An API key: <c>cdx_</c>, 256 random bits in 43 characters, and a checksum (CRC-32 of all that stands before it) in 6,
/// both in base 62, the digits before the upper before the lower case. It is shown once and stored only as a hash.
/// </summary>
/// <remarks>
/// The prefix and the checksum let a scanner that looks through source code or logs tell a leaked key from a text that
/// only looks like one, and let the server refuse nonsense without asking the database. SHA-256 without salt or stretching
/// is enough for the hash: those slow down the guessing of what people make up, and nobody searches 256 random bits.
/// </remarks>
internal sealed class ApiKey
{
    /// <summary>What every key begins with.</summary>
    public const string Prefix = "cdx_";

    /// <summary>The length of every key, in characters.</summary>
    public const int Length = 53;

    private const int SecretBytes = 32;
    private const int SecretLength = 43;
    private const int ChecksumLength = 6;
    private const int HintLength = 10;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> DigitValues = SearchValues.Create(Digits);

    private readonly string _text;

    private ApiKey(string text) => _text = text;

    /// <summary>What is stored of the key.</summary>
    public byte[] Hash => SHA256.HashData(Encoding.ASCII.GetBytes(_text));

    /// <summary>
    /// The first characters, by which an owner recognises a key. They give away 36 of its 256 bits, which is none too many.
    /// </summary>
    public string Hint => _text[..HintLength] + "…";

    /// <summary>Makes a new key.</summary>
    public static ApiKey New()
    {
        var secret = new BigInteger(RandomNumberGenerator.GetBytes(SecretBytes), isUnsigned: true, isBigEndian: true);
        var body = Prefix + Base62(secret, SecretLength);
        return new ApiKey(body + ChecksumOf(body));
    }

    /// <summary>
    /// Takes a text for a key if its form and its checksum are right. Whether it opens anything is another question.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ApiKey? key)
    {
        key = null;
        if (text is not { Length: Length } || !text.StartsWith(Prefix, StringComparison.Ordinal)
            || text.AsSpan(Prefix.Length).ContainsAnyExcept(DigitValues)
            || !text.EndsWith(ChecksumOf(text[..^ChecksumLength]), StringComparison.Ordinal))
        {
            return false;
        }

        key = new ApiKey(text);
        return true;
    }

    /// <summary>The key as its owner keeps it.</summary>
    public string Reveal() => _text;

    /// <summary>Keys do not print themselves: whoever wants the text has to ask for it.</summary>
    public override string ToString() => Hint;

    private static string ChecksumOf(string body) =>
        Base62(Crc32.HashToUInt32(Encoding.ASCII.GetBytes(body)), ChecksumLength);

    private static string Base62(BigInteger value, int length) => string.Create(length, value, static (span, rest) =>
    {
        for (var i = span.Length - 1; i >= 0; i--)
        {
            rest = BigInteger.DivRem(rest, Digits.Length, out var digit);
            span[i] = Digits[(int)digit];
        }
    });
}
