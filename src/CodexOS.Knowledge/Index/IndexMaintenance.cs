using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// Merges and fits in the background, one thing at a time. Nobody waits for it: if it fails, the index stays as it is, the
/// fault shows in the statistics, and the next publish tries again.
/// </summary>
internal sealed class IndexMaintenance(KnowledgeIndex index, CancellationToken closing) : IDisposable
{
    private readonly Lock _starting = new();
    private readonly ManualResetEventSlim _isIdle = new(initialState: true);
    private bool _isWanted, _isRunning;

    /// <summary>Ends when there is nothing to do.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>What went wrong the last time; null if nothing did.</summary>
    public Fault? LastFault { get; private set; }

    /// <summary>Looks, now or after what is going on, whether there is something to do.</summary>
    public void Start()
    {
        lock (_starting)
        {
            _isWanted = true;
            if (_isRunning || closing.IsCancellationRequested) return;
            _isRunning = true;
            _isIdle.Reset();
            Running = Task.Run(Run, CancellationToken.None);
        }
    }

    /// <summary>Waits until the work has noticed that the index is being closed.</summary>
    public void Dispose()
    {
        _isIdle.Wait(CancellationToken.None);
        _isIdle.Dispose();
    }

    private void Run()
    {
        while (TakeWish())
        {
            try
            {
                LastFault = Work();
            }
            catch (OperationCanceledException)
            {
                // The index is being closed.
            }
            catch (IOException error)
            {
                LastFault = IndexFaults.IsDiskFull(error)
                    ? IndexFaults.DiskFull
                    : new Fault("knowledge.index_io", FaultKind.Unavailable, $"Merging the index failed: {error.Message}");
            }
        }
    }

    private bool TakeWish()
    {
        lock (_starting)
        {
            _isRunning = _isWanted && !closing.IsCancellationRequested;
            _isWanted = false;
            if (!_isRunning) _isIdle.Set();
            return _isRunning;
        }
    }

    private Fault? Work()
    {
        while (true)
        {
            if (!index.Merge(closing).TryGet(out var hasMerged, out var fault)) return fault;
            if (!hasMerged) break;
        }

        // Vectors that lie elsewhere are made anew by whoever puts them there.
        if (index.Stores.IsElsewhere) return null;
        return !index.Statistics.IsRefitWanted || index.Refit(closing).TryGet(out _, out var refused) ? null : refused;
    }
}
