using System.Collections.Concurrent;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Watching;

/// <summary>
/// Tells watchers on this process that a run has new events, and passes on text while it is being made. Watchers read
/// events from the journal, so a hint that is lost or late costs nothing, and a slow watcher never slows a run.
/// </summary>
internal sealed class RunFeed(RunsOptions options)
{
    private const int DeltasMax = 512;
    private readonly ConcurrentDictionary<RunId, Watchers> _runs = new();
    private volatile bool _closed;
    private int _count;

    /// <summary>Who tells watchers on other nodes; nobody, if there are no other nodes.</summary>
    public IRunRelay? Relay { get; set; }

    /// <summary>The runs that are watched on this process.</summary>
    public ICollection<RunId> Watched => _runs.Keys;

    /// <summary>Begins to watch a run.</summary>
    public Result<Watcher> Watch(RunId run)
    {
        if (_closed) return Stopping;
        if (Interlocked.Increment(ref _count) > options.WatchersMax)
        {
            Interlocked.Decrement(ref _count);
            return new Fault("runs.too_many_watchers", FaultKind.Throttled, "Too many event streams are open; close some.")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
            };
        }

        var watcher = new Watcher(this, run);
        while (true)
        {
            var watchers = _runs.GetOrAdd(run, _ => new Watchers());
            lock (watchers)
            {
                if (watchers.Closed) continue;
                watchers.List = [.. watchers.List, watcher];
            }

            if (_closed) watcher.End();
            Relay?.Watching(run);
            return watcher;
        }
    }

    /// <summary>Says that a run's journal has grown, to watchers everywhere.</summary>
    public void Appended(RunId run, int headSeq)
    {
        Hint(run, headSeq);
        Relay?.Appended(run, headSeq);
    }

    /// <summary>Passes on text of a step, to watchers everywhere; the oldest is dropped where one does not keep up.</summary>
    public void Delta(RunId run, string step, string text)
    {
        Show(run, step, text);
        Relay?.Delta(run, step, text);
    }

    /// <summary>Tells the watchers on this process that a run's journal has grown, or may have if the place is negative.</summary>
    public void Hint(RunId run, int headSeq)
    {
        if (!_runs.TryGetValue(run, out var watchers)) return;
        foreach (var watcher in watchers.List) watcher.Hint(headSeq);
    }

    /// <summary>Passes text of a step on to the watchers on this process.</summary>
    public void Show(RunId run, string step, string text)
    {
        if (!_runs.TryGetValue(run, out var watchers)) return;
        foreach (var watcher in watchers.List) watcher.Delta(new RunDelta(step, text));
    }

    /// <summary>Makes every watcher on this process look at the journal.</summary>
    public void HintAll()
    {
        foreach (var run in _runs.Keys) Hint(run, -1);
    }

    /// <summary>Ends all watching here, because the process is about to stop; whoever watched goes on elsewhere.</summary>
    public void Close()
    {
        _closed = true;
        foreach (var watcher in _runs.Values.SelectMany(watchers => watchers.List)) watcher.End();
    }

    private static Fault Stopping { get; } = new(
        "runs.node_stopping", FaultKind.Unavailable, "This node is about to stop. Connect again, to another one.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private void Leave(Watcher watcher)
    {
        Interlocked.Decrement(ref _count);
        if (!_runs.TryGetValue(watcher.Run, out var watchers)) return;
        lock (watchers)
        {
            watchers.List = [.. watchers.List.Where(other => other != watcher)];
            if (watchers.List.Length > 0) return;
            watchers.Closed = true;
            _runs.TryRemove(watcher.Run, out _);
        }
    }

    private sealed class Watchers
    {
        public Watcher[] List { get; set; } = [];

        public bool Closed { get; set; }
    }

    /// <summary>One watcher of one run.</summary>
    internal sealed class Watcher(RunFeed feed, RunId run) : IDisposable
    {
        private readonly Channel<RunDelta?> _news = Channel.CreateBounded<RunDelta?>(
            new BoundedChannelOptions(DeltasMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

        private int _hinted;
        private int _seenSeq = -1;

        public RunId Run => run;

        /// <summary>The place that the watcher has read up to; hints about places before it are not needed.</summary>
        public int SeenSeq
        {
            get => Volatile.Read(ref _seenSeq);
            set => Volatile.Write(ref _seenSeq, value);
        }

        /// <summary>Waits for the next news: a delta, or null for new events in the journal.</summary>
        /// <exception cref="ChannelClosedException">The process is about to stop.</exception>
        public async Task<RunDelta?> NextAsync(CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _hinted, 0) == 1) return null;
            var news = await _news.Reader.ReadAsync(cancellationToken);
            if (news is null) Interlocked.Exchange(ref _hinted, 0);
            return news;
        }

        public void Dispose() => feed.Leave(this);

        internal void Hint(int headSeq)
        {
            if (headSeq >= 0 && headSeq <= SeenSeq) return;
            if (Interlocked.Exchange(ref _hinted, 1) == 0) _news.Writer.TryWrite(null);
        }

        internal void Delta(RunDelta delta) => _news.Writer.TryWrite(delta);

        internal void End() => _news.Writer.TryComplete();
    }
}

/// <summary>Tells watchers on other nodes.</summary>
internal interface IRunRelay
{
    /// <summary>A run's journal has grown. Called with every append, so it does next to nothing.</summary>
    void Appended(RunId run, int headSeq);

    /// <summary>Text of a step is being made.</summary>
    void Delta(RunId run, string step, string text);

    /// <summary>A run is being watched on this node.</summary>
    void Watching(RunId run);
}

/// <summary>Text of a step while it is being made.</summary>
/// <param name="Step">The step.</param>
/// <param name="Text">The next piece of it.</param>
internal sealed record RunDelta(string Step, string Text);
