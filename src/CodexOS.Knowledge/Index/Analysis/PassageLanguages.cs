namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>
/// Finds the language of each passage of a batch: as given, as its own words show, as most of its document is in, as most of
/// the batch is in, or as set for the base; in this order.
/// </summary>
internal static class PassageLanguages
{
    public static Language[] Of(IReadOnlyList<IndexPassage> passages, Language last)
    {
        var languages = new Language?[passages.Count];
        var inBatch = new int[Languages.Count];
        var inDocuments = new Dictionary<Guid, int[]>();
        for (var i = 0; i < passages.Count; i++)
        {
            languages[i] = Languages.Of(passages[i].Language);
            if (languages[i] is null && LanguageGuess.Of(passages[i].Passage.Text) is var guess && guess != Language.None)
                languages[i] = guess;
            if (!inDocuments.TryGetValue(passages[i].Document, out var inDocument))
                inDocuments[passages[i].Document] = inDocument = new int[Languages.Count];
            if (languages[i] is not { } found) continue;
            inDocument[(int)found]++;
            inBatch[(int)found]++;
        }

        return
        [
            .. languages.Select((language, i) =>
                language ?? MostOf(inDocuments[passages[i].Document]) ?? MostOf(inBatch) ?? last),
        ];
    }

    private static Language? MostOf(int[] counts)
    {
        var most = Array.IndexOf(counts, counts.Max());
        return counts[most] == 0 ? null : (Language)most;
    }
}
