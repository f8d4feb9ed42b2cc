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
/// Reads Markdown. The parser holds the whole document, so the size has a limit of its own. Its tree is walked with a
/// stack of our own: what is nested too deeply is a fault, never a crash.
/// </summary>
internal sealed class MarkdownReader : IDocumentReader
{
    private static readonly MarkdownPipeline s_pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseYamlFrontMatter().UseFootnotes().UseTaskLists().UseEmphasisExtras().Build();

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        if (content.Length > context.Limits.WholeSizeBytesMax)
            throw new DocumentException(ExtractionFaults.TooLarge($"{context.Limits.WholeSizeBytesMax} bytes of Markdown"));
        using var reader = new StreamReader(content, context.Encoding, true, -1, leaveOpen: true);
        var document = Parse(reader.ReadToEnd(), context);
        context.CheckNow();

        // Each entry is a block still to come, with the depth of lists and whether it is quoted or an item's first.
        var open = new Stack<(MarkdownBlock Block, int Lists, bool IsQuoted, bool IsItem)>();
        Push(open, document, 0, false);
        while (open.TryPop(out var entry))
        {
            context.Check();
            context.CheckDepth(entry.Lists);
            var place = new Place(PlaceKind.Line, entry.Block.Line + 1);
            switch (entry.Block)
            {
                case YamlFrontMatterBlock matter:
                    context.Metadata = FrontMatter(matter, context.Metadata);
                    break;
                case HeadingBlock heading:
                    yield return new Block(BlockKind.Heading, InlineText.Of(heading.Inline, context), heading.Level, place);
                    break;
                case ParagraphBlock paragraph:
                    var kind = entry.IsItem ? BlockKind.ListItem : entry.IsQuoted ? BlockKind.Quote : BlockKind.Paragraph;
                    yield return new Block(
                        kind, InlineText.Of(paragraph.Inline, context), entry.IsItem ? entry.Lists : 0, place);
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
                    Push(open, list, entry.Lists + 1, entry.IsQuoted);
                    break;
                case ListItemBlock item:
                    Push(open, item, entry.Lists, entry.IsQuoted, isItem: true);
                    break;
                case ContainerBlock container:
                    Push(open, container, entry.Lists, entry.IsQuoted || container is QuoteBlock);
                    break;
            }
        }
    }

    private static MarkdownDocument Parse(string text, ReadContext context)
    {
        try
        {
            return Markdown.Parse(text, s_pipeline);
        }
        catch (ArgumentException)
        {
            // The parser stops at a depth of its own before the stack does.
            context.CheckDepth(int.MaxValue);
            throw;
        }
    }

    private static void Push(
        Stack<(MarkdownBlock, int, bool, bool)> open, ContainerBlock parent, int lists, bool isQuoted, bool isItem = false)
    {
        for (var i = parent.Count - 1; i >= 0; i--) open.Push((parent[i], lists, isQuoted, isItem && i == 0));
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
