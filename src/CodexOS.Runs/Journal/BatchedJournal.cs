using System.Collections.Immutable;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Journal;

/// <summary>
/// Group commit: appends queue in bounded channels, one writer loop each, and every loop commits what has gathered while
/// the commit before was under way. A run always goes through the same loop, so its appends stay in order.
/// </summary>
internal abstract partial class BatchedJournal : IJournal, IAsyncDisposable
{
    private static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(5);
    private readonly Channel<Pending>[] _queues;
    private readonly Task[] _writers;
    private readonly RunsOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private volatile Fault? _outage;

    private protected BatchedJournal(int writers, RunsOptions options, TimeProvider clock, ILogger log)
    {
        (_options, _clock, _log) = (options, clock, log);
        _queues = new Channel<Pending>[writers];
        _writers = new Task[writers];
        for (var i = 0; i < writers; i++)
        {
            _queues[i] = Channel.CreateBounded<Pending>(
                new BoundedChannelOptions(options.AppendQueueMax) { SingleReader = true });
        }
    }

    public Fault? Outage => _outage;

    private protected TimeProvider Clock => _clock;

    /// <summary>Starts the writer loops.</summary>
    public void Start()
    {
        for (var i = 0; i < _writers.Length; i++)
        {
            var writer = i;
            _writers[i] = RunWriter(writer);
        }
    }

    public async ValueTask<bool> AppendAsync(
        ImmutableArray<JournalRecord> records, CancellationToken cancellationToken)
    {
        var pending = new Pending(records);
        var queue = _queues[(uint)records[0].Run.GetHashCode() % (uint)_queues.Length].Writer;
        if (!queue.TryWrite(pending)) await queue.WriteAsync(pending, cancellationToken);
        // From here on the append may take effect whatever the caller does, so its outcome is always awaited.
        return await pending.Outcome.Task;
    }

    public abstract Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<StoredEvent>> ReadAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken);

    public abstract Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken);

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var queue in _queues) queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_writers.Where(writer => writer is not null));
        _stop.Dispose();
    }

    /// <summary>How a writer loop is run: on a thread of its own where the driver blocks, as a task otherwise.</summary>
    private protected virtual Task RunWriter(int writer) => Task.Run(() => LoopAsync(writer));

    /// <summary>Commits a batch in one transaction and completes each pending append with whether it was written.</summary>
    private protected abstract ValueTask WriteAsync(int writer, List<Pending> batch, CancellationToken cancellationToken);

    private protected async Task LoopAsync(int writer)
    {
        var queue = _queues[writer].Reader;
        var batch = new List<Pending>();
        while (await queue.WaitToReadAsync())
        {
            batch.Clear();
            var records = 0;
            while (records < _options.AppendBatchMax && queue.TryRead(out var pending))
            {
                batch.Add(pending);
                records += pending.Records.Length;
            }

            await WriteThroughOutageAsync(writer, batch);
            RunsTelemetry.Appended(records);
        }
    }

    /// <summary>
    /// Writes a batch, again and again while the database is down or full. Writing it twice is harmless: rows that are
    /// there already are recognised by their event id.
    /// </summary>
    private async Task WriteThroughOutageAsync(int writer, List<Pending> batch)
    {
        var began = _clock.GetTimestamp();
        var delay = TimeSpan.FromMilliseconds(50);
        while (true)
        {
            try
            {
                await WriteAsync(writer, batch, CancellationToken.None);
                if (_outage is not null) LogOutageOver();
                _outage = null;
                return;
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or TimeoutException)
            {
                var fault = StorageFaults.IsDiskFull(error) ? StorageFaults.DiskFull : DatabaseDown;
                if (_outage is null) LogOutage(error, fault.Code);
                _outage = fault;
                if (_stop.IsCancellationRequested || _clock.GetElapsedTime(began) > _options.OutageMax)
                {
                    foreach (var pending in batch) pending.Outcome.TrySetException(new JournalDownException(fault, error));
                    return;
                }
            }
            catch (Exception error)
            {
                LogBroken(error);
                foreach (var pending in batch) pending.Outcome.TrySetException(error);
                return;
            }

            await Task.Delay(delay, _clock, CancellationToken.None);
            delay = delay * 2 < RetryDelayMax ? delay * 2 : RetryDelayMax;
        }
    }

    private static Fault DatabaseDown { get; } = new(
        "runs.database_down",
        FaultKind.Unavailable,
        "The database does not accept writes at the moment. Runs go on by themselves once it does.");

    [LoggerMessage(Level = LogLevel.Error, Message = "The journal cannot be written ({Code}); appends are tried again.")]
    private partial void LogOutage(Exception error, string code);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal can be written again.")]
    private partial void LogOutageOver();

    [LoggerMessage(Level = LogLevel.Critical, Message = "The journal's writer met a bug.")]
    private partial void LogBroken(Exception error);

    /// <summary>An append that waits for its commit.</summary>
    private protected sealed class Pending(ImmutableArray<JournalRecord> records)
    {
        public ImmutableArray<JournalRecord> Records { get; } = records;

        public TaskCompletionSource<bool> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
