using System.Collections.Concurrent;

namespace CodexOS.Client.Contracts;

/// <summary>Keeps sessions for the life of the process.</summary>
public sealed class MemoryCredentialStore : ICredentialStore, IDisposable
{
    private readonly ConcurrentDictionary<Uri, Credentials> _sessions = new();
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>A store that is empty at first.</summary>
    public MemoryCredentialStore()
    {
    }

    /// <summary>A store with one session, for instance an access token from the environment.</summary>
    public MemoryCredentialStore(Uri server, Credentials credentials) => _sessions[server] = credentials;

    /// <inheritdoc />
    public Task<Credentials?> ReadAsync(Uri server, CancellationToken cancellationToken) =>
        Task.FromResult(_sessions.GetValueOrDefault(server));

    /// <inheritdoc />
    public async Task<Credentials?> UpdateAsync(
        Uri server,
        Func<Credentials?, CancellationToken, Task<Credentials?>> change,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var next = await change(_sessions.GetValueOrDefault(server), cancellationToken);
            if (next is null) _sessions.TryRemove(server, out _);
            else _sessions[server] = next;
            return next;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => _gate.Dispose();
}
