namespace CodexOS.Knowledge.Index;

/// <summary>
/// Work in the background, done in rounds, one at a time: a wish begins a round, and wishes during it are one more after it.
/// A round that throws ends the work until it is wanted again.
/// </summary>
internal sealed class WantedWork(Func<CancellationToken, Task> round) : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly ManualResetEventSlim _isIdle = new(initialState: true);
    private readonly Lock _starting = new();
    private bool _isWanted, _isRunning, _isClosed;

    /// <summary>Ends when there is nothing to do.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Has a round done, after the one that is going on.</summary>
    public void Want()
    {
        lock (_starting)
        {
            _isWanted = true;
            if (_isRunning || _isClosed) return;
            _isRunning = true;
            _isIdle.Reset();
            Running = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Cancels the round that is going on, and waits until it has noticed.</summary>
    public void Dispose()
    {
        lock (_starting) _isClosed = true;
        _closing.Cancel();
        _isIdle.Wait(CancellationToken.None);
        _isIdle.Dispose();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (TakeWish()) await round(_closing.Token);
        }
        catch
        {
            lock (_starting) End();
            throw;
        }
    }

    private bool TakeWish()
    {
        lock (_starting)
        {
            if (!_isWanted || _isClosed) End();
            _isWanted = false;
            return _isRunning;
        }
    }

    private void End()
    {
        _isRunning = false;
        _isIdle.Set();
    }
}
