using System.Threading.Channels;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Watching;

/// <summary>
/// One watcher of one run. It remembers how far it has read each text, so that it gets every piece once and in order,
/// however late it came and however slowly it reads.
/// </summary>
internal sealed class RunWatcher(RunFeed feed, RunId run, Lock placeLock) : IDisposable
{
    private const int PieceLengthMax = 64 * 1024;
    // A watcher that is further behind than this many texts is served from the journal alone.
    private const int TextsMax = 64;

    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly List<Reading> _readings = [];
    private bool _hinted;
    private int _seenSeq = -1;

    public RunId Run => run;

    /// <summary>The place that the watcher has read up to; it needs no hint about what is before.</summary>
    public int SeenSeq
    {
        get => Volatile.Read(ref _seenSeq);
        set => Volatile.Write(ref _seenSeq, value);
    }

    /// <summary>
    /// Waits for the next news: a delta, or null for new events in the journal. Events come first, because the one that
    /// begins a step is there before the step's text.
    /// </summary>
    /// <exception cref="ChannelClosedException">The process is about to stop.</exception>
    public async Task<RunDelta?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (placeLock)
            {
                if (_hinted)
                {
                    _hinted = false;
                    return null;
                }

                if (Next(_readings) is { } delta) return delta;
            }

            await _wakes.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>What has not been read of a step that is over; it belongs before the event that says so.</summary>
    public IReadOnlyList<RunDelta> Rest(string step, int occurrence)
    {
        lock (placeLock)
        {
            var left = _readings.FindAll(reading => reading.Text.Step == step && reading.Text.Occurrence == occurrence);
            var deltas = new List<RunDelta>();
            while (Next(left) is { } delta) deltas.Add(delta);
            foreach (var reading in left) Drop(reading);
            return deltas;
        }
    }

    public void Dispose() => feed.Leave(this);

    /// <summary>The journal has grown. This and all below is called with the lock held.</summary>
    internal void Hint(int headSeq)
    {
        if (headSeq >= 0 && headSeq <= SeenSeq) return;
        _hinted = true;
        Wake();
    }

    /// <summary>Nothing more is told.</summary>
    internal void End() => _wakes.Writer.TryComplete();

    internal void Wake() => _wakes.Writer.TryWrite(true);

    internal void Begin(StepText text)
    {
        if (_readings.Count == TextsMax) Drop(_readings[0]);
        text.Readers++;
        _readings.Add(new Reading(text));
    }

    internal void ForgetAll()
    {
        while (_readings.Count > 0) Drop(_readings[^1]);
    }

    private RunDelta? Next(List<Reading> among)
    {
        for (var i = 0; i < among.Count; i++)
        {
            var reading = among[i];
            if (reading.Text.HasMore(reading.Position))
            {
                var delta = reading.Text.Read(reading.Position, PieceLengthMax);
                reading.Position = delta.Offset + delta.Text.Length;
                return delta;
            }

            if (!reading.Text.Ended) continue;
            if (!ReferenceEquals(among, _readings)) among.RemoveAt(i);
            Drop(reading);
            i--;
        }

        return null;
    }

    private void Drop(Reading reading)
    {
        if (_readings.Remove(reading)) feed.Read(reading.Text);
    }

    private sealed class Reading(StepText text)
    {
        public StepText Text => text;

        public int Position { get; set; }
    }
}
