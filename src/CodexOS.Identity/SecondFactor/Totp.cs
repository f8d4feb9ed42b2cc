using OtpNet;

namespace CodexOS.Identity.SecondFactor;

/// <summary>
/// Time-based codes as every authenticator app makes them (RFC 6238): SHA-1, 6 digits, 30 seconds. A clock may be off by one
/// step to either side.
/// </summary>
internal static class Totp
{
    /// <summary>160 bits, as long as the hash, which is what RFC 4226 recommends.</summary>
    public const int SeedBytes = 20;

    private const int Digits = 6;
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    /// <summary>The step that a code belongs to, or null if it belongs to none near the time.</summary>
    public static long? StepOf(byte[] seed, string code, DateTimeOffset now)
    {
        var digits = code.Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length != Digits || !digits.All(char.IsAsciiDigit)) return null;
        return new OtpNet.Totp(seed).VerifyTotp(now.UtcDateTime, digits, out var step, Window) ? step : null;
    }

    /// <summary>What an app reads from a QR code.</summary>
    public static string UriOf(byte[] seed, string issuer, string account) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(account)}"
        + $"?secret={TextOf(seed)}&issuer={Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period=30";

    /// <summary>What is typed into an app that reads no QR code.</summary>
    public static string TextOf(byte[] seed) => Base32Encoding.ToString(seed).TrimEnd('=');
}
