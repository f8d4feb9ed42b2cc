using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace CodexOS.Cli.Evidence;

/// <summary>
/// What signed notes (C2SP signed-note) are checked with: <c>name+id+key</c>, an Ed25519 key. A server signs the log of each
/// tenant under a name of its own.
/// </summary>
internal sealed class VerifierKey
{
    private const byte Ed25519 = 1;
    private const int IdBytes = 4;
    private const int NoteLengthMax = 64 * 1024;
    private const string Mark = "— ";

    private readonly Ed25519PublicKeyParameters _key;
    private readonly byte[] _id;

    private VerifierKey(string name, byte[] id, byte[] key) =>
        (Name, _id, _key) = (name, id, new Ed25519PublicKeyParameters(key));

    /// <summary>The name that it signs under, which is the origin of the log.</summary>
    public string Name { get; }

    /// <summary>Reads a key as the server prints it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out VerifierKey? key)
    {
        key = null;
        // The key is in base64, which may have a plus itself; the name has none.
        if (text.Trim().Split('+', 3) is not [{ Length: > 0 } name, { Length: 2 * IdBytes } id, { } encoded]) return false;
        var bytes = new byte[encoded.Length];
        if (!uint.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
            || !Convert.TryFromBase64String(encoded, bytes, out var length)
            || length != 1 + Ed25519PublicKeyParameters.KeySize || bytes[0] != Ed25519)
        {
            return false;
        }

        var expected = SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. bytes[..length]])[..IdBytes];
        if (!Convert.FromHexString(id).AsSpan().SequenceEqual(expected)) return false;
        key = new VerifierKey(name, expected, bytes[1..length]);
        return true;
    }

    /// <summary>The text of a note, if this key signed it; other signatures beside that say nothing.</summary>
    public string? Open(string note)
    {
        if (note.Length > NoteLengthMax) return null;
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || note[^1] != '\n') return null;
        var text = note[..(end + 1)];
        foreach (var line in note[(end + 2)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (IsOurs(line, out var signature) && IsRight(text, signature)) return text;
        return null;
    }

    private bool IsOurs(string line, [NotNullWhen(true)] out byte[]? signature)
    {
        signature = null;
        if (!line.StartsWith(Mark, StringComparison.Ordinal)) return false;
        if (line[Mark.Length..].Split(' ') is not [{ } name, { } encoded] || name != Name) return false;
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length) || length <= IdBytes) return false;
        if (!bytes.AsSpan(0, IdBytes).SequenceEqual(_id)) return false;
        signature = bytes[IdBytes..length];
        return true;
    }

    private bool IsRight(string text, byte[] signature)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, _key);
        verifier.BlockUpdate(bytes, 0, bytes.Length);
        return verifier.VerifySignature(signature);
    }
}
