namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>
/// Light stemmers for Spanish, French, Italian and Portuguese: plural, gender, the commonest derivations and forms of
/// verbs. Words come folded, so without accents.
/// </summary>
internal static class RomanceStemmers
{
    private const int StayingMin = 3;

    private static readonly string[] s_spanishVerbs =
    [
        "aremos", "eremos", "iremos", "abamos", "ariamos", "eriamos", "iriamos", "ieron", "iendo", "aron", "ando", "aban",
        "aran", "eran", "iran", "arian", "erian", "irian", "aria", "eria", "iria", "ados", "adas", "idos", "idas", "amos",
        "emos", "imos", "ado", "ada", "ido", "ida", "aba", "ara", "era", "ira", "ar", "er", "ir",
    ];

    private static readonly string[] s_portugueseVerbs =
    [
        "aramos", "eremos", "iremos", "avamos", "assem", "essem", "issem", "ariam", "eriam", "iriam", "aram", "eram", "iram",
        "avam", "ando", "endo", "indo", "ados", "adas", "idos", "idas", "amos", "emos", "imos", "aria", "eria", "iria", "ado",
        "ada", "ido", "ida", "ava", "ara", "era", "ira", "ou", "eu", "iu", "ar", "er", "ir",
    ];

    private static readonly string[] s_italianVerbs =
    [
        "erebbero", "irebbero", "eranno", "iranno", "assero", "essero", "issero", "avano", "evano", "ivano", "arono", "erono",
        "irono", "ando", "endo", "ati", "ate", "ato", "ata", "uto", "uta", "uti", "ute", "ito", "ita", "iti", "ite", "ava",
        "eva", "iva", "are", "ere", "ire",
    ];

    private static readonly string[] s_frenchVerbs =
    [
        "eraient", "issaient", "eront", "aient", "erait", "erent", "irent", "issant", "issent", "ant", "ees", "ait", "era",
        "ent", "ons", "ez", "er", "ir", "ee", "es",
    ];

    public static void Spanish(ref Stem word)
    {
        if (word.ReplaceIf("ciones", "cion", StayingMin) || word.Length < 5) { /* -ción stays: it is what was meant. */ }
        else if (word.CutFirst(s_spanishVerbs, StayingMin)) return;
        else if (word.ReplaceIf("ces", "z", StayingMin)) return;
        else if (word.CutIf("es", StayingMin) || word.CutIf("s", StayingMin)) { }

        if (word.Length > 4 && word[-1] is 'a' or 'e' or 'o') word.Cut(1);
    }

    public static void Portuguese(ref Stem word)
    {
        if (word.Length < 5)
        {
            word.CutIf("s", StayingMin);
            return;
        }

        if (word.ReplaceIf("coes", "cao", StayingMin)) return;
        if (word.ReplaceIf("oes", "ao", 2) || word.ReplaceIf("aes", "ao", 2) || word.ReplaceIf("ais", "al", 2)
            || word.ReplaceIf("eis", "el", 2) || word.ReplaceIf("ns", "m", 2)) return;
        if (word.CutFirst(s_portugueseVerbs, StayingMin)) return;
        if (word.CutIf("res", StayingMin)) word.Replace(0, "r");
        else word.CutIf("s", StayingMin);
        if (word.Length > 4 && word[-1] is 'a' or 'e' or 'o') word.Cut(1);
    }

    public static void Italian(ref Stem word)
    {
        if (word.Length < 4) return;
        if (word.ReplaceIf("zioni", "zion", StayingMin - 1) || word.ReplaceIf("zione", "zion", StayingMin - 1)) return;
        if (word.CutFirst(s_italianVerbs, StayingMin)) return;
        if (word.ReplaceIf("che", "c", 2) || word.ReplaceIf("chi", "c", 2) || word.ReplaceIf("ghe", "g", 2)
            || word.ReplaceIf("ghi", "g", 2)) return;
        if (word[-1] is 'a' or 'e' or 'i' or 'o') word.Cut(1);
        if (word.Length > 4 && word[-1] == 'i') word.Cut(1);
    }

    public static void French(ref Stem word)
    {
        if (word.Length < 4) return;
        if (word.ReplaceIf("eaux", "eau", 1) || word.ReplaceIf("aux", "al", 2)) return;
        // Abstract nouns keep their stem: organisations → organis, rapidement → rapid.
        if (word.CutFirst(["ations", "ation", "ements", "ement", "ateurs", "ateur", "atrices", "atrice"], StayingMin)) return;
        if (word.ReplaceIf("euses", "eu", StayingMin) || word.ReplaceIf("euse", "eu", StayingMin)) return;
        if (word.Length > 4 && word.CutFirst(s_frenchVerbs, StayingMin)) { }
        else if (word[-1] is 's' or 'x') word.Cut(1);

        if (word.Length > 4 && word[-1] == 'e') word.Cut(1);
        if (word.Length > 4 && word[-1] == word[-2]) word.Cut(1);
    }
}
