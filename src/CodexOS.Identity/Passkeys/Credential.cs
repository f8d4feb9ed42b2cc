using System.Buffers.Text;
using System.Text.Json;
using CodexOS.Identity.Storage;
using Microsoft.AspNetCore.Identity;

namespace CodexOS.Identity.Passkeys;

/// <summary>A passkey between the forms that the browser, the library and the database give it.</summary>
internal static class Credential
{
    private const int IdBytesMax = 1023;
    private const int TransportsMax = 8;
    private const int TransportLengthMax = 20;

    /// <summary>The id that an answer says it is of; null if it says none. Nothing in the answer is checked yet.</summary>
    public static byte[]? IdOf(JsonElement answer)
    {
        if (answer.ValueKind is not JsonValueKind.Object || !answer.TryGetProperty("id", out var id)
            || id.ValueKind is not JsonValueKind.String)
        {
            return null;
        }

        var text = id.GetString()!;
        if (Base64Url.GetMaxDecodedLength(text.Length) > IdBytesMax + 2 || !Base64Url.IsValid(text)) return null;
        var bytes = Base64Url.DecodeFromChars(text);
        return bytes.Length is > 0 and <= IdBytesMax ? bytes : null;
    }

    /// <summary>
    /// Whether a device may show this counter after the one that is known (WebAuthn 7.2, step 22): it grows with every use, or
    /// is always 0. One that does not grow is what a copy of the device would show.
    /// </summary>
    public static bool CountsOn(long known, long shown) => shown > known || (shown == 0 && known == 0);

    /// <summary>
    /// As the library takes it. The counter is left out, since it is compared where it is written down; see
    /// <see cref="CountsOn"/>.
    /// </summary>
    public static UserPasskeyInfo ForLibrary(PasskeyRow row) => new(
        row.CredentialId, row.PublicKey, row.CreatedAt, signCount: 0, TransportsOf(row), isUserVerified: true,
        row.IsBackupEligible, row.IsBackedUp, attestationObject: [], clientDataJson: []);

    /// <summary>What is kept of what a device says of how it is reached: a few plain words.</summary>
    public static string WriteTransports(IEnumerable<string>? said) => string.Join(' ', (said ?? [])
        .Where(static word => word is { Length: > 0 and <= TransportLengthMax })
        .Where(static word => word.All(static c => char.IsAsciiLetter(c) || c == '-'))
        .Distinct(StringComparer.Ordinal)
        .Take(TransportsMax));

    private static string[] TransportsOf(PasskeyRow row) =>
        row.Transports.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
