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
    private int _count;

    /// <summary>Begins to watch a run.</summary>
    public Result<Watcher> Watch(RunId run)
    {
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
                return watcher;
            }
        }
    }

    /// <summary>Says that a run's journal has grown.</summary>
    public void Appended(RunId run)
    {
        if (!_runs.TryGetValue(run, out var watchers)) return;
        foreach (var watcher in watchers.List) watcher.Hint();
    }

    /// <summary>Passes on text of a step; the oldest is dropped where a watcher does not keep up.</summary>
    public void Delta(RunId run, string step, string text)
    {
        if (!_runs.TryGetValue(run, out var watchers)) return;
        foreach (var watcher in watchers.List) watcher.Delta(new RunDelta(step, text));
    }

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

        public RunId Run => run;

        /// <summary>Waits for the next news: a delta, or null for new events in the journal.</summary>
        public async Task<RunDelta?> NextAsync(CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _hinted, 0) == 1) return null;
            var news = await _news.Reader.ReadAsync(cancellationToken);
            if (news is null) Interlocked.Exchange(ref _hinted, 0);
            return news;
        }

        public void Dispose() => feed.Leave(this);

        internal void Hint()
        {
            if (Interlocked.Exchange(ref _hinted, 1) == 0) _news.Writer.TryWrite(null);
        }

        internal void Delta(RunDelta delta) => _news.Writer.TryWrite(delta);
    }
}

/// <summary>Text of a step while it is being made.</summary>
/// <param name="Step">The step.</param>
/// <param name="Text">The next piece of it.</param>
internal sealed record RunDelta(string Step, string Text);
