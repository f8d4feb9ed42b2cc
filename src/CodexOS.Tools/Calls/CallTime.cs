namespace CodexOS.Tools.Calls;

/// <summary>
/// The time of one call: it runs down while the tool works and stands still while a person is asked. When it is up, the tool
/// is told to stop, and given up on if it has not done so in the time that it gets for that.
/// </summary>
internal sealed class CallTime : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly TimeSpan _stopTimeMax;
    private readonly CancellationTokenSource _up;
    private readonly CancellationTokenSource _over;
    private readonly Lock _gate = new();
    private TimeSpan _left;
    private long _since;
    private int _stops;
    private bool _isDisposed;

    public CallTime(TimeSpan timeMax, TimeSpan stopTimeMax, TimeProvider clock)
    {
        (_clock, _left, _stopTimeMax, _since) = (clock, timeMax, stopTimeMax, clock.GetTimestamp());
        _up = new CancellationTokenSource(timeMax, clock);
        _over = new CancellationTokenSource(timeMax + stopTimeMax, clock);
    }

    /// <summary>Cancelled when the time is up.</summary>
    public CancellationToken Up => _up.Token;

    /// <summary>Lets the time stand still until what is returned is disposed.</summary>
    public IDisposable Stop()
    {
        lock (_gate)
        {
            if (_stops++ == 0 && !_isDisposed)
            {
                _left -= _clock.GetElapsedTime(_since);
                _up.CancelAfter(Timeout.InfiniteTimeSpan);
                _over.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }

        return new Still(this);
    }

    /// <summary>Waits for work as long as it may take, the time to stop included.</summary>
    /// <exception cref="TimeoutException">It has not stopped.</exception>
    public async Task<T> WaitAsync<T>(Task<T> work)
    {
        try
        {
            return await work.WaitAsync(_over.Token);
        }
        catch (OperationCanceledException over) when (!work.IsCompleted)
        {
            throw new TimeoutException("The tool has not stopped in time.", over);
        }
    }

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
        _up.Dispose();
        _over.Dispose();
    }

    private void GoOn()
    {
        lock (_gate)
        {
            // A tool that was given up on may come back from its question later.
            if (--_stops > 0 || _isDisposed) return;
            _since = _clock.GetTimestamp();
            _up.CancelAfter(Positive(_left));
            _over.CancelAfter(Positive(_left + _stopTimeMax));
        }
    }

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;

    private sealed class Still(CallTime time) : IDisposable
    {
        public void Dispose() => time.GoOn();
    }
}
