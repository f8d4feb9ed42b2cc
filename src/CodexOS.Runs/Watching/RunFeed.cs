using System.Collections.Concurrent;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Watching;

/// <summary>
/// Tells watchers on this process that a run has new events, and passes on text while it is being made. Watchers read
/// events from the journal, so a hint that is lost or late costs nothing. The text of a step is kept until the step ends,
/// so that whoever comes late gets it from its beginning; each watcher reads at its own pace, and none slows a run.
/// </summary>
internal sealed class RunFeed(RunsOptions options)
{
    private readonly ConcurrentDictionary<RunId, Place> _places = new();
    private volatile bool _closed;
    private int _watchers;
    private long _keptLength;

    /// <summary>How many characters are kept for all runs together.</summary>
    public long KeptLength => Interlocked.Read(ref _keptLength);

    /// <summary>Who tells watchers on other nodes; nobody, if there are no other nodes.</summary>
    public IRunRelay? Relay { get; set; }

    /// <summary>The runs that are watched on this process.</summary>
    public IEnumerable<RunId> Watched => _places.Where(place => place.Value.Watchers.Count > 0).Select(place => place.Key);

    /// <summary>Begins to watch a run; the texts that are being written come first.</summary>
    public Result<RunWatcher> Watch(RunId run)
    {
        if (_closed) return Stopping;
        if (Interlocked.Increment(ref _watchers) > options.WatchersMax)
        {
            Interlocked.Decrement(ref _watchers);
            return new Fault("runs.too_many_watchers", FaultKind.Throttled, "Too many event streams are open; close some.")
            {
                RetryAfter = TimeSpan.FromSeconds(10),
            };
        }

        var added = InPlace(run, place =>
        {
            var watcher = new RunWatcher(this, run, place.Lock);
            foreach (var text in place.Texts) watcher.Begin(text);
            place.Watchers.Add(watcher);
            return watcher;
        });
        if (_closed) added.End();
        Relay?.Watching(run);
        return added;
    }

    /// <summary>Says that a run's journal has grown, to watchers everywhere.</summary>
    public void Appended(RunId run, int headSeq = -1)
    {
        Hint(run, headSeq);
        Relay?.Appended(run, headSeq);
    }

    /// <summary>Tells the watchers here that a run's journal has grown, or may have if the place is negative.</summary>
    public void Hint(RunId run, int headSeq)
    {
        if (!_places.TryGetValue(run, out var place)) return;
        lock (place.Lock)
        {
            foreach (var watcher in place.Watchers) watcher.Hint(headSeq);
        }
    }

    /// <summary>Makes every watcher on this process look at the journal.</summary>
    public void HintAll()
    {
        foreach (var run in _places.Keys) Hint(run, -1);
    }

    /// <summary>Ends all watching here, because the process is about to stop; whoever watched goes on elsewhere.</summary>
    public void Close()
    {
        _closed = true;
        foreach (var place in _places.Values)
        {
            lock (place.Lock)
            {
                foreach (var watcher in place.Watchers) watcher.End();
            }
        }
    }

    /// <summary>Tells other nodes once more what the steps of a run have written so far.</summary>
    public void Retell(RunId run)
    {
        if (!_places.TryGetValue(run, out var place)) return;
        lock (place.Lock)
        {
            foreach (var text in place.Texts.Where(text => text is { IsCopy: false, Length: > 0 }))
            {
                var all = text.Read(text.Start, text.Length);
                Relay?.Text(run, text.Step, text.Occurrence, all.Offset, all.Text);
            }
        }
    }

    /// <summary>Begins the text of a step that is about to be performed; disposing of the answer ends it.</summary>
    public IDisposable Begin(RunId run, string step, int occurrence) => InPlace(run, place =>
    {
        var text = new StepText(step, occurrence);
        place.Texts.Add(text);
        foreach (var watcher in place.Watchers) watcher.Begin(text);
        return new Writing(this, run, text);
    });

    /// <summary>Adds to the text of a step. What comes before its beginning or after its end is nobody's.</summary>
    public void Delta(RunId run, string step, string piece)
    {
        if (piece.Length == 0 || !_places.TryGetValue(run, out var place)) return;
        lock (place.Lock)
        {
            if (place.Texts.FindLast(text => text.Step == step && !text.IsCopy) is not { } text) return;
            Relay?.Text(run, step, text.Occurrence, text.End, piece);
            Add(place, text, piece);
        }
    }

    /// <summary>Takes in a piece of text that is written on another node, for those who watch here.</summary>
    public void Copy(RunId run, string step, int occurrence, int offset, string piece)
    {
        if (!_places.TryGetValue(run, out var place)) return;
        lock (place.Lock)
        {
            if (place.Watchers.Count == 0) return;
            var text = place.Texts.FindLast(text => text.Step == step && text.Occurrence == occurrence);
            if (text is null)
            {
                text = new StepText(step, occurrence) { IsCopy = true };
                place.Texts.Add(text);
                foreach (var watcher in place.Watchers) watcher.Begin(text);
            }

            // It is written here, or was told of before.
            if (!text.IsCopy || offset + piece.Length <= text.End) return;
            if (offset > text.End) Interlocked.Add(ref _keptLength, -text.SkipTo(offset));
            Add(place, text, piece[(text.End - offset)..]);
        }
    }

    /// <summary>A text that was written on another node has ended.</summary>
    public void EndCopy(RunId run, string step, int occurrence)
    {
        if (!_places.TryGetValue(run, out var place)) return;
        StepText? copy;
        lock (place.Lock)
        {
            copy = place.Texts.FindLast(text => text.IsCopy && text.Step == step && text.Occurrence == occurrence);
        }

        if (copy is not null) End(run, copy);
    }

    /// <summary>Ends a watcher; its run's lock is not held.</summary>
    internal void Leave(RunWatcher watcher)
    {
        if (!_places.TryGetValue(watcher.Run, out var place)) return;
        lock (place.Lock)
        {
            if (!place.Watchers.Remove(watcher)) return;
            Interlocked.Decrement(ref _watchers);
            watcher.ForgetAll();
            if (place.Watchers.Count == 0)
            {
                foreach (var copy in place.Texts.FindAll(text => text.IsCopy)) EndIn(place, copy);
            }

            CloseIfEmpty(watcher.Run, place);
        }
    }

    /// <summary>A watcher has read a text to its end, or gives it up; the run's lock is held.</summary>
    internal void Read(StepText text)
    {
        text.Readers--;
        FreeIfDone(text);
    }

    private void End(RunId run, StepText text)
    {
        if (!_places.TryGetValue(run, out var place)) return;
        lock (place.Lock)
        {
            if (!EndIn(place, text)) return;
            if (!text.IsCopy) Relay?.TextEnded(run, text.Step, text.Occurrence);
            CloseIfEmpty(run, place);
        }
    }

    private bool EndIn(Place place, StepText text)
    {
        if (!place.Texts.Remove(text)) return false;
        text.Ended = true;
        FreeIfDone(text);
        // Those who have nothing left to read of it let go of it now.
        foreach (var watcher in place.Watchers) watcher.Wake();
        return true;
    }

    private void Add(Place place, StepText text, string piece)
    {
        text.Append(piece);
        var all = Interlocked.Add(ref _keptLength, piece.Length);
        var over = Math.Max(text.Length - options.StepTextLengthMax, all - options.TextsLengthMax);
        if (over > 0)
        {
            // A little more than needed, so that a long text is not moved for every piece; the newest piece stays.
            var most = text.Length - Math.Min(piece.Length, options.StepTextLengthMax);
            var forgotten = text.Forget((int)Math.Min(over + (options.StepTextLengthMax / 8), most));
            Interlocked.Add(ref _keptLength, -forgotten);
        }

        foreach (var watcher in place.Watchers) watcher.Wake();
    }

    private static Fault Stopping { get; } = new(
        "runs.node_stopping", FaultKind.Unavailable, "This node is about to stop. Connect again, to another one.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private void FreeIfDone(StepText text)
    {
        if (text is { Ended: true, Readers: 0 }) Interlocked.Add(ref _keptLength, -text.Forget(text.Length));
    }

    private void CloseIfEmpty(RunId run, Place place)
    {
        if (place.Watchers.Count + place.Texts.Count > 0) return;
        place.Closed = true;
        _places.TryRemove(run, out _);
    }

    private T InPlace<T>(RunId run, Func<Place, T> work)
    {
        while (true)
        {
            var place = _places.GetOrAdd(run, static _ => new Place());
            lock (place.Lock)
            {
                if (!place.Closed) return work(place);
            }
        }
    }

    /// <summary>Who watches a run, and what its steps are writing.</summary>
    private sealed class Place
    {
        public Lock Lock { get; } = new();

        public List<RunWatcher> Watchers { get; } = [];

        public List<StepText> Texts { get; } = [];

        public bool Closed { get; set; }
    }

    private sealed class Writing(RunFeed feed, RunId run, StepText text) : IDisposable
    {
        public void Dispose() => feed.End(run, text);
    }
}
