using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Passwords;

/// <summary>
/// Which passwords may be chosen, after NIST SP 800-63B: length counts, composition rules do not, and what attackers
/// try first is refused. The list is <c>common-passwords.txt</c>; how it was made is in the module's README.
/// </summary>
internal static class PasswordPolicy
{
    /// <summary>The shortest password that may be chosen, in characters.</summary>
    public const int LengthMin = 8;

    /// <summary>The length that people are told to aim for.</summary>
    public const int LengthRecommended = 15;

    /// <summary>The longest password that is read, so that hashing has a limit.</summary>
    public const int LengthMax = 128;

    private const int WordLengthMin = 4;
    private const int LettersLeftMax = 2;
    private const string Advice = "Choose another, for instance a few unrelated words.";

    private static readonly Lazy<FrozenSet<string>> Common = new(ReadCommon);

    /// <summary>Says what is wrong with a password for this person, or null.</summary>
    /// <param name="password">The password.</param>
    /// <param name="email">The person's address.</param>
    /// <param name="displayName">The person's name.</param>
    /// <param name="words">What the password may not be made of: see <see cref="PasswordWords"/>.</param>
    public static Fault? Check(string password, string email, string displayName, IReadOnlyList<string> words) =>
        Objection(password, email, displayName, words) is { } objection
            ? new Fault("identity.weak_password", FaultKind.Invalid, objection)
            {
                Errors = ImmutableDictionary<string, ImmutableArray<string>>.Empty.Add("password", [objection]),
            }
            : null;

    private static string? Objection(string password, string email, string displayName, IReadOnlyList<string> words)
    {
        var length = new StringInfo(password).LengthInTextElements;
        if (length < LengthMin)
        {
            return $"The password is too short: at least {LengthMin} characters, better {LengthRecommended} or more. "
                + "A few unrelated words are a good one.";
        }

        if (password.Length > LengthMax) return $"The password is too long: at most {LengthMax} characters.";
        var folded = password.Trim().ToLowerInvariant();
        if (Common.Value.Contains(folded) || Common.Value.Contains(folded.Replace(" ", "", StringComparison.Ordinal)))
            return "This is one of the passwords that attackers try first. " + Advice;
        if (IsPattern(folded))
            return "The password repeats or counts. " + Advice;
        if (IsAbout(folded, email) || IsAbout(folded, displayName))
            return "The password is made from your name or email address. " + Advice;
        if (IsMadeOf(folded, words))
            return "The password is made from the name of your organisation or of this software. " + Advice;
        return null;
    }

    /// <summary>Whether it is a unit of at most four characters again and again, or counts up or down.</summary>
    private static bool IsPattern(string folded)
    {
        for (var unit = 1; unit <= 4; unit++)
        {
            if (Enumerable.Range(unit, Math.Max(0, folded.Length - unit)).All(i => folded[i] == folded[i - unit]))
                return true;
        }

        return Counts(folded, step: 1) || Counts(folded, step: -1);
    }

    private static bool Counts(string folded, int step) =>
        Enumerable.Range(1, folded.Length - 1).All(i => folded[i] - folded[i - 1] == step);

    /// <summary>Whether the password is little more than the given text or, for an address, its local part.</summary>
    private static bool IsAbout(string folded, string personal)
    {
        var whole = Letters(personal);
        var local = Letters(personal.Split('@')[0]);
        var bare = Letters(folded);
        return bare.Length > 0 && (bare == whole || bare == local);
    }

    /// <summary>Whether hardly a letter is left of the password without the words; short ones are in every other word.</summary>
    private static bool IsMadeOf(string folded, IReadOnlyList<string> words)
    {
        var bare = Letters(folded);
        var left = bare;
        foreach (var word in words.Select(Letters).Where(static word => word.Length >= WordLengthMin)
            .OrderByDescending(static word => word.Length))
        {
            left = left.Replace(word, "", StringComparison.Ordinal);
        }

        return left.Length < bare.Length && left.Length <= LettersLeftMax;
    }

    private static string Letters(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (Rune.IsLetter(rune)) kept.Append(Rune.ToLowerInvariant(rune));
        return kept.ToString();
    }

    private static FrozenSet<string> ReadCommon()
    {
        using var stream = typeof(PasswordPolicy).Assembly.GetManifestResourceStream("common-passwords.txt")
            ?? throw new InvalidOperationException("The list of common passwords is missing from the assembly.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
