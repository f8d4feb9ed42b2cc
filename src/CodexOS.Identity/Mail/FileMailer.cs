using System.Globalization;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;

namespace CodexOS.Identity.Mail;

/// <summary>
/// Puts mail into files that only the server's user can read, for installations without an SMTP server. The operator hands
/// on what is in them, for instance an invitation's link.
/// </summary>
internal sealed partial class FileMailer(
    DataDirectory data, IOptions<MailOptions> options, TimeProvider clock, ILogger<FileMailer> log) : IMailer
{
    private const string Pattern = "*.eml";

    private readonly string _folder = data.InShared("mail");

    public async Task<Result<Done>> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        if (Letters.Write(letter, options.Value.From, clock) is not { } message) return Letters.BadAddress;
        using var written = message;
        using var content = new MemoryStream();
        await message.WriteToAsync(FormatOptions.Default, content, cancellationToken);
        Directory.CreateDirectory(
            _folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var at = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff", CultureInfo.InvariantCulture);
        var path = Path.Combine(_folder, $"{at}-{Path.GetRandomFileName()}.eml");
        DataDirectory.WriteSecret(path, content.ToArray());
        foreach (var old in Directory.GetFiles(_folder, Pattern).Order(StringComparer.Ordinal).SkipLast(options.Value.FilesMax))
            File.Delete(old);
        LogKept(path);
        return Done.Value;
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "There is no SMTP server (Mail:Host), so a mail was put into {File}.")]
    private partial void LogKept(string file);
}

/// <summary>What mails look like.</summary>
internal static class Letters
{
    /// <summary>Said of an address that is none, or more than one; fields of requests are checked before.</summary>
    public static Fault BadAddress { get; } = new(
        "identity.mail_failed", FaultKind.Upstream, "The mail could not be handed over: its address is not one plain address.");

    /// <summary>The mail to one mailbox; null if the letter does not name one.</summary>
    public static MimeMessage? Write(Letter letter, string from, TimeProvider clock)
    {
        if (Mailbox.Of(letter.To) is not { } to) return null;
        var message = new MimeMessage { Subject = Mailbox.LineOf(letter.Subject), Date = clock.GetUtcNow() };
        message.From.Add(new MailboxAddress("CodexOS", from));
        message.To.Add(to);
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new TextPart("plain") { Text = letter.Text };
        return message;
    }
}
