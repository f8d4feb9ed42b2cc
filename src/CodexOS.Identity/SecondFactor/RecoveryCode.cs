using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.SecondFactor;

/// <summary>
/// A code for somebody who has lost their authenticator: 120 random bits in 24 characters of Crockford's base 32, in groups
/// of six. It may be typed in any case, without the hyphens, and with the letters that look like digits.
/// </summary>
internal static class RecoveryCode
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int Length = 24;
    private const int GroupLength = 6;

    public static string New()
    {
        var letters = RandomNumberGenerator.GetItems<char>(Alphabet, Length);
        return string.Join('-', letters.Chunk(GroupLength).Select(static group => new string(group)));
    }

    /// <summary>What is stored of a code. Anything may be hashed, so that nonsense costs the same.</summary>
    public static byte[] Hash(string code)
    {
        var plain = new StringBuilder(Length);
        foreach (var character in code.ToLowerInvariant())
        {
            if (character is '-' or ' ') continue;
            plain.Append(character switch { 'o' => '0', 'i' or 'l' => '1', _ => character });
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(plain.ToString()));
    }
}
