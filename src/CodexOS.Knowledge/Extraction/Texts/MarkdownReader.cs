using System.Text;
using CodexOS.Knowledge.Extraction.Tables;
using CodexOS.Knowledge.Extraction.Web;
using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using MarkdownBlock = Markdig.Syntax.Block;

namespace CodexOS.Knowledge.Extraction.Texts;

/// <summary>
/// Reads Markdown, stretch by stretch. The tree of each is walked with a stack of our own: what is nested too deeply is a
/// fault, never a crash.
/// </summary>
internal sealed class MarkdownReader : IDocumentReader
{
    private static readonly MarkdownPipeline s_pipeline = Signs().Build();

    // What looks like front matter is that only at the beginning of a file.
    private static readonly MarkdownPipeline s_beginning = Signs().UseYamlFrontMatter().Build();

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var reader = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        var segments = new MarkdownSegments(new LineReader(reader, context));
        var pipeline = s_beginning;
        while (segments.Next() is { } segment)
        {
            context.CheckNow();
            foreach (var block in Blocks(Parse(segment, pipeline, context), segments.LinesBefore, context)) yield return block;
            pipeline = s_pipeline;
        }
    }

    private static MarkdownPipelineBuilder Signs() =>
        new MarkdownPipelineBuilder().UsePipeTables().UseFootnotes().UseTaskLists().UseEmphasisExtras();

    private static IEnumerable<Block> Blocks(MarkdownDocument document, int linesBefore, ReadContext context)
    {
        // Each entry is a block still to come, with the depth of lists, whether it is quoted, and what marks an item.
        var open = new Stack<Entry>();
        Push(open, document, new Entry(document, 0, false, null));
        while (open.TryPop(out var entry))
        {
            context.Check();
            context.CheckDepth(entry.Lists);
            var place = new Place(PlaceKind.Line, Math.Max(1, linesBefore + entry.Block.Line + 1));
            switch (entry.Block)
            {
                case YamlFrontMatterBlock matter:
                    context.Metadata = FrontMatter(matter, context.Metadata);
                    break;
                case HeadingBlock heading:
                    yield return new Block(BlockKind.Heading, InlineText.Of(heading.Inline, context), heading.Level, place);
                    break;
                case ParagraphBlock paragraph:
                    var text = entry.Mark + InlineText.Of(paragraph.Inline, context);
                    yield return entry.Mark is not null ? new Block(BlockKind.ListItem, text, entry.Lists, place)
                        : new Block(entry.IsQuoted ? BlockKind.Quote : BlockKind.Paragraph, text, 0, place);
                    break;
                case Table table:
                    foreach (var piece in Rows(table, place, context)) yield return piece;
                    break;
                case HtmlBlock html:
                    using (var markup = new StringReader(html.Lines.ToString()))
                    {
                        foreach (var block in HtmlBlocks.Read(markup, context, place)) yield return block;
                    }

                    break;
                case LinkReferenceDefinitionGroup:
                    break;
                case CodeBlock code:
                    yield return new Block(BlockKind.Code, code.Lines.ToString(), 0, place);
                    break;
                case ListBlock list:
                    Push(open, list, entry with { Lists = entry.Lists + 1, Mark = null });
                    break;
                case ListItemBlock item:
                    // The numbers of a list are what its readers refer to.
                    var isOrdered = item.Parent is ListBlock { IsOrdered: true };
                    Push(open, item, entry with { Mark = isOrdered ? $"{item.Order}. " : "" });
                    break;
                case ContainerBlock container:
                    Push(open, container, entry with { IsQuoted = entry.IsQuoted || container is QuoteBlock });
                    break;
            }
        }
    }

    private static MarkdownDocument Parse(string text, MarkdownPipeline pipeline, ReadContext context)
    {
        try
        {
            return Markdown.Parse(text, pipeline);
        }
        catch (ArgumentException)
        {
            // The parser stops at a depth of its own before the stack does.
            context.CheckDepth(int.MaxValue);
            throw;
        }
    }

    private readonly record struct Entry(MarkdownBlock Block, int Lists, bool IsQuoted, string? Mark);

    // The mark of an item stands before its first block.
    private static void Push(Stack<Entry> open, ContainerBlock parent, Entry under)
    {
        for (var i = parent.Count - 1; i >= 0; i--)
            open.Push(under with { Block = parent[i], Mark = i == 0 ? under.Mark : null });
    }

    private static IEnumerable<Block> Rows(Table table, Place place, ReadContext context)
    {
        var writer = new TableWriter(place);
        foreach (var row in table.OfType<TableRow>())
        {
            context.Check();
            var cells = row.OfType<TableCell>()
                .Select(cell => string.Join(' ', cell.OfType<LeafBlock>().Select(leaf => InlineText.Of(leaf.Inline, context))));
            if (writer.Add([.. cells]) is { } piece) yield return piece;
        }

        if (writer.Finish() is { } last) yield return last;
    }

    private static DocumentMetadata FrontMatter(YamlFrontMatterBlock matter, DocumentMetadata metadata)
    {
        foreach (var line in matter.Lines.ToString().Split('\n'))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) continue;
            var value = line[(colon + 1)..].Trim().Trim('"', '\'');
            if (value.Length == 0) continue;
            metadata = line[..colon].Trim().ToLowerInvariant() switch
            {
                "title" => metadata with { Title = value },
                "author" => metadata with { Author = value },
                "date" when DateTimeOffset.TryParse(value, out var at) => metadata with { CreatedAt = at },
                _ => metadata,
            };
        }

        return metadata;
    }
}

/// <summary>The words of a line of Markdown, without its signs.</summary>
internal static class InlineText
{
    public static string Of(ContainerInline? root, ReadContext context)
    {
        var text = new StringBuilder();
        for (Inline? inline = root?.FirstChild; inline is not null; inline = After(inline, root!))
        {
            context.Check();
            switch (inline)
            {
                case LiteralInline literal: text.Append(literal.Content.AsSpan()); break;
                case CodeInline code: text.Append(code.Content); break;
                case AutolinkInline link: text.Append(link.Url); break;
                case HtmlEntityInline entity: text.Append(entity.Transcoded.AsSpan()); break;
                case LineBreakInline line: text.Append(line.IsHard ? '\n' : ' '); break;
                case HtmlInline { Tag: "<br>" or "<br/>" or "<br />" }: text.Append('\n'); break;
            }
        }

        return text.ToString();
    }

    private static Inline? After(Inline inline, ContainerInline root)
    {
        if (inline is ContainerInline { FirstChild: { } child }) return child;
        Inline? at = inline;
        while (at is not null && at != root)
        {
            if (at.NextSibling is { } next) return next;
            at = at.Parent;
        }

        return null;
    }
}
