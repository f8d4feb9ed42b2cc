using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Core;

/// <summary>The signals of a run: those that arrived and nobody waited for yet, and the waits for those to come.</summary>
internal sealed class SignalBox
{
    private readonly Dictionary<string, Queue<SignalReceived>> _pending = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SignalAwaited> _waits = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>How many signals have arrived and were not waited for yet.</summary>
    public int PendingCount { get; private set; }

    /// <summary>Whether a signal is waited for.</summary>
    public bool IsAwaited => _waits.Count > 0;

    /// <summary>Whether a signal that is waited for has arrived.</summary>
    public bool IsReady => PendingCount > 0 && _waits.Values.Any(wait => Peek(wait.Signal) is not null);

    /// <summary>The waits that are open.</summary>
    public IReadOnlyCollection<SignalAwaited> Waits => _waits.Values;

    /// <summary>When waits end by themselves.</summary>
    public IEnumerable<DateTimeOffset> Dues =>
        _waits.Values.Where(wait => wait.DueAt is not null).Select(wait => wait.DueAt!.Value);

    /// <summary>Whether a sender's key has been seen.</summary>
    public bool Knows(string key) => _keys.Contains(key);

    /// <summary>The wait of an id, or null.</summary>
    public SignalAwaited? Wait(string wait) => _waits.GetValueOrDefault(wait);

    /// <summary>The oldest signal of a name, or null.</summary>
    public SignalReceived? Peek(string signal) =>
        _pending.TryGetValue(signal, out var queue) && queue.TryPeek(out var oldest) ? oldest : null;

    public void Receive(SignalReceived signal)
    {
        if (signal.Key is { } key) _keys.Add(key);
        if (!_pending.TryGetValue(signal.Signal, out var queue)) _pending[signal.Signal] = queue = new();
        queue.Enqueue(signal);
        PendingCount++;
    }

    public void Await(SignalAwaited awaited) => _waits[awaited.Wait] = awaited;

    public void Deliver(SignalDelivered delivered)
    {
        _waits.Remove(delivered.Wait);
        if (_pending.TryGetValue(delivered.Signal, out var queue) && queue.TryDequeue(out _)) PendingCount--;
    }

    public void GiveUp(string wait) => _waits.Remove(wait);
}
