using System.Security.Cryptography;

namespace CodexOS.Trust.Keys;

/// <summary>Wraps keys with AES key wrap with padding (RFC 5649), whose result tells whether it was changed.</summary>
internal static class KeyWrap
{
    /// <summary>How long keys are here.</summary>
    public const int KeyBytes = 32;

    private const int WrappedBytesMin = 16;
    private const int BlockBytes = 8;

    public static byte[] Wrap(ReadOnlySpan<byte> wrapping, ReadOnlySpan<byte> key)
    {
        using var aes = Aes.Create();
        aes.SetKey(wrapping);
        return aes.EncryptKeyWrapPadded(key);
    }

    /// <exception cref="CryptographicException">It was changed, or wrapped with another key.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> wrapping, ReadOnlySpan<byte> wrapped)
    {
        // The framework takes a wrong length for a mistake of the caller; here it is damage like any other.
        if (wrapped.Length < WrappedBytesMin || wrapped.Length % BlockBytes != 0)
            throw new CryptographicException("A wrapped key has another length.");
        using var aes = Aes.Create();
        aes.SetKey(wrapping);
        return aes.DecryptKeyWrapPadded(wrapped);
    }
}
