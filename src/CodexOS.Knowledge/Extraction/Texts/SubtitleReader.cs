using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>
/// Reads subtitles (WebVTT, SubRip): what is said, joined to sentences. The place of a paragraph is its first cue, named
/// by its time.
/// </summary>
internal sealed partial class SubtitleReader : IDocumentReader
{
    private const int ParagraphLengthMax = 1_500;
    private const int ParagraphLengthMin = 300;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var text = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        var lines = new LineReader(text, context);
        var said = new StringBuilder();
        var (cues, isInCue, speaker, lastSpeaker, lastLine) = (0, false, "", "", "");
        var (first, cue) = (default(Place), default(Place));
        while (lines.Next() is { } line)
        {
            if (CueTime().Match(line) is { Success: true } time)
            {
                (isInCue, speaker) = (true, "");
                cue = new Place(PlaceKind.Cue, ++cues, time.Groups["time"].Value);
                if (said.Length == 0) first = cue;
                continue;
            }

            if (string.IsNullOrWhiteSpace(line))
            {
                isInCue = false;
                if (said.Length > ParagraphLengthMax || (said.Length > ParagraphLengthMin && IsSentenceEnd(said)))
                    yield return Take(said, first);
                continue;
            }

            // What is not in a cue are numbers, notes and styles.
            if (!isInCue) continue;
            if (Speaker().Match(line) is { Success: true } voice) speaker = voice.Groups["name"].Value.Trim();
            var words = System.Net.WebUtility.HtmlDecode(Tags().Replace(line, "")).Trim();

            // Captions that roll repeat their last line.
            if (words.Length == 0 || words == lastLine) continue;
            lastLine = words;
            if (speaker.Length > 0 && speaker != lastSpeaker)
            {
                if (said.Length > 0) yield return Take(said, first);
                first = cue;
                said.Append(speaker).Append(": ");
                lastSpeaker = speaker;
            }
            else if (said.Length > 0) said.Append(' ');

            said.Append(words);
        }

        if (said.Length > 0) yield return Take(said, first);
    }

    private static bool IsSentenceEnd(StringBuilder said) => said[^1] is '.' or '!' or '?' or '…' or '。' or '！' or '？' or '"';

    private static Block Take(StringBuilder said, Place place)
    {
        var block = new Block(BlockKind.Paragraph, said.ToString(), 0, place);
        said.Clear();
        return block;
    }

    [GeneratedRegex(@"^\s*(?<time>(\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{3})\s+-->\s", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex CueTime();

    [GeneratedRegex(@"^<v(?:\.[^\s>]*)?\s+(?<name>[^>]+)>", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex Speaker();

    [GeneratedRegex(@"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^}]{0,40}\}", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex Tags();
}
