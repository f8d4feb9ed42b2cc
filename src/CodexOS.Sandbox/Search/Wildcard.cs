using System.Buffers;

namespace CodexOS.Sandbox.Search;

/// <summary>
/// A pattern for paths as git's ignore files have them ("gitignore", PATTERN FORMAT): <c>*</c> and <c>?</c> do not match a
/// slash, <c>**/</c> stands for any folders, <c>/**</c> for all that is inside, brackets for one of some characters.
/// </summary>
internal sealed class Wildcard
{
    // Far more than any honest path needs; what takes longer does not match.
    private const int StepsMax = 20_000;
    private static readonly SearchValues<char> s_special = SearchValues.Create("*?[\\");
    private readonly Token[] _tokens;
    private readonly string? _literal;
    private readonly string? _suffix;

    private Wildcard(Token[] tokens, string? literal, string? suffix)
    {
        _tokens = tokens;
        _literal = literal;
        _suffix = suffix;
    }

    /// <summary>Reads a pattern; null if it has a bracket without an end, which matches nothing.</summary>
    public static Wildcard? Parse(string pattern)
    {
        if (!pattern.AsSpan().ContainsAny(s_special)) return new Wildcard([], pattern, null);
        var isSuffix = pattern is ['*', not '*', ..] && !pattern.AsSpan(1).ContainsAny(s_special)
            && !pattern.Contains('/', StringComparison.Ordinal);
        var tokens = new List<Token>();
        for (var at = 0; at < pattern.Length;)
        {
            var rest = pattern.AsSpan(at);
            var isAtStart = at == 0 || pattern[at - 1] == '/';
            if (isAtStart && rest.StartsWith("**/"))
            {
                tokens.Add(new Token(TokenKind.Folders));
                at += 3;
            }
            else if (isAtStart && rest is "**")
            {
                tokens.Add(new Token(TokenKind.Rest));
                at += 2;
            }
            else if (rest[0] == '*')
            {
                while (at < pattern.Length && pattern[at] == '*') at++;
                tokens.Add(new Token(TokenKind.Star));
            }
            else if (rest[0] == '[')
            {
                if (CharacterSet.Parse(rest, out var length) is not { } set) return null;
                tokens.Add(new Token(TokenKind.Set, Set: set));
                at += length;
            }
            else if (rest[0] == '?')
            {
                tokens.Add(new Token(TokenKind.Any));
                at++;
            }
            else
            {
                if (rest[0] == '\\' && rest.Length > 1) at++;
                tokens.Add(new Token(TokenKind.Character, pattern[at++]));
            }
        }

        return new Wildcard([.. tokens], null, isSuffix ? pattern[1..] : null);
    }

    /// <summary>Whether the pattern matches a whole path.</summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        if (_literal is not null) return path.SequenceEqual(_literal);
        if (_suffix is not null) return path.EndsWith(_suffix) && !path.Contains('/');
        return MatchesTokens(path);
    }

    private bool MatchesTokens(ReadOnlySpan<char> path)
    {
        // A later star makes what an earlier one took irrelevant, so one place to go back to is enough for each kind.
        int token = 0, at = 0, star = -1, starAt = 0, folders = -1, foldersAt = 0;
        for (var step = 0; step < StepsMax; step++)
        {
            if (token == _tokens.Length)
            {
                if (at == path.Length) return true;
            }
            else
            {
                switch (_tokens[token].Kind)
                {
                    case TokenKind.Rest:
                        return at < path.Length;
                    case TokenKind.Star:
                        (star, starAt) = (++token, at);
                        continue;
                    case TokenKind.Folders:
                        (folders, foldersAt, star) = (++token, at, -1);
                        continue;
                    default:
                        if (at >= path.Length || !_tokens[token].Fits(path[at])) break;
                        token++;
                        at++;
                        continue;
                }
            }

            if (star >= 0 && starAt < path.Length && path[starAt] != '/')
            {
                (token, at) = (star, ++starAt);
                continue;
            }

            var slash = folders < 0 ? -1 : path[foldersAt..].IndexOf('/');
            if (slash < 0) return false;
            foldersAt += slash + 1;
            (token, at, star) = (folders, foldersAt, -1);
        }

        return false;
    }

    private enum TokenKind
    {
        Character,
        Any,
        Set,
        Star,
        Folders,
        Rest,
    }

    private readonly record struct Token(TokenKind Kind, char Character = default, CharacterSet? Set = null)
    {
        public bool Fits(char character) => Kind switch
        {
            TokenKind.Character => character == Character,
            TokenKind.Set => character != '/' && Set!.Has(character),
            _ => character != '/',
        };
    }

    /// <summary>What brackets list.</summary>
    private sealed class CharacterSet
    {
        private readonly List<(char From, char To)> _ranges = [];
        private readonly List<Func<char, bool>> _classes = [];
        private bool _isNegated;

        public bool Has(char character)
        {
            var isListed = _ranges.Exists(range => range.From <= character && character <= range.To)
                || _classes.Exists(it => it(character));
            return isListed != _isNegated;
        }

        public static CharacterSet? Parse(ReadOnlySpan<char> text, out int length)
        {
            var set = new CharacterSet();
            var at = 1;
            if (at < text.Length && text[at] is '!' or '^')
            {
                set._isNegated = true;
                at++;
            }

            for (var first = at; at < text.Length; at++)
            {
                length = at + 1;
                if (text[at] == ']' && at > first) return set;
                if (text[at] == '[' && text[(at + 1)..].StartsWith(":") && text[at..].IndexOf(":]") is var end and > 1)
                {
                    if (ClassOf(text[(at + 2)..(at + end)]) is not { } named) return null;
                    set._classes.Add(named);
                    at += end + 1;
                    continue;
                }

                if (text[at] == '\\' && at + 1 < text.Length) at++;
                var from = text[at];
                if (at + 2 < text.Length && text[at + 1] == '-' && text[at + 2] != ']')
                {
                    at += 2;
                    if (text[at] == '\\' && at + 1 < text.Length) at++;
                }

                set._ranges.Add((from, text[at]));
            }

            length = 0;
            return null;
        }

        private static Func<char, bool>? ClassOf(ReadOnlySpan<char> name) => name switch
        {
            "alpha" => char.IsAsciiLetter,
            "digit" => char.IsAsciiDigit,
            "alnum" => char.IsAsciiLetterOrDigit,
            "upper" => char.IsAsciiLetterUpper,
            "lower" => char.IsAsciiLetterLower,
            "xdigit" => char.IsAsciiHexDigit,
            "space" => static c => c is ' ' or (>= '\t' and <= '\r'),
            "blank" => static c => c is ' ' or '\t',
            "punct" => static c => char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)),
            "cntrl" => static c => char.IsAscii(c) && char.IsControl(c),
            "print" => static c => c is >= ' ' and <= '~',
            "graph" => static c => c is > ' ' and <= '~',
            _ => null,
        };
    }
}
