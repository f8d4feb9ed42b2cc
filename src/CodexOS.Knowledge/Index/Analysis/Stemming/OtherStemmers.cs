namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>Light stemmers for Russian (cases, gender, number, forms of verbs) and Arabic (articles, pronouns, number).</summary>
internal static class OtherStemmers
{
    private const int RussianStayingMin = 3;
    private const int ArabicStayingMin = 3;

    private static readonly string[] s_reflexive = ["ся", "сь"];

    private static readonly string[] s_adjectives =
    [
        "ейшими", "ейшего", "ейшему", "ейший", "ейшая", "ейшие", "ейших", "ими", "ыми", "его", "ого", "ему", "ому", "ее", "ие",
        "ые", "ое", "ей", "ий", "ый", "ой", "ем", "им", "ым", "ом", "их", "ых", "ую", "юю", "ая", "яя", "ою", "ею",
    ];

    private static readonly string[] s_verbs =
    [
        "уйте", "ейте", "ила", "ыла", "ена", "ите", "или", "ыли", "ило", "ыло", "ено", "ует", "уют", "ены", "ить", "ыть", "ишь",
        "ала", "али", "ало", "ать", "ает", "ают", "ете", "йте", "ешь", "нно", "ил", "ыл", "им", "ым", "ен", "ят", "ит", "ыт",
        "ла", "на", "ли", "ем", "ло", "но", "ет", "ют", "ны", "ть",
    ];

    private static readonly string[] s_nouns =
    [
        "иями", "ями", "ами", "иях", "иям", "ием", "ией", "ев", "ов", "ие", "ье", "еи", "ии", "ей", "ой", "ий", "ям", "ем", "ам",
        "ом", "ах", "ях", "ию", "ью", "ия", "ья", "а", "е", "и", "й", "о", "у", "ы", "ь", "ю", "я",
    ];

    private static readonly string[] s_arabicPrefixes = ["وال", "بال", "كال", "فال", "لل", "ال"];
    private static readonly string[] s_arabicSuffixes = ["ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"];

    public static void Russian(ref Stem word)
    {
        word.CutFirst(s_reflexive, RussianStayingMin);
        if (!word.CutFirst(s_adjectives, RussianStayingMin) && !word.CutFirst(s_verbs, RussianStayingMin + 1))
            word.CutFirst(s_nouns, RussianStayingMin - 1);
        word.CutIf("и", RussianStayingMin);
        word.CutFirst(["ость", "ост"], RussianStayingMin);
        if (word.Ends("нн")) word.Cut(1);
        word.CutIf("ь", RussianStayingMin);
    }

    public static void Arabic(ref Stem word)
    {
        if (word.Begins("و") && word.Length > ArabicStayingMin && !word.Begins("وال")) word.CutFront(1);
        foreach (var prefix in s_arabicPrefixes)
        {
            if (!word.Begins(prefix) || word.Length - prefix.Length < ArabicStayingMin - 1) continue;
            word.CutFront(prefix.Length);
            break;
        }

        foreach (var suffix in s_arabicSuffixes) word.CutIf(suffix, ArabicStayingMin);
    }
}
