using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// The places for sandboxes. Some of them may be held by kept programs, but never all: those that run to their end always
/// have a place that becomes free.
/// </summary>
internal sealed class SandboxPlaces(SandboxOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TenantId, int> _kept = [];
    private int _waiting;

    // Places are given back even when the server has stopped, so it is never closed.
    private SemaphoreSlim Places { get; } = new(options.SandboxesMax);

    private int KeptMax => Math.Min(options.SessionsMax, options.SandboxesMax - 1);

    /// <summary>Waits for a place; it is given back by disposing. The fault says that too many are waiting.</summary>
    public async Task<Result<IDisposable>> EnterAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > options.SandboxesMax + options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            return SandboxFaults.Busy;
        }

        try
        {
            await Places.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Decrement(ref _waiting);
            throw;
        }

        return new Place(() =>
        {
            Places.Release();
            Interlocked.Decrement(ref _waiting);
        });
    }

    /// <summary>Counts a kept program of a tenant, until the place is disposed; it needs an ordinary place besides.</summary>
    public Result<IDisposable> Keep(TenantId tenant)
    {
        lock (_lock)
        {
            var own = _kept.GetValueOrDefault(tenant);
            if (own >= options.SessionsPerTenantMax) return SandboxFaults.SessionsMax(options.SessionsPerTenantMax);
            if (_kept.Values.Sum() >= KeptMax) return SandboxFaults.SessionsMax(KeptMax);
            _kept[tenant] = own + 1;
        }

        return new Place(() =>
        {
            lock (_lock)
            {
                if (--_kept[tenant] == 0) _kept.Remove(tenant);
            }
        });
    }

    private sealed class Place(Action leave) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) leave();
        }
    }
}
