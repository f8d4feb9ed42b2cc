using System.Security.Cryptography;

namespace CodexOS.Trust.Keys;

/// <summary>Wraps keys with AES key wrap with padding (RFC 5649), whose result tells whether it was changed.</summary>
internal static class KeyWrap
{
    /// <summary>How long keys are here.</summary>
    public const int KeyBytes = 32;

    public static byte[] Wrap(ReadOnlySpan<byte> wrapping, ReadOnlySpan<byte> key)
    {
        using var aes = Aes.Create();
        aes.SetKey(wrapping);
        return aes.EncryptKeyWrapPadded(key);
    }

    /// <exception cref="CryptographicException">It was changed, or wrapped with another key.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> wrapping, ReadOnlySpan<byte> wrapped)
    {
        using var aes = Aes.Create();
        aes.SetKey(wrapping);
        return aes.DecryptKeyWrapPadded(wrapped);
    }
}
