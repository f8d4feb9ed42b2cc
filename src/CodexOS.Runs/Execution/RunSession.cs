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

    /// <summary>The process is about to stop: the next message is to find the session elsewhere.</summary>
    void Leave() => LetGo();
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
    private CancellationTokenSource _driving = new();
    private RunLog? _log;
    private RunLoop? _loop;
    private Task _drive = Task.CompletedTask;
    private int _pokes;
    private bool _busy;
    private bool _taken;

    public Task<string?> StartAsync(string opening, DateTimeOffset at) => TakeInAsync(() => BeginAsync(opening, at));

    public Task ResumeAsync() => TakeInAsync(TakeUpAsync);

    public Task<string?> CommandAsync(string command) => TakeInAsync(() => DoAsync(command));

    private async Task<string?> BeginAsync(string opening, DateTimeOffset at)
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

    private async Task<string?> TakeUpAsync()
    {
        if (!_drive.IsCompleted) Wake();
        else if (await OpenAsync() is null) Drive();
        return null;
    }

    /// <summary>The same as resuming, for a run whose process is about to stop; false if this one is about to as well.</summary>
    public async Task<bool> TakeOverAsync()
    {
        if (engine.Leaving)
        {
            if (_drive.IsCompleted) seat.Leave();
            return false;
        }

        await ResumeAsync();
        return true;
    }

    private async Task<string?> DoAsync(string command)
    {
        var asked = JsonSerializer.Deserialize(command, RunEventContext.Default.RunCommand)!;
        var fault = asked is RunCommand.RollBack or RunCommand.Retry
            ? await RewindAsync(asked)
            : await OpenAsync() ?? await TakeAsync(asked);
        return fault is null ? null : Write(fault);
    }

    /// <summary>
    /// Takes a message in. The seat is kept meanwhile: a session that was let go of in the middle would be stopped as soon
    /// as the message has made it go on driving.
    /// </summary>
    private async Task<string?> TakeInAsync(Func<Task<string?>> take)
    {
        _busy = true;
        try
        {
            var answer = await take();
            // Whoever takes a run over drives it, even if the message comes to nothing.
            if (_taken && _log is { State.Ended: false }) Drive();
            return answer;
        }
        catch (FencedException)
        {
            await AbandonAsync();
            return Write(RunFaults.Moved);
        }
        catch (TenantMovingException moving)
        {
            await AbandonAsync();
            return Write(moving.Fault);
        }
        catch (JournalDownException down)
        {
            await AbandonAsync();
            engine.Strand(run);
            return Write(down.Fault);
        }
        catch
        {
            // Nobody knows whether the run was claimed for this process, and then no other one looks after it.
            await AbandonAsync();
            engine.Strand(run);
            throw;
        }
        finally
        {
            _busy = false;
            if (_drive.IsCompleted) seat.LetGo();
        }
    }

    /// <summary>Stops driving; the run goes on elsewhere or later.</summary>
    public async Task StopAsync()
    {
        await engine.CancelAsync(_stopping);
        await DrivenAsync();
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _log?.Dispose();
        _driving.Dispose();
        _stopping.Dispose();
    }

    /// <summary>What is asked of an open run: the events that it comes to, or why it cannot be.</summary>
    private async Task<Fault?> TakeAsync(RunCommand command)
    {
        Fault? fault = null;
        var appended = await _log!.AppendAsync(
            state =>
            {
                if (state.Ended) fault = RunFaults.AlreadyEnded;
                else if (RunCommands.EventsOf(command, state, engine, run).TryGet(out var events, out fault)) return events;
                return [];
            },
            CancellationToken.None);
        if (!appended)
        {
            // An approval that ran out is denied by the loop, which is woken for it.
            if (fault == RunFaults.ApprovalExpired) Drive();
            return fault;
        }

        if (command is RunCommand.Cancel cancel && !_drive.IsCompleted) await _loop!.HaltAsync(cancel.Hard);
        Wake();
        return null;
    }

    /// <summary>A rollback or a retry, which ended runs take as well.</summary>
    private async Task<Fault?> RewindAsync(RunCommand command)
    {
        if (TurnsAway()) return RunFaults.Moved;
        await EndedAsync();
        var ended = _log is { State.Ended: true };
        if (_log is null)
        {
            var opened = await engine.OpenAsync(run, CancellationToken.None);
            if (!(_taken = opened.TryGet(out _log, out var fault)))
            {
                if (fault != RunFaults.AlreadyEnded) return fault;
                if (!(await engine.ReadEndedAsync(run, CancellationToken.None)).TryGet(out _log, out fault)) return fault;
                ended = true;
            }
        }

        if (ended && await engine.IsArchivedAsync(run, CancellationToken.None))
        {
            _log = null;
            return RunFaults.Archived;
        }

        // The loop may have lost the run in the meantime.
        if (_log is not { } log) return RunFaults.Moved;
        var history = await log.HistoryAsync(CancellationToken.None);
        var planned = RunRewind.Plan(command, log, history, engine);
        if (!planned.TryGet(out var events, out var refused))
        {
            if (ended) _log = null;
            else if (_drive.IsCompleted) Drive();
            return refused;
        }

        if (events is [RunRollbackRequested])
        {
            // The run may come to its end in the very moment.
            if (ended || !await log.AppendAsync(state => state.Ended ? [] : events, CancellationToken.None))
                await log.RewindAsync(engine.Owner, CancellationToken.None, events);
            if (!_drive.IsCompleted) await _loop!.GiveWayAsync();
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
        await EndedAsync();
        if (_log is { State.Ended: false }) return null;
        if (_log is not null) return RunFaults.AlreadyEnded;
        var opened = await engine.OpenAsync(run, CancellationToken.None);
        return (_taken = opened.TryGet(out _log, out var fault)) ? null : fault;
    }

    /// <summary>Waits for the commit of an end that the state tells of already; it may still come to nothing.</summary>
    private async Task EndedAsync()
    {
        if (_log is { State.Ended: true }) await DrivenAsync();
    }

    /// <summary>A process that is about to stop takes nothing new; the next call is placed elsewhere.</summary>
    private bool TurnsAway()
    {
        if (!engine.Leaving || !_drive.IsCompleted) return false;
        _log = null;
        seat.Leave();
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
        // The loop may have lost the run while a message was taken in; then it is another's to drive.
        if (!_drive.IsCompleted || _log is not { } log) return;
        seat.Hold();
        _taken = false;
        _loop?.Dispose();
        _driving.Dispose();
        _driving = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        var loop = _loop = engine.NewLoop(log);
        _drive = TurnContext.Begin(() => DriveAsync(loop, log, _driving.Token));
    }

    private async Task DriveAsync(RunLoop loop, RunLog log, CancellationToken driving)
    {
        var leaves = false;
        engine.Entered(log.Tenant, run, loop);
        try
        {
            using var tenant = tenants.Enter(log.Tenant);
            int seen;
            do
            {
                seen = _pokes;
                await loop.DriveAsync(driving);
                // A poke in the moment in which the loop stopped to wait is not lost.
            }
            while (seen != _pokes && !driving.IsCancellationRequested);
        }
        catch (FencedException)
        {
            LogFenced(run);
            _log = null;
        }
        catch (Exception error) when (error is TenantMovingException || engine.HasLeft(log.Tenant, error))
        {
            // The tenant has left with the run as it was, and where it arrives the run is taken up.
            LogLeft(run);
            _log = null;
        }
        catch (RunLeavesException)
        {
            leaves = true;
            _log = null;
        }
        catch (JournalDownException)
        {
            _log = null;
            engine.Strand(run);
        }
        catch (OperationCanceledException) when (driving.IsCancellationRequested)
        {
            // The session is stopped while the process goes on: the run is still this process's.
            if (_stopping.IsCancellationRequested) engine.Strand(run);
        }
        catch (Exception bug)
        {
            LogBug(bug, run);
            _log = null;
            engine.Strand(run);
        }
        finally
        {
            engine.Left(run);
            if (leaves) await engine.LetGoAsync(log.Tenant, run);
            if (!_busy && !_stopping.IsCancellationRequested) seat.LetGo();
        }
    }

    /// <summary>Forgets the log, and stops the loop that goes on with it, before the run can be opened again.</summary>
    private async Task AbandonAsync()
    {
        _log = null;
        if (_drive.IsCompleted) return;
        await engine.CancelAsync(_driving);
        await DrivenAsync();
    }

    private async Task DrivenAsync() => await _drive.ConfigureAwait(
        ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private static string Write(Fault fault) => JsonSerializer.Serialize(fault, RunEventContext.Default.Fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} belongs to another owner now.")]
    private partial void LogFenced(RunId run);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Run} has left this database with its tenant.")]
    private partial void LogLeft(RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "The loop of {Run} met a bug; it is tried again by the sweep.")]
    private partial void LogBug(Exception bug, RunId run);
}
