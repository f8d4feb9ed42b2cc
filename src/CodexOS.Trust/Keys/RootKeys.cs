using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Root keys of this machine: from the options (that is, the environment), or from the files <c>root-*.key</c> of the keys
/// folder, of which the newest by name wraps and all unwrap. The first start makes the first file. A root key is replaced by
/// putting a newer one beside it and rotating keys.
/// </summary>
internal sealed class RootKeys : IKeyService
{
    private const string Pattern = "root-*.key";
    private const string FirstName = "root-00000000T000000.key";
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly Dictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    /// <summary>Reads the keys, making one if there is none.</summary>
    /// <exception cref="InvalidOperationException">A key is readable by others, or is none: the start must not go on.
    /// </exception>
    public RootKeys(IOptions<VaultOptions> options, DataDirectory data)
    {
        if (options.Value is { RootKey: { Length: > 0 } given, PreviousRootKeys: var previous })
        {
            foreach (var key in previous) Add(Convert.FromBase64String(key));
            CurrentKeyId = Add(Convert.FromBase64String(given));
            return;
        }

        var files = Directory.GetFiles(data.Keys, Pattern);
        if (files.Length == 0)
        {
            var made = Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyWrap.KeyBytes));
            files = [Path.Combine(data.Keys, FirstName)];
            // Servers that start together for the first time all try to make it, one succeeds, and all use that one.
            _ = DataDirectory.TryWriteSecret(files[0], Encoding.ASCII.GetBytes(made + "\n"));
        }

        CurrentKeyId = "";
        foreach (var file in files.Order(StringComparer.Ordinal)) CurrentKeyId = Add(Read(file));
    }

    /// <inheritdoc />
    public string CurrentKeyId { get; }

    /// <inheritdoc />
    public ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        ValueTask.FromResult(KeyWrap.Wrap(_keys[CurrentKeyId], key.Span));

    /// <inheritdoc />
    public ValueTask<byte[]> UnwrapAsync(string keyId, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken) =>
        _keys.TryGetValue(keyId, out var key)
            ? ValueTask.FromResult(KeyWrap.Unwrap(key, wrapped.Span))
            : throw new CryptographicException(
                $"The root key {keyId} is not here. Put it back into the keys folder, or into Vault:PreviousRootKeys.");

    private string Add(byte[] key)
    {
        var id = $"root-{Convert.ToHexStringLower(SHA256.HashData([.. "codexos root key\n"u8, .. key])[..8])}";
        _keys[id] = key;
        return id;
    }

    private static byte[] Read(string path)
    {
        if ((File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
            throw new InvalidOperationException($"The root key {path} can be read by others. Run: chmod 600 '{path}'");
        var key = new byte[KeyWrap.KeyBytes + 1];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), key, out var length) && length == KeyWrap.KeyBytes
            ? key[..length]
            : throw new InvalidOperationException(
                $"The root key {path} is not 32 bytes in base64. Restore it from a backup: without it, nothing that is sealed can be opened.");
    }
}
