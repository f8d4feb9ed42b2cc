using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Catalogue;

/// <summary>What tools can be called, and how a name that others have chosen becomes one.</summary>
internal static partial class ToolNames
{
    public const int LengthMax = 64;

    private const int GivenLengthMax = 256;
    private const int HashLength = 8;

    /// <summary>Whether a text can name a tool.</summary>
    public static bool IsName(string text) => Name().IsMatch(text);

    /// <summary>
    /// The name of a tool of a connection: the connection's, an underscore, and what the server calls it in lowercase words.
    /// Null where the server's name has characters that are not plain: two names that look alike are then never mixed up.
    /// A name that is too long ends in a hash of the whole.
    /// </summary>
    public static string? Of(string connection, string given)
    {
        if (given.Length is 0 or > GivenLengthMax) return null;
        var name = new StringBuilder(connection.Length + given.Length + 8).Append(connection);
        var isBetween = true;
        for (var i = 0; i < given.Length; i++)
        {
            var character = given[i];
            if (character is < ' ' or > '~') return null;
            if (!char.IsAsciiLetterOrDigit(character))
            {
                isBetween = true;
                continue;
            }

            // getUser is get_user, and so is GET-user.
            var isHump = char.IsAsciiLetterUpper(character) && i > 0 && char.IsAsciiLetterLower(given[i - 1]);
            if (isBetween || isHump) name.Append('_');
            isBetween = false;
            name.Append(char.ToLowerInvariant(character));
        }

        if (name.Length == connection.Length) return null;
        if (name.Length <= LengthMax) return name.ToString();
        var hash = CanonicalJson.Hash(given)[..HashLength].ToLowerInvariant();
        return $"{name.ToString(0, LengthMax - HashLength - 1).TrimEnd('_')}_{hash}";
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,63}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Name();
}
