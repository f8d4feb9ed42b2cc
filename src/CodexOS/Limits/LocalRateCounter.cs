using Microsoft.Extensions.Options;

namespace CodexOS.Limits;

/// <summary>
/// Counts in this process. For each subject it keeps the time up to which its requests have taken it, in two generations:
/// when the young one holds half of the limit it becomes the old one, and what nobody asked for since is forgotten.
/// </summary>
internal sealed class LocalRateCounter(IOptions<RateLimitOptions> options, TimeProvider clock) : IRateCounter
{
    private readonly int _youngMax = Math.Max(1, options.Value.EntriesMax / 2);
    private readonly Lock _gate = new();
    private Dictionary<(RateSubject, UInt128), long> _young = [];
    private Dictionary<(RateSubject, UInt128), long> _old = [];

    /// <summary>How many subjects are remembered at this moment.</summary>
    internal int EntriesCount
    {
        get
        {
            lock (_gate) return _young.Count + _old.Count;
        }
    }

    public ValueTask<RateRefusal?> TakeAsync(IReadOnlyList<RateUse> uses, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Take(uses));

    /// <summary>The same at once.</summary>
    public RateRefusal? Take(IReadOnlyList<RateUse> uses)
    {
        var now = clock.GetUtcNow().Ticks / TimeSpan.TicksPerMicrosecond;
        RateRefusal? refusal = null;
        lock (_gate)
        {
            foreach (var use in uses)
            {
                var wait = TakenUntil(use, now) + use.IntervalUs - use.BurstUs - now;
                if (wait > 0 && (refusal is null || wait > refusal.Value.Wait.TotalMicroseconds))
                    refusal = new RateRefusal(use.Subject, TimeSpan.FromMicroseconds(wait));
            }

            if (refusal is not null) return refusal;
            foreach (var use in uses) Set(use, TakenUntil(use, now) + use.IntervalUs);
            return null;
        }
    }

    private long TakenUntil(RateUse use, long now)
    {
        var key = (use.Subject, use.Id);
        return (_young.TryGetValue(key, out var until) || _old.TryGetValue(key, out until)) && until > now ? until : now;
    }

    private void Set(RateUse use, long until)
    {
        var key = (use.Subject, use.Id);
        if (_young.Count >= _youngMax && !_young.ContainsKey(key)) (_young, _old) = ([], _young);
        _old.Remove(key);
        _young[key] = until;
    }
}
