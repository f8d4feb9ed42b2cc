using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace CodexOS.Identity.Tokens;

/// <summary>
/// A refresh token: 256 random bits, shown to the client once and stored only as a hash.
/// </summary>
/// <remarks>
/// A client whose answer got lost repeats its refresh, and must then get the token that replaced the one it holds. So
/// the successor is stored with its predecessor, sealed (AES-256-GCM) under a key derived from the predecessor itself:
/// whoever presents the old token can be given the new one, whoever reads the database can do nothing with either.
/// A key seals one successor only, so the nonce is fixed.
/// </remarks>
internal sealed class RefreshToken
{
    private const string Prefix = "cdr_";
    private const int SecretBytes = 32;
    private const int TagBytes = 16;
    private static readonly byte[] Nonce = new byte[12];

    private readonly byte[] _secret;

    private RefreshToken(byte[] secret) => _secret = secret;

    /// <summary>What is stored of the token. It has 256 bits of entropy, so a plain hash cannot be searched.</summary>
    public byte[] Hash => SHA256.HashData(_secret);

    public static RefreshToken New() => new(RandomNumberGenerator.GetBytes(SecretBytes));

    public static bool TryParse(string? text, [NotNullWhen(true)] out RefreshToken? token)
    {
        token = null;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length != Prefix.Length + 43
            || !Base64Url.IsValid(text.AsSpan(Prefix.Length)))
        {
            return false;
        }

        token = new RefreshToken(Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length)));
        return true;
    }

    /// <summary>Seals the token that replaces this one.</summary>
    public byte[] Seal(RefreshToken successor)
    {
        var sealedBytes = new byte[SecretBytes + TagBytes];
        using var cipher = new AesGcm(SealingKey(), TagBytes);
        cipher.Encrypt(Nonce, successor._secret, sealedBytes.AsSpan(0, SecretBytes), sealedBytes.AsSpan(SecretBytes));
        return sealedBytes;
    }

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="CryptographicException">It was sealed by another token, or changed since.</exception>
    public RefreshToken Open(byte[] sealedBytes)
    {
        var secret = new byte[SecretBytes];
        using var cipher = new AesGcm(SealingKey(), TagBytes);
        cipher.Decrypt(Nonce, sealedBytes.AsSpan(0, SecretBytes), sealedBytes.AsSpan(SecretBytes), secret);
        return new RefreshToken(secret);
    }

    /// <summary>The token as the client keeps it.</summary>
    public string Reveal() => Prefix + Base64Url.EncodeToString(_secret);

    /// <summary>Tokens do not print themselves: whoever wants the text has to ask for it.</summary>
    public override string ToString() => Prefix + "…";

    private byte[] SealingKey() =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, 32, info: "codexos refresh token successor v1"u8.ToArray());
}
