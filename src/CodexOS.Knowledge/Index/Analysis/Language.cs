namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>A language that words are stemmed in. The numbers are written to disk.</summary>
internal enum Language : byte
{
    /// <summary>Not known, or one without a stemmer.</summary>
    None = 0,
    English = 1,
    German = 2,
    Spanish = 3,
    French = 4,
    Italian = 5,
    Portuguese = 6,
    Dutch = 7,
    Swedish = 8,
    Russian = 9,
    Arabic = 10,
}

/// <summary>Names and sets of languages.</summary>
internal static class Languages
{
    /// <summary>How many there are, <see cref="Language.None"/> included.</summary>
    public const int Count = 11;

    /// <summary>All that have a stemmer.</summary>
    public static IEnumerable<Language> All => Enumerable.Range(1, Count - 1).Select(static number => (Language)number);

    /// <summary>The language of a tag such as <c>de</c> or <c>pt-BR</c>; null if it is none of these.</summary>
    public static Language? Of(string? tag) => tag?.Split('-', '_')[0].ToLowerInvariant() switch
    {
        "en" => Language.English,
        "de" => Language.German,
        "es" => Language.Spanish,
        "fr" => Language.French,
        "it" => Language.Italian,
        "pt" => Language.Portuguese,
        "nl" => Language.Dutch,
        "sv" => Language.Swedish,
        "ru" => Language.Russian,
        "ar" => Language.Arabic,
        _ => null,
    };

    /// <summary>The bit that stands for a language in a set of them.</summary>
    public static int Bit(Language language) => 1 << (int)language;
}
