using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Keys;

/// <summary>
/// How a sealed value is made of bytes: format (1), key id (16), nonce (12), tag (16), encrypted bytes. What it is bound to
/// is authenticated with it and not in it: tenant, table, column, row, and the version of the key, each with its length
/// before it, so that no two places are written alike.
/// </summary>
internal static class SealedFormat
{
    public const int KeyIdOffset = 1;
    public const int KeyIdBytes = 16;

    private const byte Format = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeaderBytes = KeyIdOffset + KeyIdBytes + NonceBytes + TagBytes;

    public static Sealed Seal(VaultKey key, SealedPlace place, ReadOnlySpan<byte> value)
    {
        var bytes = new byte[HeaderBytes + value.Length];
        bytes[0] = Format;
        key.Id.Value.TryWriteBytes(bytes.AsSpan(KeyIdOffset), bigEndian: true, out _);
        var parts = Parts(bytes);
        RandomNumberGenerator.Fill(parts.Nonce);
        // The tag's size is said, because a shorter one would be taken as well.
        using var aes = new AesGcm(key.Bytes, TagBytes);
        aes.Encrypt(parts.Nonce, value, parts.Content, parts.Tag, BoundTo(place, key.Version));
        return new Sealed(bytes);
    }

    /// <summary>Which key a value was sealed with; false if it is none.</summary>
    public static bool TryReadKey(Sealed value, out VaultKeyId key)
    {
        key = default;
        if (value.Bytes.Length < HeaderBytes || value.Bytes[0] != Format) return false;
        key = new VaultKeyId(new Guid(value.Bytes.Slice(KeyIdOffset, KeyIdBytes), bigEndian: true));
        return true;
    }

    /// <summary>Opens a value, or says that it was changed or belongs elsewhere.</summary>
    public static bool TryOpen(VaultKey key, SealedPlace place, Sealed sealedValue, [NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (!TryReadKey(sealedValue, out var id) || id != key.Id) return false;
        var parts = Parts(sealedValue.ToArray());
        var opened = new byte[parts.Content.Length];
        using var aes = new AesGcm(key.Bytes, TagBytes);
        try
        {
            aes.Decrypt(parts.Nonce, parts.Content, parts.Tag, opened, BoundTo(place, key.Version));
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }

        value = opened;
        return true;
    }

    /// <summary>The bytes that a value is bound to.</summary>
    internal static byte[] BoundTo(SealedPlace place, int version)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(int)];
        bytes.Write(place.Tenant.Value.ToByteArray(bigEndian: true));
        foreach (var text in (string[])[place.Table, place.Column, place.Row, place.Subject?.ToString() ?? ""])
        {
            var part = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(number, part.Length);
            bytes.Write(number);
            bytes.Write(part);
        }

        BinaryPrimitives.WriteInt32BigEndian(number, version);
        bytes.Write(number);
        return bytes.ToArray();
    }

    private static Pieces Parts(Span<byte> bytes)
    {
        var rest = bytes[(KeyIdOffset + KeyIdBytes)..];
        return new Pieces(rest[..NonceBytes], rest.Slice(NonceBytes, TagBytes), rest[(NonceBytes + TagBytes)..]);
    }

    private readonly ref struct Pieces(Span<byte> nonce, Span<byte> tag, Span<byte> content)
    {
        public Span<byte> Nonce { get; } = nonce;

        public Span<byte> Tag { get; } = tag;

        public Span<byte> Content { get; } = content;
    }
}

/// <summary>A version of a key, unwrapped.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Version">Its number among those of its purpose, from 1.</param>
/// <param name="Bytes">The key.</param>
internal sealed record VaultKey(VaultKeyId Id, int Version, byte[] Bytes)
{
    /// <summary>The id only: a key is never printed.</summary>
    public override string ToString() => Id.ToString();
}
