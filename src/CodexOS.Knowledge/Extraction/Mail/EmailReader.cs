using System.Text;
using CodexOS.Knowledge.Extraction.Texts;
using CodexOS.Knowledge.Extraction.Web;
using MimeKit;

namespace CodexOS.Knowledge.Extraction.Mail;

/// <summary>
/// Reads e-mails: who wrote to whom and when, the body, and the names of what is attached. What is attached is a document
/// of its own, and not read here.
/// </summary>
internal sealed class EmailReader : IDocumentReader
{
    private const int MimeDepthMax = 64;
    private const int PeopleMax = 50;
    private const int AttachmentsMax = 100;

    public IEnumerable<Block> Read(Stream content, ReadContext context)
    {
        if (content.Length > context.Limits.WholeSizeBytesMax)
            throw new DocumentException(ExtractionFaults.TooLarge($"{context.Limits.WholeSizeBytesMax} bytes of e-mail"));
        var options = ParserOptions.Default.Clone();
        options.MaxMimeDepth = MimeDepthMax;
        using var message = Load(options, content, context);
        context.Metadata = new DocumentMetadata
        {
            Title = message.Subject,
            Author = message.From.FirstOrDefault() is { } writer
                ? writer.Name is { Length: > 0 } name ? name : writer.ToString()
                : null,
            CreatedAt = message.Date == DateTimeOffset.MinValue ? null : message.Date,
        };
        if (!string.IsNullOrWhiteSpace(message.Subject)) yield return new Block(BlockKind.Heading, message.Subject, 1);
        yield return new Block(BlockKind.Paragraph, Headers(message));
        foreach (var block in Body(message, context)) yield return block;
        var attachments = message.Attachments.Take(AttachmentsMax)
            .Select(part => part.ContentDisposition?.FileName ?? part.ContentType.Name ?? "a message").ToList();
        if (attachments.Count > 0) yield return new Block(BlockKind.Paragraph, "Attachments: " + string.Join(", ", attachments));
    }

    private static MimeMessage Load(ParserOptions options, Stream content, ReadContext context)
    {
        try
        {
            return MimeMessage.Load(options, content, persistent: true, context.Cancellation);
        }
        catch (FormatException)
        {
            throw new DocumentException(ExtractionFaults.Damaged("it does not begin with the headers of an e-mail"));
        }
    }

    private static string Headers(MimeMessage message)
    {
        var text = new StringBuilder();
        void Say(string name, string value)
        {
            if (value.Length == 0) return;
            if (text.Length > 0) text.Append('\n');
            text.Append(name).Append(": ").Append(value);
        }

        Say("From", People(message.From));
        Say("To", People(message.To));
        Say("Cc", People(message.Cc));
        if (message.Date != DateTimeOffset.MinValue) Say("Date", message.Date.ToString("yyyy-MM-dd HH:mm zzz"));
        return text.ToString();
    }

    private static string People(InternetAddressList people) =>
        string.Join(", ", people.Take(PeopleMax).Select(person => person.ToString()));

    // The text is what its writer wrote; HTML is read where there is no text.
    private static IEnumerable<Block> Body(MimeMessage message, ReadContext context)
    {
        var metadata = context.Metadata;
        if (message.TextBody is { } plain && !string.IsNullOrWhiteSpace(plain))
        {
            using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(plain));
            foreach (var block in new PlainTextReader().Read(bytes, context)) yield return block with { Place = null };
        }
        else if (message.HtmlBody is { } html)
        {
            using var text = new StringReader(html);
            foreach (var block in HtmlBlocks.Read(text, context, place: null))
            {
                context.Metadata = metadata;
                yield return block;
            }
        }
    }
}
