using System.Runtime.InteropServices;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// Does the work of one base for its stores in the background, a round at a time, whenever it is wanted. A round that an obstacle
/// ends is tried again after a pause, or as soon as the obstacle is known to be gone; a round that throws is too, and is logged.
/// </summary>
internal sealed partial class StoreWork(
    KnowledgeBaseId id, Func<CancellationToken, Task<StoreObstacle?>> round, TimeProvider clock, ILogger log) : IDisposable
{
    private static readonly RetryPause s_afterBug = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    private readonly CancellationTokenSource _closing = new();
    private readonly ManualResetEventSlim _isIdle = new(initialState: true);
    private readonly Lock _starting = new();
    private volatile Fault? _lastFault;
    private bool _isWanted, _isRunning;

    /// <summary>What the last round came up against; null if nothing.</summary>
    public Fault? LastFault => _lastFault;

    /// <summary>Has a round done, after the one that is going on; during a pause it does not come sooner.</summary>
    public void Want()
    {
        lock (_starting)
        {
            _isWanted = true;
            if (_isRunning || _closing.IsCancellationRequested) return;
            _isRunning = true;
            _isIdle.Reset();
            _ = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    /// <summary>Waits until the work has noticed that it shall end.</summary>
    public void Dispose()
    {
        lock (_starting) _closing.Cancel();
        _isIdle.Wait(CancellationToken.None);
        _isIdle.Dispose();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (TakeWish())
        {
            if (await TryAsync() is not { Retry: { } retry } obstacle)
            {
                failures = 0;
                continue;
            }

            lock (_starting) _isWanted = true;
            await PauseAsync(retry.After(failures++), obstacle.Gone);
        }
    }

    private bool TakeWish()
    {
        lock (_starting)
        {
            _isRunning = _isWanted && !_closing.IsCancellationRequested;
            _isWanted = false;
            if (!_isRunning) _isIdle.Set();
            return _isRunning;
        }
    }

    private async Task<StoreObstacle?> TryAsync()
    {
        StoreObstacle? obstacle;
        try
        {
            obstacle = await round(_closing.Token);
        }
        catch (Exception) when (_closing.IsCancellationRequested)
        {
            return null;
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            obstacle = new StoreObstacle(IndexFaults.DiskFull, s_afterBug);
        }
        catch (Exception error)
        {
            LogFailed(log, error, id);
            obstacle = new StoreObstacle(StoreFaults.WorkFailed, s_afterBug);
        }

        if (obstacle is not null && obstacle.Fault.Code != _lastFault?.Code) LogBehind(log, id, obstacle.Fault.Code);
        _lastFault = obstacle?.Fault;
        return obstacle;
    }

    private async Task PauseAsync(TimeSpan pause, Task? gone)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        var time = Task.Delay(pause, clock, over.Token);
        await (gone is null ? Task.WhenAny(time) : Task.WhenAny(time, gone));
        await over.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The stores of {KnowledgeBase} are not as they should be: {Code}.")]
    private static partial void LogBehind(ILogger logger, KnowledgeBaseId knowledgeBase, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "The work for the stores of {KnowledgeBase} failed; it is tried again.")]
    private static partial void LogFailed(ILogger logger, Exception error, KnowledgeBaseId knowledgeBase);
}

/// <summary>What stands in the way of work for a store.</summary>
/// <param name="Fault">What it is.</param>
/// <param name="Retry">When it is tried again; null is not before it is wanted anew.</param>
/// <param name="Gone">Completes when it is worth a try at once; null if nobody will know.</param>
internal sealed record StoreObstacle(Fault Fault, RetryPause? Retry, Task? Gone = null);

/// <summary>Pauses that double from one failure to the next.</summary>
/// <param name="First">The first.</param>
/// <param name="Max">The longest.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RetryPause(TimeSpan First, TimeSpan Max)
{
    private const int DoublingsMax = 20;

    /// <summary>The pause after a failure that others came before.</summary>
    public TimeSpan After(int failuresBefore)
    {
        var pause = First * Math.Pow(2, Math.Min(failuresBefore, DoublingsMax));
        return pause < Max ? pause : Max;
    }
}
