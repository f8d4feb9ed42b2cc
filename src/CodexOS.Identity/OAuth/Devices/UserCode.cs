using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CodexOS.Identity.OAuth.Devices;

/// <summary>
/// The code that a person copies from a device to a browser: eight consonants, so that it spells no word and no digit is taken
/// for a letter (RFC 8628, section 6.1). Its 34 bits last for minutes, and tries to guess one are slowed down.
/// </summary>
internal static class UserCode
{
    /// <summary>The longest text that is looked at.</summary>
    public const int TypedLengthMax = 40;

    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";
    private const int Length = 8;

    /// <summary>A new code, as it is stored.</summary>
    public static string New() => RandomNumberGenerator.GetString(Letters, Length);

    /// <summary>The code as it is shown: <c>WDJB-MJHT</c>.</summary>
    public static string Show(string code) => $"{code[..4]}-{code[4..]}";

    /// <summary>Takes a code as somebody typed it: in whatever case, with or without what stands between.</summary>
    public static bool TryParse(string typed, [NotNullWhen(true)] out string? code)
    {
        code = string.Concat(typed.Where(char.IsLetterOrDigit)).ToUpperInvariant();
        return code.Length == Length && code.All(Letters.Contains);
    }
}
