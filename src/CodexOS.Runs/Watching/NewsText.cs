using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Watching;

/// <summary>One thing that a node tells the others about a run.</summary>
internal abstract record NewsItem(RunId Run)
{
    /// <summary>Somebody watches the run on the node that sends this; newly, or still.</summary>
    public sealed record Watch(RunId Run, bool IsNew) : NewsItem(Run);

    /// <summary>Its journal has grown to a place; -1 if the sender does not know whether it has.</summary>
    public sealed record Hint(RunId Run, int HeadSeq) : NewsItem(Run);

    /// <summary>Text of a step that is being performed.</summary>
    public sealed record Text(RunId Run, string Step, int Occurrence, int Offset, string Piece) : NewsItem(Run)
    {
        /// <summary>Whether another piece goes on where this one ends.</summary>
        public bool IsFollowedBy(Text next) => next.Run == Run && next.Step == Step && next.Occurrence == Occurrence
            && next.Offset == Offset + Piece.Length;
    }

    /// <summary>The text of a step has ended.</summary>
    public sealed record TextEnd(RunId Run, string Step, int Occurrence) : NewsItem(Run);
}

/// <summary>
/// News as messages of the bus: the word <c>news</c>, the sender, then one JSON object a line, as many as fit. Long text is
/// cut into several objects.
/// </summary>
internal static partial class NewsText
{
    private const string Word = "news ";
    private const int PieceLengthMax = 1_000;

    /// <summary>The messages that carry some news.</summary>
    public static List<string> Write(string sender, IEnumerable<NewsItem> news)
    {
        var messages = new List<string>();
        var head = Word + sender;
        var (message, bytes) = (new StringBuilder(head), Encoding.UTF8.GetByteCount(head));
        foreach (var line in news.SelectMany(Lines))
        {
            var size = Encoding.UTF8.GetByteCount(line) + 1;
            if (head.Length + size > ClusterBus.MessageBytesMax) continue;
            if (bytes + size > ClusterBus.MessageBytesMax)
            {
                messages.Add(message.ToString());
                (message, bytes) = (new StringBuilder(head), head.Length);
            }

            message.Append('\n').Append(line);
            bytes += size;
        }

        if (message.Length > head.Length) messages.Add(message.ToString());
        return messages;
    }

    /// <summary>The news in a message, unless it is one's own; nothing in what is no news.</summary>
    public static IEnumerable<NewsItem> Read(string message, string self)
    {
        if (!message.StartsWith(Word, StringComparison.Ordinal)) yield break;
        var lines = message.Split('\n');
        if (lines[0].AsSpan(Word.Length).SequenceEqual(self)) yield break;
        foreach (var line in lines.Skip(1))
        {
            Line? read;
            try
            {
                read = JsonSerializer.Deserialize(line, LineJson.Default.Line);
            }
            catch (JsonException)
            {
                // Another version of the program may say things that this one does not understand.
                continue;
            }

            if (read is not null) yield return ItemOf(read);
        }
    }

    private static NewsItem ItemOf(Line line)
    {
        var run = new RunId(line.Run);
        return line switch
        {
            { Step: { } step, Text: { } text } => new NewsItem.Text(run, step, line.Occurrence ?? 1, line.Offset ?? 0, text),
            { Step: { } step } => new NewsItem.TextEnd(run, step, line.Occurrence ?? 1),
            { Head: { } head } => new NewsItem.Hint(run, head),
            _ => new NewsItem.Watch(run, line.IsNew is true),
        };
    }

    private static IEnumerable<string> Lines(NewsItem item) => item switch
    {
        NewsItem.Watch watch => [Write(new Line(watch.Run.Value) { IsNew = watch.IsNew ? true : null })],
        NewsItem.Hint hint => [Write(new Line(hint.Run.Value) { Head = hint.HeadSeq })],
        NewsItem.TextEnd end => [Write(new Line(end.Run.Value) { Step = end.Step, Occurrence = end.Occurrence })],
        NewsItem.Text text => Pieces(text).Select(piece => Write(new Line(piece.Run.Value)
        {
            Step = piece.Step,
            Occurrence = piece.Occurrence,
            Offset = piece.Offset,
            Text = piece.Piece,
        })),
        _ => throw new System.Diagnostics.UnreachableException($"{item.GetType().Name} is no news."),
    };

    /// <summary>Cuts text, never in the middle of a character.</summary>
    private static IEnumerable<NewsItem.Text> Pieces(NewsItem.Text text)
    {
        for (var from = 0; from < text.Piece.Length;)
        {
            var length = Math.Min(PieceLengthMax, text.Piece.Length - from);
            if (from + length < text.Piece.Length && char.IsHighSurrogate(text.Piece[from + length - 1])) length--;
            yield return text with { Offset = text.Offset + from, Piece = text.Piece.Substring(from, length) };
            from += length;
        }
    }

    private static string Write(Line line) => JsonSerializer.Serialize(line, s_json.Line);

    private static readonly LineJson s_json = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // It is never shown as it is, so characters need no escapes and take less room.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private sealed record Line([property: JsonPropertyName("r")] Guid Run)
    {
        [JsonPropertyName("n")]
        public bool? IsNew { get; init; }

        [JsonPropertyName("h")]
        public int? Head { get; init; }

        [JsonPropertyName("s")]
        public string? Step { get; init; }

        [JsonPropertyName("o")]
        public int? Occurrence { get; init; }

        [JsonPropertyName("f")]
        public int? Offset { get; init; }

        [JsonPropertyName("t")]
        public string? Text { get; init; }
    }

    [JsonSerializable(typeof(Line))]
    private sealed partial class LineJson : JsonSerializerContext;
}
