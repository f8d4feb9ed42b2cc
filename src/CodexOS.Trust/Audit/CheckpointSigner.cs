using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Signs checkpoints with Ed25519 and recognises its own. The key is made at the first start and lies in
/// <c>keys/audit-signing-key</c>, as the one line in which Go's note package writes keys:
/// <c>PRIVATE+KEY+name+id+key</c>. Its name is that of the installation and begins the origin of each log.
/// </summary>
internal sealed class CheckpointSigner : IAttestation
{
    private const string FileName = "audit-signing-key";
    private const string Preamble = "PRIVATE+KEY+";
    private const byte Ed25519 = 1;
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string _installation;
    private readonly Ed25519PrivateKeyParameters _key;
    private readonly Ed25519PublicKeyParameters _public;

    /// <summary>Reads the key, making one if there is none. Servers that start together on one folder use the same.</summary>
    /// <exception cref="InvalidOperationException">The key is readable by others or no key: the start must not go on.
    /// </exception>
    public CheckpointSigner(DataDirectory data)
    {
        var path = Path.Combine(data.Keys, FileName);
        if (!File.Exists(path)) _ = DataDirectory.TryWriteSecret(path, Encoding.ASCII.GetBytes(NewKey()));
        if ((File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
            throw new InvalidOperationException($"The signing key {path} can be read by others. Run: chmod 600 '{path}'");
        try
        {
            (_installation, _key) = Read(File.ReadAllText(path).Trim());
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            throw new InvalidOperationException(
                $"{path} is not the key that signs the audit log. Restore it from a backup: with another key, the "
                + "checkpoints that are there are no longer recognised.",
                error);
        }

        _public = _key.GeneratePublicKey();
    }

    /// <summary>How a log is called in its checkpoints.</summary>
    public string OriginOf(TenantId log) => $"{_installation}/{AuditLogs.NameOf(log)}";

    /// <inheritdoc />
    public string VerifierOf(TenantId log)
    {
        var name = OriginOf(log);
        return $"{name}+{Convert.ToHexStringLower(KeyIdOf(name))}+{Convert.ToBase64String([Ed25519, .. _public.GetEncoded()])}";
    }

    /// <summary>Signs a checkpoint of a log.</summary>
    public SignedNote Sign(TenantId log, long size, byte[] root) => Sign(log, new Checkpoint(OriginOf(log), size, root).Text);

    /// <inheritdoc />
    public string Sign(TenantId tenant, string kind, string json)
    {
        if (json.Contains('\n', StringComparison.Ordinal)) throw new ArgumentException("It must be one line.", nameof(json));
        return Sign(tenant, $"{kind}\n{json}\n").ToString();
    }

    /// <summary>What a note says of a log, if it was signed here; other signatures beside ours say nothing.</summary>
    public Checkpoint? Open(TenantId log, string? note)
    {
        var origin = OriginOf(log);
        if (!SignedNote.TryParse(note, out var parsed) || !Checkpoint.TryParse(parsed.Text, out var checkpoint)
            || checkpoint.Origin != origin)
        {
            return null;
        }

        var id = KeyIdOf(origin);
        var text = Encoding.UTF8.GetBytes(parsed.Text);
        foreach (var signature in parsed.Signatures)
        {
            if (signature.Name != origin || !signature.KeyId.AsSpan().SequenceEqual(id)) continue;
            var verifier = new Ed25519Signer();
            verifier.Init(forSigning: false, _public);
            verifier.BlockUpdate(text, 0, text.Length);
            return verifier.VerifySignature(signature.Signature) ? checkpoint : null;
        }

        return null;
    }

    private SignedNote Sign(TenantId log, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var signer = new Ed25519Signer();
        signer.Init(forSigning: true, _key);
        signer.BlockUpdate(bytes, 0, bytes.Length);
        var name = OriginOf(log);
        return new SignedNote(text, [new NoteSignature(name, KeyIdOf(name), signer.GenerateSignature())]);
    }

    private byte[] KeyIdOf(string name) => KeyIdOf(name, _public.GetEncoded());

    private static byte[] KeyIdOf(string name, byte[] publicKey) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519, .. publicKey])[..NoteSignature.KeyIdBytes];

    private static string NewKey()
    {
        var name = $"codexos-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var seed = RandomNumberGenerator.GetBytes(Ed25519PrivateKeyParameters.KeySize);
        var id = KeyIdOf(name, new Ed25519PrivateKeyParameters(seed).GeneratePublicKey().GetEncoded());
        return $"{Preamble}{name}+{Convert.ToHexStringLower(id)}+{Convert.ToBase64String([Ed25519, .. seed])}\n";
    }

    private static (string Name, Ed25519PrivateKeyParameters Key) Read(string line)
    {
        if (!line.StartsWith(Preamble, StringComparison.Ordinal)) throw new FormatException("The preamble is missing.");
        if (line[Preamble.Length..].Split('+', 3) is not [{ Length: > 0 } name, { } id, { } encoded])
            throw new FormatException("A part is missing.");
        var bytes = Convert.FromBase64String(encoded);
        if (bytes.Length != 1 + Ed25519PrivateKeyParameters.KeySize || bytes[0] != Ed25519)
            throw new FormatException("It is no Ed25519 key.");
        var key = new Ed25519PrivateKeyParameters(bytes[1..]);
        if (id != Convert.ToHexStringLower(KeyIdOf(name, key.GeneratePublicKey().GetEncoded())))
            throw new FormatException("Name and key do not belong together.");
        return (name, key);
    }
}
