using System.Security.Cryptography;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.SecondFactor;

/// <summary>Keeps the seeds of authenticators unreadable in the database and in its backups.</summary>
internal interface ISeedSeal
{
    /// <summary>Seals a seed for a user, under the newest key; it opens for no other.</summary>
    byte[] Seal(ReadOnlySpan<byte> seed, UserId user);

    /// <summary>Opens what <see cref="Seal"/> made, now or under an older key.</summary>
    /// <exception cref="CryptographicException">It was made for another user or under a key that is not here, or changed since.
    /// </exception>
    byte[] Open(ReadOnlySpan<byte> sealedSeed, UserId user);

    /// <summary>Whether a seed is under the newest key.</summary>
    bool IsCurrent(ReadOnlySpan<byte> sealedSeed);
}

/// <summary>
/// Seals with AES-256-GCM under the newest of the keys in the keys folder, which servers behind one address share. What is
/// sealed is a format, the id of the key, the nonce, the tag and the text; the user is part of what is authenticated, so that a
/// seed does not work in another row. The first format names no key: whichever opens it was it.
/// </summary>
internal sealed class FileSeedSeal(DataDirectory data) : ISeedSeal
{
    private const string FirstFile = "second-factor.key";
    private const string LaterFiles = "second-factor-*.key";
    private const string Loss = "without it nobody's authenticator works";
    private const byte WithoutKey = 1;
    private const byte WithKey = 2;
    private const int KeyIdBytes = 8;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly Lock _gate = new();
    private SeedKey[]? _keys;

    public byte[] Seal(ReadOnlySpan<byte> seed, UserId user)
    {
        var key = Keys()[^1];
        var sealedSeed = new byte[1 + KeyIdBytes + NonceBytes + TagBytes + seed.Length];
        sealedSeed[0] = WithKey;
        key.Id.CopyTo(sealedSeed.AsSpan(1));
        var body = sealedSeed.AsSpan(1 + KeyIdBytes);
        RandomNumberGenerator.Fill(body[..NonceBytes]);
        using var cipher = new AesGcm(key.Bytes, TagBytes);
        cipher.Encrypt(
            body[..NonceBytes], seed, body[(NonceBytes + TagBytes)..], body.Slice(NonceBytes, TagBytes),
            ContextOf(WithKey, user));
        return sealedSeed;
    }

    public byte[] Open(ReadOnlySpan<byte> sealedSeed, UserId user)
    {
        switch (sealedSeed)
        {
            case [WithKey, ..] when sealedSeed.Length > 1 + KeyIdBytes + NonceBytes + TagBytes:
                var key = Find(sealedSeed.Slice(1, KeyIdBytes)) ?? throw new CryptographicException(
                    "The key of a sealed seed is not here. Put it back into the keys folder.");
                return Open(key, sealedSeed[(1 + KeyIdBytes)..], ContextOf(WithKey, user));
            case [WithoutKey, ..] when sealedSeed.Length > 1 + NonceBytes + TagBytes:
                foreach (var tried in Keys()[..^1])
                {
                    try
                    {
                        return Open(tried, sealedSeed[1..], ContextOf(WithoutKey, user));
                    }
                    catch (AuthenticationTagMismatchException)
                    {
                        // It is under a newer one, or under none.
                    }
                }

                return Open(Keys()[^1], sealedSeed[1..], ContextOf(WithoutKey, user));
            default:
                throw new CryptographicException("A sealed seed has an unknown form.");
        }
    }

    public bool IsCurrent(ReadOnlySpan<byte> sealedSeed) =>
        sealedSeed is [WithKey, ..] && sealedSeed.Length > KeyIdBytes
        && sealedSeed.Slice(1, KeyIdBytes).SequenceEqual(Keys()[^1].Id);

    private static byte[] Open(SeedKey key, ReadOnlySpan<byte> body, byte[] context)
    {
        var seed = new byte[body.Length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(key.Bytes, TagBytes);
        cipher.Decrypt(
            body[..NonceBytes], body[(NonceBytes + TagBytes)..], body.Slice(NonceBytes, TagBytes), seed, context);
        return seed;
    }

    /// <summary>The key with an id; another server may have begun to use one that was put there meanwhile.</summary>
    private SeedKey? Find(ReadOnlySpan<byte> id)
    {
        foreach (var isAnew in (bool[])[false, true])
        {
            foreach (var key in isAnew ? Read() : Keys())
            {
                if (id.SequenceEqual(key.Id)) return key;
            }
        }

        return null;
    }

    /// <summary>The keys, the newest last.</summary>
    private SeedKey[] Keys() => Volatile.Read(ref _keys) ?? Read();

    private SeedKey[] Read()
    {
        lock (_gate)
        {
            var later = Directory.GetFiles(data.Keys, LaterFiles).Order(StringComparer.Ordinal).ToList();
            var first = Path.Combine(data.Keys, FirstFile);
            // The first one is made where there is none, and may go once nothing is under it.
            if (later.Count == 0 || File.Exists(first)) later.Insert(0, first);
            SeedKey[] keys = [.. later.Select(static path => SeedKey.Of(KeyFile.ReadOrMake(path, Loss)))];
            Volatile.Write(ref _keys, keys);
            return keys;
        }
    }

    private static byte[] ContextOf(byte format, UserId user) =>
    [
        .. "codexos identity.totp_factors sealed_seed v"u8, (byte)('0' + format), (byte)' ',
        .. user.Value.ToByteArray(bigEndian: true),
    ];

    private sealed record SeedKey(byte[] Id, byte[] Bytes)
    {
        public static SeedKey Of(byte[] bytes) =>
            new(SHA256.HashData([.. "codexos second factor key\n"u8, .. bytes])[..KeyIdBytes], bytes);
    }
}
