using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>
/// Merges and fits in the background, one thing at a time. Nobody waits for it: if it fails, the index stays as it is, the
/// fault shows in the statistics, and the next publish tries again.
/// </summary>
internal sealed class IndexMaintenance : IDisposable
{
    private readonly KnowledgeIndex _index;
    private readonly WantedWork _work;

    public IndexMaintenance(KnowledgeIndex index)
    {
        _index = index;
        _work = new WantedWork(RoundAsync);
    }

    /// <summary>Ends when there is nothing to do.</summary>
    public Task Running => _work.Running;

    /// <summary>What went wrong the last time; null if nothing did.</summary>
    public Fault? LastFault { get; private set; }

    /// <summary>Looks, now or after what is going on, whether there is something to do.</summary>
    public void Start() => _work.Want();

    /// <summary>Waits until the work has noticed that the index is being closed.</summary>
    public void Dispose() => _work.Dispose();

    private Task RoundAsync(CancellationToken closing)
    {
        try
        {
            LastFault = Work(closing);
        }
        catch (OperationCanceledException)
        {
            // The index is being closed.
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            LastFault = IndexFaults.DiskFull;
        }
        catch (Exception error)
        {
            LastFault = IndexFaults.WorkFailed(error.Message);
        }

        return Task.CompletedTask;
    }

    private Fault? Work(CancellationToken closing)
    {
        while (true)
        {
            if (!_index.Merge(closing).TryGet(out var hasMerged, out var fault)) return fault;
            if (!hasMerged) break;
        }

        // Vectors that lie elsewhere are made anew by whoever puts them there.
        if (_index.Stores.IsElsewhere) return null;
        return !_index.Statistics.IsRefitWanted || _index.Refit(closing).TryGet(out _, out var refused) ? null : refused;
    }
}
