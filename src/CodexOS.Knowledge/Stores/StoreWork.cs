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
internal sealed partial class StoreWork : IDisposable
{
    private static readonly RetryPause s_afterBug = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    private readonly KnowledgeBaseId _id;
    private readonly Func<CancellationToken, Task<StoreObstacle?>> _round;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly WantedWork _work;
    private volatile Fault? _lastFault;
    private int _failures;

    public StoreWork(
        KnowledgeBaseId id, Func<CancellationToken, Task<StoreObstacle?>> round, TimeProvider clock, ILogger log)
    {
        (_id, _round, _clock, _log) = (id, round, clock, log);
        _work = new WantedWork(RoundAsync);
    }

    /// <summary>What the last round came up against; null if nothing.</summary>
    public Fault? LastFault => _lastFault;

    /// <summary>Has a round done, after the one that is going on; during a pause it does not come sooner.</summary>
    public void Want() => _work.Want();

    /// <summary>Waits until the work has noticed that it shall end.</summary>
    public void Dispose() => _work.Dispose();

    private async Task RoundAsync(CancellationToken closing)
    {
        if (await TryAsync(closing) is not { Retry: { } retry } obstacle)
        {
            _failures = 0;
            return;
        }

        _work.Want();
        await PauseAsync(retry.After(_failures++), obstacle.Gone, closing);
    }

    private async Task<StoreObstacle?> TryAsync(CancellationToken closing)
    {
        StoreObstacle? obstacle;
        try
        {
            obstacle = await _round(closing);
        }
        catch (Exception) when (closing.IsCancellationRequested)
        {
            return null;
        }
        catch (IOException error) when (IndexFaults.IsDiskFull(error))
        {
            obstacle = new StoreObstacle(IndexFaults.DiskFull, s_afterBug);
        }
        catch (Exception error)
        {
            LogFailed(_log, error, _id);
            obstacle = new StoreObstacle(StoreFaults.WorkFailed, s_afterBug);
        }

        if (obstacle is not null && obstacle.Fault.Code != _lastFault?.Code) LogBehind(_log, _id, obstacle.Fault.Code);
        _lastFault = obstacle?.Fault;
        return obstacle;
    }

    private async Task PauseAsync(TimeSpan pause, Task? gone, CancellationToken closing)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(closing);
        var time = Task.Delay(pause, _clock, over.Token);
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
