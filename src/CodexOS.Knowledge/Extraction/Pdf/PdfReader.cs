using System.Diagnostics.CodeAnalysis;
using UglyToad.PdfPig;
using UglyToad.PdfPig.Content;
using UglyToad.PdfPig.Exceptions;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>
/// Reads PDF. The format knows letters and where they stand; words, lines, columns and paragraphs are found here.
/// </summary>
/// <remarks>
/// 1. Letters of a page become lines (<see cref="PdfLines"/>), in the order of the columns.
/// 2. Lines that repeat on the pages around are running headers and footers, and go (<see cref="RunningLines"/>).
/// 3. Lines become paragraphs and headings (<see cref="PdfParagraphs"/>).
/// A page is handed out when the two pages after it are known, so memory does not grow with the document.
/// </remarks>
internal sealed class PdfReader : IDocumentReader
{
    private const int PagesAhead = 2;
    private const int ParserDepthMax = 128;
    private const int LettersPerPageMax = 400_000;

    private static readonly ParsingOptions s_options = new()
    {
        UseLenientParsing = true,
        SkipMissingFonts = true,
        MaxStackDepth = ParserDepthMax,
    };

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        using var pdf = Open(content, context);
        var count = pdf.NumberOfPages;
        context.CheckPages(count);
        context.Metadata = MetadataOf(pdf, count);
        var running = new RunningLines();
        var paragraphs = new PdfParagraphs();
        var waiting = new Queue<PdfPage>();
        int failed = 0, images = 0, letters = 0;
        for (var number = 1; number <= count + PagesAhead; number++)
        {
            if (number <= count)
            {
                // 1.
                var (page, pictures) = ReadPage(pdf, number, context);
                if (page is null) failed++;
                images += pictures;
                letters += page?.Lines.Sum(line => line.Text.Length) ?? 0;
                page ??= new PdfPage(number, []);
                running.Learn(page);
                paragraphs.Learn(page);
                waiting.Enqueue(page);
            }

            if (number <= PagesAhead || !waiting.TryDequeue(out var ready)) continue;

            // 2.
            ready = running.Strip(ready);

            // 3.
            foreach (var block in paragraphs.Join(ready)) yield return block;
        }

        if (failed == count && count > 0)
            throw new DocumentException(ExtractionFaults.Damaged("not one of its pages can be read"));
        if (letters == 0) context.NoTextReason = WhyNoText(images, count);
    }

    private static string WhyNoText(int images, int pages) => images > 0
        ? $"The PDF holds pictures of its {pages} pages and no text. Its text has to be recognised first (OCR), which CodexOS "
            + "does not do; add a copy that went through OCR."
        : $"The {pages} pages of the PDF hold no text that can be read. If they show some, run it through OCR, which CodexOS "
            + "does not do, and add the result.";

    [SuppressMessage("Design", "CA1031", Justification = "The parser throws many kinds over a broken file.")]
    private static PdfDocument Open(Stream content, ReadContext context)
    {
        try
        {
            return PdfDocument.Open(content, s_options);
        }
        catch (PdfDocumentEncryptedException)
        {
            throw new DocumentException(ExtractionFaults.Encrypted("The PDF"));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            context.CheckNow();
            throw new DocumentException(ExtractionFaults.Damaged("the index of its objects cannot be found or repaired")
                .With("exception", exception.GetType().Name));
        }
    }

    // One broken page does not cost the others.
    [SuppressMessage("Design", "CA1031", Justification = "The parser throws many kinds over a broken page.")]
    private static (PdfPage? Page, int Images) ReadPage(PdfDocument pdf, int number, ReadContext context)
    {
        context.CheckNow();
        try
        {
            var page = pdf.GetPage(number);
            IReadOnlyList<Letter> letters = page.Letters;
            if (letters.Count > LettersPerPageMax) letters = [.. letters.Take(LettersPerPageMax)];
            return (new PdfPage(number, PdfLines.Of(letters, context)), page.NumberOfImages);
        }
        catch (Exception exception)
            when (exception is not (DocumentException or OperationCanceledException or OutOfMemoryException))
        {
            return (null, 0);
        }
    }

    // Programs that write PDF state these when nobody stated a title.
    private static string? TitleOf(string? stated) => stated?.Trim() is { Length: > 0 } title
        && title.Trim('(', ')').ToLowerInvariant() is not ("untitled" or "anonymous" or "unknown" or "title")
            ? title.StartsWith("Microsoft Word - ", StringComparison.Ordinal) ? title["Microsoft Word - ".Length..] : title
            : null;

    private static DocumentMetadata MetadataOf(PdfDocument pdf, int pages) => new()
    {
        Title = TitleOf(pdf.Information.Title),
        Author = pdf.Information.Author,
        CreatedAt = pdf.Information.GetCreatedDateTimeOffset(),
        ModifiedAt = pdf.Information.GetModifiedDateTimeOffset(),
        Pages = pages,
    };
}

/// <summary>A page as lines in reading order.</summary>
internal sealed record PdfPage(int Number, IReadOnlyList<PdfLine> Lines);

/// <summary>A line of a page, with what tells paragraphs and headings apart.</summary>
/// <param name="Text">Its words in reading order.</param>
/// <param name="Left">Where it begins, in points.</param>
/// <param name="Right">Where it ends.</param>
/// <param name="Baseline">The height it stands at, from the foot of the page.</param>
/// <param name="Size">The size of its letters in points.</param>
/// <param name="IsBold">Whether most of its letters are bold.</param>
/// <param name="Column">The column or stretch of the page it belongs to.</param>
/// <param name="Cells">How many parts with wide gaps between them it has, as rows of tables do.</param>
internal sealed record PdfLine(
    string Text, double Left, double Right, double Baseline, double Size, bool IsBold, int Column, int Cells);
