using System.Security.Cryptography;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Encrypts contents that lie outside of the database, with AES-256-GCM under a key of their own and bound to their place, so
/// that one opens nowhere else. The key lies sealed in the row that names the content: rotation seals that anew, and whoever
/// destroys what it is sealed under makes the content unreadable, wherever a copy of it lies.
/// </summary>
public static class ContentCipher
{
    /// <summary>How long a key is.</summary>
    public const int KeyBytes = 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    /// <summary>Encrypts a content: a nonce, a tag and the encrypted bytes.</summary>
    public static byte[] Encrypt(byte[] key, byte[] place, ReadOnlySpan<byte> plain)
    {
        var sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(
            nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes), place);
        return sealedBytes;
    }

    /// <summary>Decrypts a content; null if it was changed or belongs elsewhere.</summary>
    public static byte[]? Decrypt(byte[] key, byte[] place, ReadOnlySpan<byte> sealedBytes)
    {
        if (sealedBytes.Length < NonceBytes + TagBytes) return null;
        var plain = new byte[sealedBytes.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(
                sealedBytes[..NonceBytes], sealedBytes[(NonceBytes + TagBytes)..], sealedBytes.Slice(NonceBytes, TagBytes), plain,
                place);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
