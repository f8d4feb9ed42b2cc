using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CodexOS.Knowledge.Extraction.Data;

/// <summary>
/// Reads JSON, and JSON line by line: each value as a line with its path, so that a passage says what its numbers are
/// about. A paragraph is an element of the outermost array, or so much of an object as fits.
/// </summary>
internal sealed class JsonLinesReader : IDocumentReader
{
    private const int BufferSizeBytes = 64 * 1024;
    private const int TokenSizeBytesMax = 64 * 1024 * 1024;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        var bytes = context.Encoding.CodePage == Encoding.UTF8.CodePage
            ? content
            : Encoding.CreateTranscodingStream(content, context.Encoding, Encoding.UTF8, leaveOpen: true);
        var values = new JsonValues(context.Limits.DepthMax);
        var buffer = new byte[BufferSizeBytes];
        var (start, end) = (0, bytes.ReadAtLeast(buffer, 4, throwOnEndOfStream: false));
        if (buffer.AsSpan(0, end).StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) start = 3;
        for (var isFinal = false; !isFinal;)
        {
            context.CheckNow();
            if (end == buffer.Length && start == 0)
            {
                if (buffer.Length >= TokenSizeBytesMax)
                    throw new DocumentException(ExtractionFaults.TooLarge($"{TokenSizeBytesMax} bytes in one value"));
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            else if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
            }

            var read = bytes.Read(buffer, end, buffer.Length - end);
            isFinal = read == 0;
            end += read;
            start += Take(values, buffer.AsSpan(start, end - start), isFinal, context);
            while (values.Ready.TryDequeue(out var block)) yield return block;
        }

        if (values.Finish() is { } last) yield return last;
    }

    private static int Take(JsonValues values, ReadOnlySpan<byte> bytes, bool isFinal, ReadContext context)
    {
        try
        {
            return values.Take(bytes, isFinal, context);
        }
        catch (JsonException exception)
        {
            if (exception.Message.Contains("depth", StringComparison.OrdinalIgnoreCase)) context.CheckDepth(int.MaxValue);
            throw new DocumentException(ExtractionFaults.Damaged($"its JSON breaks in line {exception.LineNumber + 1}"));
        }
    }
}

/// <summary>Follows the path of the value that is read.</summary>
internal sealed class JsonValues(int depthMax)
{
    private const int ParagraphLengthMax = 2_000;

    private readonly List<Step> _path = [];
    private readonly StringBuilder _paragraph = new();
    private JsonReaderState _state = new(new JsonReaderOptions
    {
        AllowMultipleValues = true,
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = depthMax,
    });

    private int _values;
    private int _first = 1;

    private sealed class Step
    {
        public bool IsArray { get; init; }

        public string Name { get; set; } = "";

        public int Index { get; set; }
    }

    public Queue<Block> Ready { get; } = new();

    /// <summary>Reads what is whole of some bytes, and says how much that was.</summary>
    public int Take(ReadOnlySpan<byte> bytes, bool isFinal, ReadContext context)
    {
        var reader = new Utf8JsonReader(bytes, isFinal, _state);
        while (reader.Read())
        {
            context.Check();
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    Begin();
                    _path.Add(new Step { IsArray = reader.TokenType is JsonTokenType.StartArray });
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    _path.RemoveAt(_path.Count - 1);
                    End();
                    break;
                case JsonTokenType.PropertyName:
                    _path[^1].Name = reader.GetString() ?? "";
                    break;
                default:
                    Begin();
                    Say(ref reader);
                    End();
                    break;
            }
        }

        _state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    public Block? Finish()
    {
        EndParagraph();
        return Ready.TryDequeue(out var block) ? block : null;
    }

    private void Begin()
    {
        if (_path.Count == 0) _values++;
        if (_paragraph.Length == 0) _first = _path.Count > 0 && _path[0].IsArray ? _path[0].Index + 1 : _values;
    }

    private void End()
    {
        if (_path.Count > 0 && _path[^1].IsArray) _path[^1].Index++;
        if (_paragraph.Length > ParagraphLengthMax || IsOuter) EndParagraph();
    }

    // Elements of the outermost array, and values that follow one another, are what a reader would count.
    private bool IsOuter => _path.Count == 0 || (_path.Count == 1 && _path[0].IsArray);

    private void EndParagraph()
    {
        if (_paragraph.Length == 0) return;
        Ready.Enqueue(new Block(BlockKind.Paragraph, _paragraph.ToString(), 0, new Place(PlaceKind.Row, _first)));
        _paragraph.Clear();
    }

    private void Say(ref Utf8JsonReader reader)
    {
        var value = reader.TokenType switch
        {
            JsonTokenType.String => Unbroken(ref reader),
            JsonTokenType.Null => "",
            _ => Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        };
        if (string.IsNullOrWhiteSpace(value)) return;
        if (_paragraph.Length > 0) _paragraph.Append('\n');
        for (var i = 0; i < _path.Count; i++)
        {
            if (_path[i].IsArray)
            {
                // The outermost index is the place, not part of what is said.
                if (i > 0) _paragraph.Append('[').Append(_path[i].Index).Append(']');
            }
            else
            {
                if (i > 0 && !(i == 1 && _path[0].IsArray)) _paragraph.Append('.');
                _paragraph.Append(_path[i].Name);
            }
        }

        if (_path.Exists(step => !step.IsArray)) _paragraph.Append(": ");
        _paragraph.Append(value);
    }

    // Lone surrogates are legal in escapes and illegal in text; a string with one is taken as it is written.
    private static string Unbroken(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }
}
