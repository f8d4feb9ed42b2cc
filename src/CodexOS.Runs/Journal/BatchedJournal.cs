using System.Collections.Immutable;
using System.Threading.Channels;
using System.Threading.Tasks.Sources;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Retention;
using CodexOS.Runs.Scheduling;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Journal;

/// <summary>
/// Group commit: appends queue in bounded channels, one writer loop each, and every loop commits what has gathered while
/// the commit before was under way. A run always goes through the same loop, so its appends stay in order. Each place that runs
/// can lie in has loops of its own: none waits for a database that is not its.
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
    private readonly RateMeter _rate;
    private readonly int _writersPerPlace;
    private readonly Fault?[] _outages;
    private int _disposed;

    /// <param name="writersPerPlace">How many loops each place has.</param>
    /// <param name="places">How many places there are.</param>
    /// <param name="options">The limits.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="log">What is told.</param>
    private protected BatchedJournal(int writersPerPlace, int places, RunsOptions options, TimeProvider clock, ILogger log)
    {
        (_options, _clock, _log, _rate, _writersPerPlace) = (options, clock, log, new RateMeter(clock), writersPerPlace);
        _queues = new Channel<Pending>[writersPerPlace * places];
        _writers = new Task[_queues.Length];
        _outages = new Fault?[_queues.Length];
        for (var i = 0; i < _queues.Length; i++)
        {
            _queues[i] = Channel.CreateBounded<Pending>(
                new BoundedChannelOptions(options.AppendQueueMax) { SingleReader = true });
        }
    }

    /// <summary>That of the home database, which concerns everybody; what lies in a shard meets the shard's by itself.</summary>
    public Fault? Outage
    {
        get
        {
            for (var i = 0; i < _writersPerPlace; i++)
            {
                if (Volatile.Read(ref _outages[i]) is { } outage) return outage;
            }

            return null;
        }
    }

    /// <summary>Where the events of runs are that ended long ago.</summary>
    public RunArchives? Archives { get; set; }

    public AppendLoad AppendLoad
    {
        get
        {
            var waiting = _queues.Max(queue => queue.Reader.Count);
            lock (_rate)
                return new AppendLoad(waiting, waiting >= _options.AppendQueueMax * 3L / 4, _rate.PerSecond());
        }
    }

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

    public ValueTask<bool> AppendAsync(ImmutableArray<JournalRecord> records, CancellationToken cancellationToken)
    {
        var pending = new Pending(records);
        var writer = (uint)records[0].Run.GetHashCode() % (uint)_writersPerPlace;
        var queue = _queues[(PlaceOf(records[0].Tenant) * _writersPerPlace) + (int)writer].Writer;
        // From here on the append may take effect whatever the caller does, so its outcome is always awaited.
        return queue.TryWrite(pending) ? pending.Outcome : QueueAsync(queue, pending, cancellationToken);
    }

    public abstract Task<ClaimedRun?> ClaimAsync(
        RunId run, string owner, DateTimeOffset at, CancellationToken cancellationToken);

    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken)
    {
        var own = await ReadOwnAsync(run, afterSeq, limit, cancellationToken);
        // Only the beginning of a journal can lie elsewhere: in the run that it is a fork of, or in an archive. How often a
        // fork is forked again is limited.
        if (own.Count > 0 && own[0].Seq == afterSeq + 1) return own;
        if (await PlaceAsync(run, cancellationToken) is not { } place) return own;
        var events = new List<StoredEvent>();
        if (place.ForkedFrom is { } from && afterSeq < place.ForkSeq)
            events.AddRange(await ReadAsync(from, afterSeq, Math.Min(limit, place.ForkSeq - afterSeq), cancellationToken));
        if (place.Archive is { } archive && Archives is not null)
            Continue(await Archives.ReadAsync(place.Tenant, archive, cancellationToken));
        Continue(own);
        return events;

        void Continue(IReadOnlyList<StoredEvent> more)
        {
            var next = events.Count > 0 ? events[^1].Seq : afterSeq;
            events.AddRange(more.Where(one => one.Seq > next).Take(limit - events.Count));
        }
    }

    public async Task<StoredEvent?> HeadAsync(RunId run, CancellationToken cancellationToken)
    {
        if (await HeadOwnAsync(run, cancellationToken) is { } head) return head;
        return Archives is not null && await PlaceAsync(run, cancellationToken) is { Archive: { } archive } place
            ? (await Archives.ReadAsync(place.Tenant, archive, cancellationToken))[^1]
            : null;
    }

    public async Task<bool> IsArchivedAsync(RunId run, CancellationToken cancellationToken) =>
        await PlaceAsync(run, cancellationToken) is { Archive: not null };

    public virtual Task LetGoAsync(RunId run, TenantId tenant, string owner, CancellationToken cancellationToken) =>
        Task.CompletedTask;

    public abstract Task<bool> StillOwnsAsync(RunId run, int epoch, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> OrphansAsync(
        string owner, int limit, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<(RunId Run, int Epoch)>> OwnedAsync(
        string owner, int limit, CancellationToken cancellationToken);

    public async Task<EndedRun?> OutcomeAsync(RunId run, CancellationToken cancellationToken)
    {
        if (await EndAsync(run, cancellationToken) is not var (tenant, usage, took)) return null;
        // Read after the row: between the two a run can only be opened again, and then it has not ended.
        return await HeadAsync(run, cancellationToken) is { } head && RunEventJson.IsTerminal(head.Kind)
            ? new EndedRun(tenant, head, usage, took)
            : null;
    }

    public abstract Task<IReadOnlyList<RunId>> ParentsToWakeAsync(int limit, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> ForsakenAsync(int limit, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> OpenChildrenAsync(
        RunId parent, int limit, CancellationToken cancellationToken);

    public abstract Task<IReadOnlyList<RunId>> DueAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Ends the writers. Services that are the journal under another name dispose of it too.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        foreach (var queue in _queues) queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_writers.Where(writer => writer is not null));
        _stop.Dispose();
        await CloseAsync();
    }

    /// <summary>The number of the place that a tenant's runs lie in.</summary>
    private protected virtual int PlaceOf(TenantId tenant) => 0;

    /// <summary>The number of the place that a writer writes to.</summary>
    private protected int PlaceOf(int writer) => writer / _writersPerPlace;

    /// <summary>Closes what the writers used.</summary>
    private protected abstract ValueTask CloseAsync();

    /// <summary>Reads events of the run's own after a place, oldest first.</summary>
    private protected abstract Task<IReadOnlyList<StoredEvent>> ReadOwnAsync(
        RunId run, int afterSeq, int limit, CancellationToken cancellationToken);

    /// <summary>The tenant, use and duration in milliseconds of a run that has ended, or null.</summary>
    private protected abstract Task<(TenantId Tenant, EffectUsage Usage, long DurationMs)?> EndAsync(
        RunId run, CancellationToken cancellationToken);

    /// <summary>Where the beginning of a run's journal is, or null if it is where the rest is.</summary>
    private protected abstract Task<JournalPlace?> PlaceAsync(RunId run, CancellationToken cancellationToken);

    /// <summary>The newest event among the run's own rows.</summary>
    private protected abstract Task<StoredEvent?> HeadOwnAsync(RunId run, CancellationToken cancellationToken);

    private static async ValueTask<bool> QueueAsync(
        ChannelWriter<Pending> queue, Pending pending, CancellationToken cancellationToken)
    {
        await queue.WriteAsync(pending, cancellationToken);
        return await pending.Outcome;
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
            lock (_rate) _rate.Add(batch.Count);
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
                if (Volatile.Read(ref _outages[writer]) is not null) LogOutageOver();
                Volatile.Write(ref _outages[writer], null);
                return;
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or TimeoutException)
            {
                var fault = StorageFaults.IsDiskFull(error) ? StorageFaults.DiskFull : DatabaseDown;
                if (Volatile.Read(ref _outages[writer]) is null) LogOutage(error, fault.Code);
                Volatile.Write(ref _outages[writer], fault);
                if (_stop.IsCancellationRequested || _clock.GetElapsedTime(began) > _options.OutageMax)
                {
                    foreach (var pending in batch) pending.Fail(new JournalDownException(fault, error));
                    return;
                }
            }
            catch (Exception error)
            {
                LogBroken(error);
                foreach (var pending in batch) pending.Fail(error);
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

    /// <summary>Where the beginning of a journal is.</summary>
    private protected sealed record JournalPlace(TenantId Tenant, RunId? ForkedFrom, int ForkSeq, string? Archive);

    /// <summary>
    /// An append that waits for its commit. It is awaited once, by whoever appends, and is what they await itself: an
    /// append costs this one object.
    /// </summary>
    private protected sealed class Pending(ImmutableArray<JournalRecord> records) : IValueTaskSource<bool>
    {
        private ManualResetValueTaskSourceCore<bool> _outcome = new() { RunContinuationsAsynchronously = true };
        private bool _isSet;

        public ImmutableArray<JournalRecord> Records => records;

        public ValueTask<bool> Outcome => new(this, _outcome.Version);

        /// <summary>It was written, or refused. Only the writer's loop calls this, and only the first call counts.</summary>
        public void Complete(bool written)
        {
            if (_isSet) return;
            _isSet = true;
            _outcome.SetResult(written);
        }

        public void Fail(Exception error)
        {
            if (_isSet) return;
            _isSet = true;
            _outcome.SetException(error);
        }

        bool IValueTaskSource<bool>.GetResult(short token) => _outcome.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _outcome.GetStatus(token);

        void IValueTaskSource<bool>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _outcome.OnCompleted(continuation, state, token, flags);
    }
}
