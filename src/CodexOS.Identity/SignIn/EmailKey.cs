namespace CodexOS.Identity.SignIn;

/// <summary>Addresses that differ only in case or in surrounding space are one account.</summary>
internal static class EmailKey
{
    /// <summary>The longest address that SMTP can deliver to (RFC 5321, section 4.5.3.1).</summary>
    public const int LengthMax = 254;

    public static string Of(string email) => email.Trim().ToLowerInvariant();
}
