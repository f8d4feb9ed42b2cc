using System.Security.Cryptography;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.SecondFactor;

/// <summary>Keeps the seeds of authenticators unreadable in the database and in its backups.</summary>
internal interface ISeedSeal
{
    /// <summary>Seals a seed for a user; it opens for no other.</summary>
    byte[] Seal(ReadOnlySpan<byte> seed, UserId user);

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="CryptographicException">It was made for another user or under another key, or changed since.
    /// </exception>
    byte[] Open(ReadOnlySpan<byte> sealedSeed, UserId user);
}

/// <summary>
/// Seals with AES-256-GCM under a key in the keys folder, which servers behind one address share. What is sealed is a version,
/// the nonce, the tag and the text; the user is part of what is authenticated, so that a seed does not work in another row.
/// </summary>
internal sealed class FileSeedSeal : ISeedSeal
{
    private const string FileName = "second-factor.key";
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int HeadBytes = 1 + NonceBytes + TagBytes;

    private readonly Lazy<byte[]> _key;

    public FileSeedSeal(DataDirectory data) => _key = new Lazy<byte[]>(() => KeyFile.ReadOrMake(
        Path.Combine(data.Keys, FileName), "without it nobody's authenticator works"));

    public byte[] Seal(ReadOnlySpan<byte> seed, UserId user)
    {
        var sealedSeed = new byte[HeadBytes + seed.Length];
        sealedSeed[0] = Version;
        var nonce = sealedSeed.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key.Value, TagBytes);
        cipher.Encrypt(
            nonce, seed, sealedSeed.AsSpan(HeadBytes), sealedSeed.AsSpan(1 + NonceBytes, TagBytes), ContextOf(user));
        return sealedSeed;
    }

    public byte[] Open(ReadOnlySpan<byte> sealedSeed, UserId user)
    {
        if (sealedSeed.Length <= HeadBytes || sealedSeed[0] != Version)
            throw new CryptographicException("A sealed seed has an unknown form.");
        var seed = new byte[sealedSeed.Length - HeadBytes];
        using var cipher = new AesGcm(_key.Value, TagBytes);
        cipher.Decrypt(
            sealedSeed.Slice(1, NonceBytes), sealedSeed[HeadBytes..], sealedSeed.Slice(1 + NonceBytes, TagBytes), seed,
            ContextOf(user));
        return seed;
    }

    private static byte[] ContextOf(UserId user) =>
        [.. "codexos identity.totp_factors sealed_seed v1 "u8, .. user.Value.ToByteArray(bigEndian: true)];
}
