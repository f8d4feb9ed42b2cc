using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using CodexOS.Knowledge.Contracts;

namespace CodexOS.Knowledge.Answers;

/// <summary>
/// Holds what a model has written against what it was shown: each number in brackets must be that of a passage, and words in
/// quotes must stand in a passage. It cannot tell whether a passage says what the sentence says; people can, by one look.
/// </summary>
internal static partial class CitationCheck
{
    private const int QuoteLengthMin = 12;

    public static WrittenAnswer Of(string written, ImmutableArray<ShownPassage> passages)
    {
        var text = written.Trim();
        if (text.Length == 0 || text.Contains(AnswerPrompt.NotTold, StringComparison.OrdinalIgnoreCase))
            return WrittenAnswer.NotTold;
        var (cited, unresolved) = (new SortedSet<int>(), new SortedSet<string>(StringComparer.Ordinal));
        foreach (Match match in Number().Matches(text))
        {
            foreach (var word in match.Groups["numbers"].Value.Split(',', StringSplitOptions.TrimEntries))
            {
                if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                    && number >= 1 && number <= passages.Length)
                    cited.Add(number);
                else
                    unresolved.Add($"[{word}]");
            }
        }

        foreach (Match match in Quote().Matches(text))
        {
            var words = match.Groups["words"].Value;
            if (words.Length >= QuoteLengthMin && !passages.Any(passage => IsIn(passage.Text, words)))
                unresolved.Add($"\"{words}\"");
        }

        var citations = cited.Select(number =>
        {
            var passage = passages[number - 1];
            return new WrittenCitation(
                number, passage.DocumentId, passage.Document, passage.Version, passage.Ordinal, passage.Start,
                passage.Text.Length, passage.Place);
        });
        return new WrittenAnswer(
            text, IsAnswered: true, IsGrounded: cited.Count > 0 && unresolved.Count == 0, [.. citations], [.. unresolved]);
    }

    private static bool IsIn(string text, string words) =>
        Plain(text).Contains(Plain(words), StringComparison.OrdinalIgnoreCase);

    /// <summary>Line ends and doubled blanks of a document are not the model's to keep.</summary>
    private static string Plain(string text) => Blanks().Replace(text, " ");

    [GeneratedRegex(
        @"\[(?<numbers>\d{1,4}(?:\s*,\s*\d{1,4})*)\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Number();

    [GeneratedRegex("[\"“„](?<words>[^\"“”„]{1,2000})[\"”“]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Quote();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Blanks();
}

/// <summary>What a model has answered, as the run gives it.</summary>
/// <param name="Text">What it wrote; a sentence of CodexOS if the documents do not tell.</param>
/// <param name="IsAnswered">Whether the documents tell.</param>
/// <param name="IsGrounded">Whether it cites passages, and all that it cites and quotes is there.</param>
/// <param name="Citations">The passages that it cites.</param>
/// <param name="Unresolved">What it cites or quotes that is not there.</param>
internal sealed record WrittenAnswer(
    string Text, bool IsAnswered, bool IsGrounded, ImmutableArray<WrittenCitation> Citations, ImmutableArray<string> Unresolved)
{
    public static WrittenAnswer NotTold { get; } =
        new("The documents of this knowledge base do not tell.", IsAnswered: false, IsGrounded: true, [], []);
}

/// <summary>A passage that an answer cites.</summary>
/// <param name="Number">As it is named in the text.</param>
/// <param name="DocumentId">The document.</param>
/// <param name="Document">Its name.</param>
/// <param name="Version">Of which of its contents.</param>
/// <param name="Ordinal">Its number among the passages of the document.</param>
/// <param name="Start">Where it begins in the document's text, in UTF-16 code units.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Place">Where in the file it begins.</param>
internal sealed record WrittenCitation(
    int Number, DocumentId DocumentId, string Document, int Version, int Ordinal, long Start, int Length, string? Place);
