using System.Buffers;

namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>
/// English endings by the published rules of Porter's second stemmer ("Porter2"): what stands in the region R1 or R2, after
/// the first or the second vowel and consonant, is an ending; what stands before it is the stem.
/// </summary>
internal static class EnglishStemmer
{
    private const string Doubles = "bdfgmnprt";
    private const string BeforeLi = "cdeghkmnrt";

    private static readonly SearchValues<char> s_vowels = SearchValues.Create("aeiouy");

    private static readonly (string Ending, string By)[] s_second =
    [
        ("ization", "ize"), ("ational", "ate"), ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"),
        ("tional", "tion"), ("biliti", "ble"), ("lessli", "less"), ("entli", "ent"), ("ation", "ate"), ("alism", "al"),
        ("aliti", "al"), ("ousli", "ous"), ("iviti", "ive"), ("fulli", "ful"), ("enci", "ence"), ("anci", "ance"),
        ("abli", "able"), ("izer", "ize"), ("ator", "ate"), ("alli", "al"), ("bli", "ble"),
    ];

    private static readonly (string Ending, string By)[] s_third =
    [
        ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"),
        ("ful", ""), ("ness", ""),
    ];

    private static readonly string[] s_fourth =
    [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous", "ive", "ize", "al", "er", "ic",
    ];

    public static void Apply(ref Stem word)
    {
        if (word.Length <= 2 || Irregular(ref word)) return;
        MarkConsonantYs(ref word);
        var (first, second) = Regions(word.Text);
        Plural(ref word);
        if (IsKeptAfterPlural(word.Text))
        {
            UnmarkYs(ref word);
            return;
        }

        PastAndProgressive(ref word, first);
        if (word.Length > 2 && word[-1] is 'y' or 'Y' && !IsVowel(word[-2])) word.Set(word.Length - 1, 'i');
        SecondStep(ref word, first);
        ThirdStep(ref word, first, second);
        FourthStep(ref word, second);
        LastLetter(ref word, first, second);
        UnmarkYs(ref word);
    }

    private static bool Irregular(ref Stem word)
    {
        var by = word.Text switch
        {
            "skis" => "ski",
            "skies" => "sky",
            "dying" => "die",
            "lying" => "lie",
            "tying" => "tie",
            "idly" => "idl",
            "gently" => "gentl",
            "ugly" => "ugli",
            "early" => "earli",
            "only" => "onli",
            "singly" => "singl",
            "sky" => "sky",
            "news" => "news",
            "howe" => "howe",
            "atlas" => "atlas",
            "cosmos" => "cosmos",
            "bias" => "bias",
            "andes" => "andes",
            _ => null,
        };
        if (by is null) return false;
        word.Replace(word.Length, by);
        return true;
    }

    private static bool IsKeptAfterPlural(ReadOnlySpan<char> word) =>
        word is "inning" or "outing" or "canning" or "herring" or "earring" or "proceed" or "exceed" or "succeed";

    /// <summary>A y at the beginning or after a vowel is a consonant; it is written large while the rules run.</summary>
    private static void MarkConsonantYs(ref Stem word)
    {
        if (word[0] == 'y') word.Set(0, 'Y');
        for (var i = 1; i < word.Length; i++)
        {
            if (word[i] == 'y' && IsVowel(word[i - 1])) word.Set(i, 'Y');
        }
    }

    private static void UnmarkYs(ref Stem word)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == 'Y') word.Set(i, 'y');
        }
    }

    private static (int First, int Second) Regions(ReadOnlySpan<char> word)
    {
        var first = word.StartsWith("gener") || word.StartsWith("arsen") ? 5
            : word.StartsWith("commun") ? 6
            : AfterVowelAndConsonant(word, 0);
        return (first, AfterVowelAndConsonant(word, first));
    }

    private static int AfterVowelAndConsonant(ReadOnlySpan<char> word, int from)
    {
        for (var i = from + 1; i < word.Length; i++)
        {
            if (!IsVowel(word[i]) && IsVowel(word[i - 1])) return i + 1;
        }

        return word.Length;
    }

    private static void Plural(ref Stem word)
    {
        if (word.Ends("sses")) word.Cut(2);
        else if (word.Ends("ied") || word.Ends("ies")) word.Cut(word.Length > 4 ? 2 : 1);
        else if (word[-1] == 's' && word[-2] is not ('u' or 's') && HasVowel(word.Text[..^2])) word.Cut(1);
    }

    private static void PastAndProgressive(ref Stem word, int first)
    {
        if (word.Ends("eedly") || word.Ends("eed"))
        {
            var length = word.Ends("eed") ? 3 : 5;
            if (word.Length - length >= first) word.Replace(length, "ee");
            return;
        }

        var ending = word.Ends("ingly") ? 5 : word.Ends("edly") ? 4 : word.Ends("ing") ? 3 : word.Ends("ed") ? 2 : 0;
        if (ending == 0 || !HasVowel(word.Text[..^ending])) return;
        word.Cut(ending);
        if (word.Ends("at") || word.Ends("bl") || word.Ends("iz")) word.Replace(0, "e");
        else if (word.Length > 1 && word[-1] == word[-2] && Doubles.Contains(word[-1])) word.Cut(1);
        else if (first >= word.Length && EndsInShortSyllable(word.Text)) word.Replace(0, "e");
    }

    private static void SecondStep(ref Stem word, int first)
    {
        foreach (var (ending, by) in s_second)
        {
            if (!word.Ends(ending)) continue;
            if (word.Length - ending.Length >= first) word.Replace(ending.Length, by);
            return;
        }

        if (word.Ends("ogi"))
        {
            if (word.Length - 3 >= first && word.Length > 3 && word[-4] == 'l') word.Cut(1);
        }
        else if (word.Ends("li") && word.Length - 2 >= first && word.Length > 2 && BeforeLi.Contains(word[-3]))
        {
            word.Cut(2);
        }
    }

    private static void ThirdStep(ref Stem word, int first, int second)
    {
        foreach (var (ending, by) in s_third)
        {
            if (!word.Ends(ending)) continue;
            if (word.Length - ending.Length >= first) word.Replace(ending.Length, by);
            return;
        }

        if (word.Ends("ative") && word.Length - 5 >= second) word.Cut(5);
    }

    private static void FourthStep(ref Stem word, int second)
    {
        foreach (var ending in s_fourth)
        {
            if (!word.Ends(ending)) continue;
            if (word.Length - ending.Length >= second) word.Cut(ending.Length);
            return;
        }

        if (word.Ends("ion") && word.Length - 3 >= second && word.Length > 3 && word[-4] is 's' or 't') word.Cut(3);
    }

    private static void LastLetter(ref Stem word, int first, int second)
    {
        var before = word.Length - 1;
        if (word[-1] == 'e')
        {
            if (before >= second || (before >= first && !EndsInShortSyllable(word.Text[..^1]))) word.Cut(1);
        }
        else if (word[-1] == 'l' && before >= second && word.Length > 1 && word[-2] == 'l')
        {
            word.Cut(1);
        }
    }

    private static bool EndsInShortSyllable(ReadOnlySpan<char> word)
    {
        if (word.Length == 2) return IsVowel(word[0]) && !IsVowel(word[1]);
        return word.Length > 2
            && !IsVowel(word[^3]) && IsVowel(word[^2]) && !IsVowel(word[^1]) && word[^1] is not ('w' or 'x' or 'Y');
    }

    private static bool HasVowel(ReadOnlySpan<char> word) => word.ContainsAny(s_vowels);

    private static bool IsVowel(char letter) => letter is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';
}
