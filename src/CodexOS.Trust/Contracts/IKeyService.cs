namespace CodexOS.Trust.Contracts;

/// <summary>
/// Keeps the root key, which wraps the keys of tenants and never leaves its place. The server brings one that keeps it in a
/// file or takes it from the environment; another one registered in its stead can ask a key management service.
/// </summary>
public interface IKeyService
{
    /// <summary>The root key that wraps now; rotation wraps anew what another one has wrapped.</summary>
    string CurrentKeyId { get; }

    /// <summary>Wraps a key with the present root key.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It cannot.</exception>
    ValueTask<byte[]> WrapAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>Unwraps a key.</summary>
    /// <param name="keyId">The root key that wrapped it.</param>
    /// <param name="wrapped">The wrapped key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The root key is not there, or is another one.
    /// </exception>
    ValueTask<byte[]> UnwrapAsync(string keyId, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken);
}
