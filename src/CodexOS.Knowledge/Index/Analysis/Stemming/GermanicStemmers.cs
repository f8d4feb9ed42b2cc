namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>
/// Light stemmers for German, Dutch and Swedish: they take off the endings of inflection and leave derivation alone. Words
/// come folded, so that umlauts are written as their vowels already.
/// </summary>
internal static class GermanicStemmers
{
    private const int StayingMin = 3;

    private static readonly string[] s_germanFirst = ["ern", "em", "en", "er", "es", "e"];
    private static readonly string[] s_swedish =
    [
        "heterna", "hetens", "heter", "heten", "arnas", "ernas", "ornas", "andes", "arens", "andet", "arna", "erna", "orna",
        "ande", "arne", "aste", "aren", "ades", "erns", "ade", "are", "ern", "ens", "het", "ast", "ad", "en", "ar", "er", "or",
        "as", "es", "at", "a", "e",
    ];

    public static void German(ref Stem word)
    {
        // Plural, case and comparison: Hauses → Haus, schnelleren → schnell.
        if (!word.CutFirst(s_germanFirst, StayingMin) && word.Length > StayingMin && word[-1] == 's' && IsGermanSEnding(word[-2]))
            word.Cut(1);
        if (word.Length > 5 && (word.Ends("en") || word.Ends("er"))) word.Cut(2);
        else if (word.Length > 5 && word.Ends("st") && IsGermanStEnding(word[-3])) word.Cut(2);
        word.CutFirst(["ungen", "ung"], StayingMin + 2);
    }

    public static void Dutch(ref Stem word)
    {
        if (word.ReplaceIf("heden", "heid", StayingMin)) return;
        if (word.Length > 4 && (word.Ends("en") || word.Ends("es")) && !IsVowel(word[-3])) word.Cut(2);
        else if (word.Length > 4 && word[-1] == 's' && !IsVowel(word[-2]) && word[-2] != 'j') word.Cut(1);
        else if (word.Length > 4 && word[-1] == 'e' && !IsVowel(word[-2])) word.Cut(1);
        // The plural doubles consonants and writes long vowels once: bommen → bom, manen → maan.
        if (word.Length > 3 && word[-1] == word[-2] && !IsVowel(word[-1])) word.Cut(1);
        if (word.Length > 3 && word[-2] == word[-3] && word[-2] is 'a' or 'e' or 'o' or 'u')
        {
            var last = word[-1];
            word.Cut(1);
            word.Set(word.Length - 1, last);
        }
    }

    public static void Swedish(ref Stem word)
    {
        if (word.CutFirst(s_swedish, StayingMin)) return;
        if (word.Length > 4 && word[-1] == 's' && "bcdfghjklmnoprtvy".Contains(word[-2])) word.Cut(1);
    }

    private static bool IsGermanSEnding(char letter) => "bdfghklmnrt".Contains(letter);

    private static bool IsGermanStEnding(char letter) => "bdfghklmnt".Contains(letter);

    private static bool IsVowel(char letter) => letter is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';
}
