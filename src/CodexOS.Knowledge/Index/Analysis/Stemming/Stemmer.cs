namespace CodexOS.Knowledge.Index.Analysis.Stemming;

/// <summary>Reduces the forms of a word to one.</summary>
internal static class Stemmer
{
    /// <summary>How much room a word's buffer must have beyond the word.</summary>
    public const int SpareLength = 2;

    /// <summary>Reduces a folded word in place; returns its new length.</summary>
    public static int Apply(Language language, Span<char> buffer, int length)
    {
        var word = new Stem(buffer, length);
        if (length > 2)
        {
            switch (language)
            {
                case Language.English: EnglishStemmer.Apply(ref word); break;
                case Language.German: GermanicStemmers.German(ref word); break;
                case Language.Dutch: GermanicStemmers.Dutch(ref word); break;
                case Language.Swedish: GermanicStemmers.Swedish(ref word); break;
                case Language.Spanish: RomanceStemmers.Spanish(ref word); break;
                case Language.French: RomanceStemmers.French(ref word); break;
                case Language.Italian: RomanceStemmers.Italian(ref word); break;
                case Language.Portuguese: RomanceStemmers.Portuguese(ref word); break;
                case Language.Russian: OtherStemmers.Russian(ref word); break;
                case Language.Arabic: OtherStemmers.Arabic(ref word); break;
                default: break;
            }
        }

        return word.Length;
    }
}
