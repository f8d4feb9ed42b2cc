namespace CodexOS.Tools.Calls;

/// <summary>The time of one call: it runs down while the tool works and stands still while a person is asked.</summary>
internal sealed class CallTime : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _up;
    private readonly Lock _gate = new();
    private TimeSpan _left;
    private long _since;
    private int _stops;

    public CallTime(TimeSpan timeMax, TimeProvider clock)
    {
        (_clock, _left, _since) = (clock, timeMax, clock.GetTimestamp());
        _up = new CancellationTokenSource(timeMax, clock);
    }

    /// <summary>Cancelled when the time is up.</summary>
    public CancellationToken Up => _up.Token;

    /// <summary>Lets the time stand still until what is returned is disposed.</summary>
    public IDisposable Stop()
    {
        lock (_gate)
        {
            if (_stops++ == 0)
            {
                _left -= _clock.GetElapsedTime(_since);
                _up.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }

        return new Still(this);
    }

    /// <summary>Waits for work, and after the time is up no longer than it may take to stop.</summary>
    /// <exception cref="TimeoutException">It has not stopped.</exception>
    public async Task<T> WaitAsync<T>(Task<T> work, TimeSpan stopTimeMax)
    {
        var up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = Up.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), up);
        await Task.WhenAny(work, up.Task);
        return await work.WaitAsync(stopTimeMax, _clock, CancellationToken.None);
    }

    public void Dispose() => _up.Dispose();

    private void GoOn()
    {
        lock (_gate)
        {
            if (--_stops > 0) return;
            _since = _clock.GetTimestamp();
            _up.CancelAfter(_left > TimeSpan.Zero ? _left : TimeSpan.Zero);
        }
    }

    private sealed class Still(CallTime time) : IDisposable
    {
        public void Dispose() => time.GoOn();
    }
}
