using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.Mail;

/// <summary>How mail leaves: by an SMTP server, or into files as long as none is named.</summary>
public sealed class MailOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Mail";

    /// <summary>The SMTP server; without one, mail is put into the folder <c>mail</c> of the data directory.</summary>
    [StringLength(255)]
    public string? Host { get; set; }

    /// <summary>The SMTP server's port.</summary>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary>How the connection is encrypted. A server that does not offer it is not sent anything.</summary>
    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>The name to sign in to the SMTP server with, if it asks for that.</summary>
    [StringLength(255)]
    public string? UserName { get; set; }

    /// <summary>A file with the password for the SMTP server on its first line.</summary>
    [StringLength(1_000)]
    public string? PasswordFile { get; set; }

    /// <summary>The address that mail comes from.</summary>
    [Required, OneMailbox(ErrorMessage = "Mail:From must be an email address, like codexos@example.org.")]
    public string From { get; set; } = "codexos@localhost";

    /// <summary>How long handing over one mail may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How many mails are kept in files at most; the oldest go first.</summary>
    [Range(1, 100_000)]
    public int FilesMax { get; set; } = 1_000;
}

/// <summary>How a connection to an SMTP server is encrypted.</summary>
public enum MailSecurity
{
    /// <summary>It begins plainly and is encrypted before anything is sent.</summary>
    StartTls,

    /// <summary>It is encrypted from the first byte.</summary>
    Tls,

    /// <summary>Not at all: for a server on this machine.</summary>
    None,
}
