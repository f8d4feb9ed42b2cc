using System.Diagnostics;
using System.Net.Sockets;
using CodexOS.Platform.Faults;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Mail;

/// <summary>Hands mail to an SMTP server, one connection a mail: there are few.</summary>
internal sealed partial class SmtpMailer(IOptions<MailOptions> options, TimeProvider clock, ILogger<SmtpMailer> log) : IMailer
{
    private readonly MailOptions _options = options.Value;

    private static readonly Fault Failed = new(
        "identity.mail_failed",
        FaultKind.Upstream,
        "The mail could not be handed over, so nothing was changed. The server's log says why; the operator has to look at "
        + "the settings of the section Mail.");

    public async Task<Result<Done>> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        if (Letters.Write(letter, _options.From, clock) is not { } message) return Letters.BadAddress;
        using var written = message;
        using var timeout = new CancellationTokenSource(_options.Timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var client = new SmtpClient();
        try
        {
            await client.ConnectAsync(_options.Host!, _options.Port, SecurityOf(_options.Security), both.Token);
            if (_options.UserName is { Length: > 0 } name)
                await client.AuthenticateAsync(name, await PasswordAsync(both.Token), both.Token);
            await client.SendAsync(message, both.Token);
            await client.DisconnectAsync(quit: true, both.Token);
            return Done.Value;
        }
        catch (Exception error) when (
            error is CommandException or ProtocolException or AuthenticationException or SslHandshakeException
                or IOException or SocketException or NotSupportedException or UnauthorizedAccessException
            || (error is OperationCanceledException && timeout.IsCancellationRequested))
        {
            LogFailed(error, _options.Host!, _options.Port);
            return Failed;
        }
    }

    private async Task<string> PasswordAsync(CancellationToken cancellationToken)
    {
        if (_options.PasswordFile is not { Length: > 0 } path) return "";
        using var file = File.OpenText(path);
        return await file.ReadLineAsync(cancellationToken) ?? "";
    }

    private static SecureSocketOptions SecurityOf(MailSecurity security) => security switch
    {
        MailSecurity.StartTls => SecureSocketOptions.StartTls,
        MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
        MailSecurity.None => SecureSocketOptions.None,
        _ => throw new UnreachableException($"There is no way to encrypt mail as {security}."),
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "A mail could not be handed to {Host}:{Port}.")]
    private partial void LogFailed(Exception error, string host, int port);
}
