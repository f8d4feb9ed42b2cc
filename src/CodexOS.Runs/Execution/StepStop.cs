namespace CodexOS.Runs.Execution;

/// <summary>
/// What stops the steps of a run: the process, a person, or the end of the run's time. It serves one step after another
/// until something has set it off.
/// </summary>
internal sealed class StepStop(TimeProvider clock) : IDisposable
{
    // Longer than a timer can be set for is as good as for ever: a waiting run is woken by its row.
    private static readonly TimeSpan TimerMax = TimeSpan.FromDays(20);

    private CancellationTokenSource _timeUp = new();
    private CancellationTokenSource? _any;
    private CancellationToken _stopping;
    private DateTimeOffset _armed;

    /// <summary>The source that is cancelled by any of the three; a new one if the last was set off.</summary>
    public CancellationTokenSource Renewed(CancellationToken halt, CancellationToken stopping)
    {
        if (_any is { IsCancellationRequested: false } && _stopping == stopping) return _any;
        Dispose();
        _timeUp = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        _armed = DateTimeOffset.MaxValue;
        _stopping = stopping;
        return _any = CancellationTokenSource.CreateLinkedTokenSource(stopping, halt, _timeUp.Token);
    }

    /// <summary>Sets the time at which no step goes on.</summary>
    public void At(DateTimeOffset endBy)
    {
        if (endBy == _armed) return;
        _armed = endBy;
        if (endBy == DateTimeOffset.MaxValue)
        {
            _timeUp.CancelAfter(Timeout.InfiniteTimeSpan);
            return;
        }

        var left = endBy - clock.GetUtcNow();
        _timeUp.CancelAfter(left > TimerMax ? TimerMax : left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    public void Dispose()
    {
        _any?.Dispose();
        _timeUp.Dispose();
    }
}
