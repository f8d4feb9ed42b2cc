using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Journal;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>What hosts a session: it keeps the session in memory while it is held.</summary>
internal interface IRunSeat
{
    /// <summary>The run is being driven.</summary>
    void Hold();

    /// <summary>Nothing is lost by forgetting the session.</summary>
    void LetGo();
}

/// <summary>Makes sessions.</summary>
internal sealed class RunSessions(RunEngine engine, TenantContext tenants, ILogger<RunSession> log)
{
    public RunSession New(RunId run, IRunSeat seat) => new(run, seat, engine, tenants, log);
}

/// <summary>
/// Drives one run and takes in what people want of it. Its caller delivers one message at a time. Everything that it
/// remembers can be lost at any moment; the journal has it all.
/// </summary>
internal sealed partial class RunSession(
    RunId run, IRunSeat seat, RunEngine engine, TenantContext tenants, ILogger<RunSession> logger)
    : IRunMailbox, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private RunLog? _log;
    private RunLoop? _loop;
    private Task _drive = Task.CompletedTask;
    private int _pokes;

    public async Task<string?> StartAsync(string opening, DateTimeOffset at)
    {
        if (TurnsAway()) return Write(RunFaults.Moved);
        var asked = JsonSerializer.Deserialize(opening, RunEventContext.Default.RunOpening)!;
        var made = asked.Start is { } start
            ? await engine.CreateAsync(run, start, at, _stopping.Token)
            : await engine.CreateForkAsync(run, asked.Fork!, at, _stopping.Token);
        if (!made.TryGet(out var log, out var fault)) return Write(fault);
        // Without a log the id was used before: it is derived from an idempotency key, and the caller looks at that run.
        if (log is null) return null;
        RunsTelemetry.RunStarted(log.State.Created.Kind);
        _log = log;
        Drive();
        return null;
    }

    public async Task ResumeAsync()
    {
        if (!_drive.IsCompleted)
        {
            Wake();
            return;
        }

        if (await OpenAsync() is null) Drive();
    }

    /// <summary>The same, for a run whose process is about to stop; false if this one is about to as well.</summary>
    public async Task<bool> TakeOverAsync()
    {
        if (engine.Leaving)
        {
            if (_drive.IsCompleted) Forget();
            return false;
        }

        await ResumeAsync();
        return true;
    }

    public async Task<string?> CommandAsync(string command)
    {
        var asked = JsonSerializer.Deserialize(command, RunEventContext.Default.RunCommand)!;
        try
        {
            var fault = asked is RunCommand.RollBack or RunCommand.Retry
                ? await RewindAsync(asked)
                : await OpenAsync() ?? await TakeAsync(asked);
            return fault is null ? null : Write(fault);
        }
        catch (FencedException)
        {
            Forget();
            return Write(RunFaults.Moved);
        }
        catch (JournalDownException down)
        {
            Forget();
            engine.Strand(run);
            return Write(down.Fault);
        }
    }

    /// <summary>Stops driving; the run goes on elsewhere or later.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _drive.ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _log?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>What is asked of an open run: the events that it comes to, or why it cannot be.</summary>
    private async Task<Fault?> TakeAsync(RunCommand command)
    {
        var answer = RunCommands.EventsOf(command, _log!.State, engine, run);
        if (!answer.TryGet(out var events, out var fault))
        {
            // An approval that ran out is denied by the loop, which is woken for it.
            if (fault == RunFaults.ApprovalExpired) Drive();
            return fault;
        }

        if (events.IsEmpty) return null;
        await _log.AppendAsync(CancellationToken.None, events);
        if (command is RunCommand.Cancel cancel && !_drive.IsCompleted) await _loop!.HaltAsync(cancel.Hard);
        Wake();
        return null;
    }

    /// <summary>A rollback or a retry, which ended runs take as well.</summary>
    private async Task<Fault?> RewindAsync(RunCommand command)
    {
        if (TurnsAway()) return RunFaults.Moved;
        var ended = _log is { State.Ended: true };
        if (_log is null)
        {
            var opened = await engine.OpenAsync(run, CancellationToken.None);
            if (!opened.TryGet(out _log, out var fault))
            {
                if (fault != RunFaults.AlreadyEnded) return fault;
                if (!(await engine.ReadEndedAsync(run, CancellationToken.None)).TryGet(out _log, out fault)) return fault;
                ended = true;
            }
        }

        var log = _log!;
        var history = await log.HistoryAsync(CancellationToken.None);
        var planned = RunRewind.Plan(command, log, history, engine);
        if (!planned.TryGet(out var events, out var refused))
        {
            if (ended) Forget();
            else if (_drive.IsCompleted) Drive();
            return refused;
        }

        if (events is [RunRollbackRequested])
        {
            if (ended) await log.RewindAsync(engine.Owner, CancellationToken.None, events);
            else await log.AppendAsync(CancellationToken.None, events);
            if (!_drive.IsCompleted) await _loop!.HaltAsync(hard: false);
        }
        else
        {
            await log.RewindAsync(engine.Owner, CancellationToken.None, events);
        }

        Wake();
        return null;
    }

    /// <summary>Makes sure that this process owns the run and knows its journal; a fault if there is no open run.</summary>
    private async Task<Fault?> OpenAsync()
    {
        if (TurnsAway()) return RunFaults.Moved;
        if (_log is { State.Ended: false }) return null;
        if (_log is not null) return RunFaults.AlreadyEnded;
        var opened = await engine.OpenAsync(run, CancellationToken.None);
        return opened.TryGet(out _log, out var fault) ? null : fault;
    }

    /// <summary>A process that is about to stop takes nothing new; the next call is placed elsewhere.</summary>
    private bool TurnsAway()
    {
        if (!engine.Leaving || !_drive.IsCompleted) return false;
        Forget();
        return true;
    }

    private void Wake()
    {
        _pokes++;
        if (_drive.IsCompleted) Drive();
        else _loop!.Poke();
    }

    private void Drive()
    {
        if (!_drive.IsCompleted) return;
        seat.Hold();
        _loop?.Dispose();
        _loop = engine.NewLoop(_log!);
        _drive = DriveAsync(_loop);
    }

    private async Task DriveAsync(RunLoop loop)
    {
        var leaves = false;
        engine.Entered(run, loop);
        try
        {
            using var tenant = tenants.Enter(_log!.Tenant);
            int seen;
            do
            {
                seen = _pokes;
                await loop.DriveAsync(_stopping.Token);
                // A poke in the moment in which the loop stopped to wait is not lost.
            }
            while (seen != _pokes && !_stopping.IsCancellationRequested);
        }
        catch (FencedException)
        {
            LogFenced(run);
            Forget();
        }
        catch (RunLeavesException)
        {
            leaves = true;
            Forget();
        }
        catch (JournalDownException)
        {
            Forget();
            engine.Strand(run);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception bug)
        {
            LogBug(bug, run);
            Forget();
            engine.Strand(run);
        }
        finally
        {
            engine.Left(run);
            if (leaves) engine.HandOver(run);
            if (!_stopping.IsCancellationRequested) seat.LetGo();
        }
    }

    private void Forget()
    {
        _log = null;
        seat.LetGo();
    }

    private static string Write(Fault fault) => JsonSerializer.Serialize(fault, RunEventContext.Default.Fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} belongs to another owner now.")]
    private partial void LogFenced(RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "The loop of {Run} met a bug; it is tried again by the sweep.")]
    private partial void LogBug(Exception bug, RunId run);
}
