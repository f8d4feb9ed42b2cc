using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Chunking;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Search;

namespace CodexOS.Knowledge.Answers;

/// <summary>
/// Answers in the documents' own words: of the sentences of the best passages it takes those that speak of most of what was
/// asked. Nothing is put into words by anybody, so nothing can be made up; where the passages speak of too little it says so.
/// </summary>
internal static class Extract
{
    /// <summary>Which share of what was asked the best passage must speak of for there to be an answer.</summary>
    public const double CoverageMin = 0.5;

    private const int SentencesMax = 3;
    private const int SentenceLengthMax = 600;

    // A further sentence must say nearly as much as the best one.
    private const double NextShareMin = 0.7;

    // What stands in better passages is preferred; a sentence that speaks of more is preferred more.
    private const double PassageShare = 0.3;

    /// <summary>The sentences that answer best, and the share of what was asked that the best passage speaks of.</summary>
    public static ExtractedAnswer Of(AskedWords asked, IReadOnlyList<FoundPassage> passages)
    {
        var reader = asked.Open();
        var best = passages.Count == 0 ? 0 : Math.Max(passages[0].Score, double.Epsilon);
        var candidates = new List<Candidate>();
        var coverage = 0d;
        for (var i = 0; i < passages.Count; i++)
        {
            var passage = passages[i];
            var about = reader.FindIn(string.Join('\n', passage.Place.Headings)) | reader.FindIn(passage.Title ?? "");
            var whole = about | reader.FindIn(passage.Text);
            coverage = Math.Max(coverage, asked.ShareOf(whole));
            foreach (var sentence in TextCutter.Sentences(passage.Text))
            {
                var own = reader.FindIn(passage.Text.AsSpan(sentence.Start, sentence.Length));
                if (own == 0) continue;
                // What the headings say holds for each sentence below them, though it is said only once.
                var share = (asked.ShareOf(own) + asked.ShareOf(own | about)) / 2;
                candidates.Add(new Candidate(
                    i, sentence, share, ((1 - PassageShare) * share) + (PassageShare * passage.Score / best)));
            }
        }

        if (coverage < CoverageMin || candidates.Count == 0) return new ExtractedAnswer(coverage, []);
        return new ExtractedAnswer(coverage, Choose(candidates, passages));
    }

    /// <summary>Writes the sentences down with the numbers of their citations.</summary>
    public static string Write(IReadOnlyList<Citation> citations)
    {
        var text = new StringBuilder();
        foreach (var citation in citations)
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(citation.Quote).Append(" [").Append(citation.Number).Append(']');
        }

        return text.ToString();
    }

    private static List<Citation> Choose(List<Candidate> candidates, IReadOnlyList<FoundPassage> passages)
    {
        candidates.Sort(static (a, b) => a.Score != b.Score
            ? b.Score.CompareTo(a.Score)
            : (a.Passage, a.Sentence.Start).CompareTo((b.Passage, b.Sentence.Start)));
        var citations = new List<Citation>();
        var quotes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var candidate in candidates)
        {
            if (citations.Count == SentencesMax || candidate.Score < NextShareMin * candidates[0].Score) break;
            var passage = passages[candidate.Passage];
            var length = Math.Min(candidate.Sentence.Length, SentenceLengthMax);
            if (char.IsHighSurrogate(passage.Text[candidate.Sentence.Start + length - 1])) length--;
            var quote = passage.Text.Substring(candidate.Sentence.Start, length);
            // Passages overlap, and documents repeat each other.
            if (!quotes.Add(quote)) continue;
            citations.Add(new Citation(
                citations.Count + 1, passage.DocumentId, passage.Document, passage.Title, passage.Version, passage.Place,
                passage.Place.Start + candidate.Sentence.Start, length, quote));
        }

        return citations;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Candidate(int Passage, Stretch Sentence, double Share, double Score);
}

/// <summary>What was taken out of passages.</summary>
/// <param name="Coverage">Which share of what was asked the best passage speaks of.</param>
/// <param name="Citations">The sentences; none if that is too little.</param>
internal sealed record ExtractedAnswer(double Coverage, IReadOnlyList<Citation> Citations);
