using System.Diagnostics.CodeAnalysis;
using CodexOS.Knowledge.Extraction.Books;
using CodexOS.Knowledge.Extraction.Data;
using CodexOS.Knowledge.Extraction.Mail;
using CodexOS.Knowledge.Extraction.Office;
using CodexOS.Knowledge.Extraction.OpenDocument;
using CodexOS.Knowledge.Extraction.Pdf;
using CodexOS.Knowledge.Extraction.Texts;
using CodexOS.Knowledge.Extraction.Web;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Extraction;

/// <summary>
/// The door of extraction: bytes in, blocks out. Whatever a file holds, it ends in blocks or in a fault, never in an
/// exception, apart from cancellation.
/// </summary>
/// <remarks>
/// 1. Recognise the format, by content first.
/// 2. Choose its reader.
/// 3. Read up to the first block, so that a file that cannot be read at all is a fault here and now.
/// 4. Hand back the rest to be read lazily; a fault further on ends the blocks and stands in the document.
/// </remarks>
internal sealed class DocumentExtractor(TimeProvider clock)
{
    /// <summary>Opens a document.</summary>
    /// <param name="content">The file, seekable; stays open and has to outlive the document.</param>
    /// <param name="fileName">The name it came with; only its extension counts.</param>
    /// <param name="mediaType">The media type it came with, if any.</param>
    /// <param name="limits">How much is read at most.</param>
    public Result<ExtractedDocument> Extract(
        Stream content, string fileName, string? mediaType, ReadLimits limits, CancellationToken cancellationToken)
    {
        // 1.
        var detection = FormatDetection.Detect(content, fileName, mediaType, limits);
        if (!detection.TryGet(out var detected, out var fault)) return fault;

        // 2.
        var context = new ReadContext(detected, fileName, limits, clock, cancellationToken);
        content.Position = 0;
        var blocks = ReaderOf(detected.Format).Read(content, context);

        // 3.
        var document = new ExtractedDocument(blocks, context);
        if (document.Open() is not { } failure) return document; // 4.
        document.Dispose();
        return failure;
    }

    private static IDocumentReader ReaderOf(DocumentFormat format) => format switch
    {
        DocumentFormat.Pdf => new PdfReader(),
        DocumentFormat.Docx => new DocxReader(),
        DocumentFormat.Pptx => new PptxReader(),
        DocumentFormat.Xlsx => new XlsxReader(),
        DocumentFormat.Odt or DocumentFormat.Ods or DocumentFormat.Odp => new OdfReader(),
        DocumentFormat.Epub => new EpubReader(),
        DocumentFormat.Html => new HtmlReader(),
        DocumentFormat.Xml => new XmlTextReader(),
        DocumentFormat.Markdown => new MarkdownReader(),
        DocumentFormat.Text => new PlainTextReader(),
        DocumentFormat.Code => new CodeReader(),
        DocumentFormat.Csv => new CsvTableReader(),
        DocumentFormat.Json => new JsonLinesReader(),
        DocumentFormat.Email => new EmailReader(),
        DocumentFormat.Rtf => new RtfReader(),
        DocumentFormat.Subtitles => new SubtitleReader(),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>A document being read.</summary>
internal sealed class ExtractedDocument : IDisposable
{
    private readonly IEnumerator<Block> _blocks;
    private readonly ReadContext _context;
    private Block? _first;
    private long _characters;
    private int _count;
    private bool _isTaken;

    public ExtractedDocument(IEnumerable<Block> blocks, ReadContext context)
    {
        _blocks = blocks.GetEnumerator();
        _context = context;
    }

    public DocumentFormat Format => _context.Format;

    public DocumentMetadata Metadata => _context.Metadata;

    /// <summary>The title that the file states, else its first heading where it begins with one, else its name.</summary>
    public string Title { get; private set; } = "";

    /// <summary>Why the blocks ended before the document did; asked after the last block. Null when all was read.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>The blocks in reading order. They can be read once, as the file is read along.</summary>
    public IEnumerable<Block> Blocks()
    {
        if (_isTaken) throw new InvalidOperationException("The blocks of a document can be read once.");
        _isTaken = true;
        for (var block = _first; block is not null; block = Next()) yield return block;
    }

    public void Dispose() => _blocks.Dispose();

    /// <summary>Reads up to the first block.</summary>
    internal Fault? Open()
    {
        _first = Next();
        if (Fault is not null) return Fault;
        if (_first is null)
            return _context.NoTextReason is { } reason ? ExtractionFaults.NoText(reason) : ExtractionFaults.Empty();
        var stated = BlockText.Line(Metadata.Title ?? "", 300);
        Title = stated.Length > 0 ? stated
            : _first.Kind is BlockKind.Heading ? BlockText.Line(_first.Text, 300)
            : Path.GetFileNameWithoutExtension(_context.FileName);
        return null;
    }

    private Block? Next()
    {
        if (Fault is not null) return null;
        _context.Resume();
        var block = Advance();
        _context.Pause();
        return block;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever a library throws over a hostile file is that file's fault.")]
    private Block? Advance()
    {
        try
        {
            while (_blocks.MoveNext())
            {
                _context.Check();
                var block = _blocks.Current;
                var text = BlockText.Clean(block.Text, block.Kind);
                if (text.Length == 0) continue;
                _characters += text.Length;
                if (_characters > _context.Limits.CharactersMax)
                    throw new DocumentException(ExtractionFaults.TooLarge($"{_context.Limits.CharactersMax} characters of text"));
                if (++_count > _context.Limits.BlocksMax)
                    throw new DocumentException(ExtractionFaults.TooLarge($"{_context.Limits.BlocksMax} parts"));
                return ReferenceEquals(text, block.Text) ? block : block with { Text = text };
            }
        }
        catch (OperationCanceledException) when (_context.Cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (DocumentException exception)
        {
            Fault = exception.Fault;
        }
        catch (OutOfMemoryException)
        {
            Fault = ExtractionFaults.TooLarge("the memory of one document can hold");
        }
        catch (Exception exception)
        {
            // The type tells whoever reads the log which part gave up; the message may quote the document.
            Fault = ExtractionFaults.Damaged($"it could not be read as {DocumentFormats.NameOf(Format)}")
                .With("exception", exception.GetType().Name);
        }

        return null;
    }
}
