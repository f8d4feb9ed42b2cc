using System.ComponentModel.DataAnnotations;
using System.Text;
using CodexOS.Identity.SignIn;
using MimeKit;

namespace CodexOS.Identity.Mail;

/// <summary>What goes into the head of a mail: one address, and names that stay on their line.</summary>
internal static class Mailbox
{
    private static readonly ParserOptions s_strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
    };

    /// <summary>
    /// The mailbox of a text that is one plain address and nothing else: no name, comment or route around it, no second address,
    /// no space and no control character. Null otherwise.
    /// </summary>
    public static MailboxAddress? Of(string text)
    {
        var address = text.Trim();
        return address.Length <= EmailKey.LengthMax
            && !address.Any(static letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
            && MailboxAddress.TryParse(s_strict, address, out var mailbox)
            && string.IsNullOrEmpty(mailbox.Name) && mailbox.Route.Count == 0
            && MailboxAddress.EncodeAddrspec(mailbox.Address) == MailboxAddress.EncodeAddrspec(address)
                ? mailbox
                : null;
    }

    /// <summary>A name in one line: what breaks lines or controls a terminal becomes a space.</summary>
    public static string LineOf(string name)
    {
        var line = new StringBuilder(name.Length);
        foreach (var letter in name) line.Append(char.IsControl(letter) || letter is '\u2028' or '\u2029' ? ' ' : letter);
        return line.ToString().Trim();
    }
}

/// <summary>Says of a text whether it is the plain address of one mailbox, to which mail can go.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OneMailboxAttribute : ValidationAttribute
{
    /// <inheritdoc />
    public override bool IsValid(object? value) => value is not string { Length: > 0 } text || Mailbox.Of(text) is not null;
}
