using CodexOS.Platform.Faults;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CodexOS.Agents.Definitions;

/// <summary>A piece of a YAML text that knows where it stands.</summary>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
internal abstract record YamlPiece(long Line, long Column)
{
    /// <summary>Text, as written; <paramref name="Plain"/> tells that it stood without quotes.</summary>
    internal sealed record Scalar(string Text, bool Plain, long Line, long Column) : YamlPiece(Line, Column);

    /// <summary>Items in order.</summary>
    internal sealed record List(IReadOnlyList<YamlPiece> Items, long Line, long Column) : YamlPiece(Line, Column);

    /// <summary>Named members in order; no name appears twice.</summary>
    internal sealed record Map(IReadOnlyList<(Scalar Name, YamlPiece Value)> Members, long Line, long Column)
        : YamlPiece(Line, Column);
}

/// <summary>
/// Reads one YAML document into pieces that know their place. What a definition never needs is refused: anchors and
/// aliases (they can grow a page into gigabytes), tags (they name types), further documents, names given twice.
/// </summary>
internal static class YamlTree
{
    private const int DepthMax = 16;
    private const int PiecesMax = 10_000;

    /// <summary>The document, or a fault <c>agents.malformed_yaml</c> with line and column.</summary>
    public static Result<YamlPiece> Read(string text)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            return new Reader(parser).ReadDocument();
        }
        catch (Refusal refusal)
        {
            return Malformed(refusal.At, refusal.Message);
        }
        catch (YamlException error)
        {
            return Malformed(error.Start, error.InnerException?.Message ?? error.Message);
        }
        catch (Exception error) when (
            error is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The parser meets some malformed texts, an unclosed bracket among them, with exceptions of its own insides.
            return Malformed(
                parser.Current?.End ?? Mark.Empty, "What follows cannot be read; look for an unclosed bracket or quote");
        }
    }

    private static Fault Malformed(Mark at, string reason)
    {
        var sentence = reason.Trim().TrimEnd('.');
        return new Fault(
                "agents.malformed_yaml",
                FaultKind.Invalid,
                $"The definition is not YAML that can be read, at line {at.Line}, column {at.Column}: {sentence}.")
            .With("line", at.Line)
            .With("column", at.Column);
    }

    private sealed class Reader(Parser parser)
    {
        private int _pieces;

        public YamlPiece ReadDocument()
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out var end)) throw new Refusal(end.Start, "The definition is empty");
            parser.Consume<DocumentStart>();
            var root = ReadPiece(0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
                throw new Refusal(parser.Current!.Start, "Only one document is expected; remove what follows '---'");
            return root;
        }

        private YamlPiece ReadPiece(int depth)
        {
            var current = parser.Consume<ParsingEvent>();
            if (++_pieces > PiecesMax) throw new Refusal(current.Start, $"There are more than {PiecesMax} values");
            if (depth > DepthMax) throw new Refusal(current.Start, $"Values are nested more than {DepthMax} deep");
            if (current is AnchorAlias)
                throw new Refusal(current.Start, "Aliases (*name) are not accepted; repeat the value");
            if (current is NodeEvent node)
            {
                if (!node.Anchor.IsEmpty)
                    throw new Refusal(current.Start, "Anchors (&name) are not accepted; repeat the value");
                if (!node.Tag.IsEmpty) throw new Refusal(current.Start, "Tags (!name) are not accepted; remove it");
            }

            return current switch
            {
                Scalar scalar => ScalarOf(scalar),
                SequenceStart start => ReadList(start, depth),
                MappingStart start => ReadMap(start, depth),
                _ => throw new Refusal(current.Start, "A value is expected here"),
            };
        }

        private YamlPiece.List ReadList(SequenceStart start, int depth)
        {
            var items = new List<YamlPiece>();
            while (!parser.Accept<SequenceEnd>(out _)) items.Add(ReadPiece(depth + 1));
            parser.MoveNext();
            return new YamlPiece.List(items, start.Start.Line, start.Start.Column);
        }

        private YamlPiece.Map ReadMap(MappingStart start, int depth)
        {
            var members = new List<(YamlPiece.Scalar, YamlPiece)>();
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (!parser.Accept<MappingEnd>(out _))
            {
                var at = parser.Current!.Start;
                if (ReadPiece(depth + 1) is not YamlPiece.Scalar name)
                    throw new Refusal(at, "A name must be plain text");
                if (!names.Add(name.Text)) throw new Refusal(at, $"'{name.Text}' is given twice");
                members.Add((name, ReadPiece(depth + 1)));
            }

            parser.MoveNext();
            return new YamlPiece.Map(members, start.Start.Line, start.Start.Column);
        }

        private static YamlPiece.Scalar ScalarOf(Scalar scalar) =>
            new(scalar.Value, scalar.Style is ScalarStyle.Plain, scalar.Start.Line, scalar.Start.Column);
    }

    /// <summary>Ends the reading at a place; it never leaves this class.</summary>
    private sealed class Refusal(Mark at, string message) : Exception(message)
    {
        public Mark At => at;
    }
}
