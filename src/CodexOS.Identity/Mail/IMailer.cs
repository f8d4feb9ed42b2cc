using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Mail;

/// <summary>A mail to one person.</summary>
/// <param name="To">The address.</param>
/// <param name="Subject">The subject.</param>
/// <param name="Text">The text, with lines of any length.</param>
internal sealed record Letter(string To, string Subject, string Text);

/// <summary>Sends mail.</summary>
internal interface IMailer
{
    /// <summary>Hands a mail over, or says why that is not possible: <c>identity.mail_failed</c>.</summary>
    Task<Result<Done>> SendAsync(Letter letter, CancellationToken cancellationToken);
}
