using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Extensions.Logging;
using Orleans.Placement;

namespace CodexOS.Runs.Execution;

/// <summary>Hosts the loop of one run. Everything it remembers can be lost at any moment; the journal has it all.</summary>
[RandomPlacement, Cluster.Staying]
internal sealed partial class RunGrain(RunEngine engine, TenantContext tenants, ILogger<RunGrain> logger)
    : Grain, IRunGrain, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private RunLog? _log;
    private RunLoop? _loop;
    private Task _drive = Task.CompletedTask;

    private RunId Run => new(this.GetPrimaryKey());

    public async Task<string?> StartAsync(string start, DateTimeOffset at)
    {
        if (TurnAway()) return Write(RunFaults.Moved);
        var asked = JsonSerializer.Deserialize(start, RunEventContext.Default.RunStart)!;
        var log = engine.NewLog(Run, asked.Tenant, asked.Kind);
        if (!await log.CreateAsync(asked, engine.Owner, at, CancellationToken.None))
        {
            // The id is derived from an idempotency key that was used before: the caller looks at the first run.
            log.Dispose();
            return null;
        }

        RunsTelemetry.RunStarted(asked.Kind);
        _log = log;
        Drive();
        return null;
    }

    public async Task ResumeAsync()
    {
        if (!_drive.IsCompleted)
        {
            _loop!.Poke();
            return;
        }

        if (await OpenAsync() is null) Drive();
    }

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

    public async Task<string?> DecideAsync(Guid approval, bool approve, string argumentsHash, string by, string? note)
    {
        if (await OpenAsync() is { } closed) return Write(closed);
        var id = new ApprovalId(approval);
        if (_log!.State.StepOf(id) is not { Request: { } request } step) return Write(RunFaults.ApprovalNotFound(id));
        if (_log.State.Step(step.Step) is not { Phase: StepPhase.AwaitingApproval } now
            || now.Request!.ApprovalId != id)
        {
            return Write(RunFaults.ApprovalDecided);
        }

        if (request.ExpiresAt <= engine.Clock.GetUtcNow())
        {
            Drive();
            return Write(RunFaults.ApprovalExpired);
        }

        if (request.ArgumentsHash != argumentsHash) return Write(RunFaults.ApprovalChanged);
        return await AppendAndDriveAsync(new ApprovalDecided(id, approve, by, note));
    }

    public async Task<string?> ResolveAsync(string step, int occurrence, bool retry, string by, string? note)
    {
        if (await OpenAsync() is { } closed) return Write(closed);
        if (_log!.State.Step(step) is not { Phase: StepPhase.InDoubt } known || known.Occurrence != occurrence)
            return Write(RunFaults.NotInDoubt(step));
        var outcome = retry ? InDoubtOutcome.Retry : InDoubtOutcome.Failed;
        var resolved = new StepResolved(step, occurrence, outcome, by, note);
        return retry
            ? await AppendAndDriveAsync(resolved)
            : await AppendAndDriveAsync(resolved, new StepFailed(step, occurrence, RunFaults.GivenUp, 0));
    }

    public async Task<string?> CancelAsync(string by, string? reason)
    {
        if (await OpenAsync() is { } closed) return Write(closed);
        if (_log!.State.CancelRequested is not null) return null;
        var loop = _loop;
        var fault = await AppendAndDriveAsync(new RunCancelRequested(by, reason));
        if (loop is not null) await loop.CancelAsync();
        return fault;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
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

    /// <summary>Makes sure that this process owns the run and knows its journal; a fault if there is no open run.</summary>
    private async Task<Fault?> OpenAsync()
    {
        if (TurnAway()) return RunFaults.Moved;
        if (_log is { State.Ended: false }) return null;
        if (_log is not null) return RunFaults.AlreadyEnded;
        var opened = await engine.OpenAsync(Run, CancellationToken.None);
        return opened.TryGet(out _log, out var fault) ? null : fault;
    }

    /// <summary>A process that is about to stop takes nothing new; the next call is placed elsewhere.</summary>
    private bool TurnAway()
    {
        if (!engine.Leaving || !_drive.IsCompleted) return false;
        Forget();
        return true;
    }

    private async Task<string?> AppendAndDriveAsync(params ImmutableArray<RunEvent> events)
    {
        try
        {
            await _log!.AppendAsync(CancellationToken.None, events);
        }
        catch (FencedException)
        {
            Forget();
            return Write(RunFaults.Moved);
        }
        catch (Journal.JournalDownException down)
        {
            Forget();
            engine.Strand(Run);
            return Write(down.Fault);
        }

        if (_drive.IsCompleted) Drive();
        else _loop!.Poke();
        return null;
    }

    private void Drive()
    {
        if (!_drive.IsCompleted) return;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _loop?.Dispose();
        _loop = engine.NewLoop(_log!);
        _drive = DriveAsync(_loop);
    }

    private async Task DriveAsync(RunLoop loop)
    {
        var leaves = false;
        engine.Entered(Run, loop);
        try
        {
            using (tenants.Enter(_log!.Tenant)) await loop.DriveAsync(_stopping.Token);
        }
        catch (FencedException)
        {
            LogFenced(Run);
            Forget();
        }
        catch (RunLeavesException)
        {
            leaves = true;
            Forget();
        }
        catch (Journal.JournalDownException)
        {
            Forget();
            engine.Strand(Run);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception bug)
        {
            LogBug(bug, Run);
            Forget();
            engine.Strand(Run);
        }
        finally
        {
            engine.Left(Run);
            if (leaves) engine.HandOver(Run);
            if (!_stopping.IsCancellationRequested)
            {
                DelayDeactivation(TimeSpan.Zero);
                DeactivateOnIdle();
            }
        }
    }

    private void Forget()
    {
        _log = null;
        DeactivateOnIdle();
    }

    private static string Write(Fault fault) => JsonSerializer.Serialize(fault, RunEventContext.Default.Fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Run} belongs to another owner now.")]
    private partial void LogFenced(RunId run);

    [LoggerMessage(Level = LogLevel.Error, Message = "The loop of {Run} met a bug; it is tried again by the sweep.")]
    private partial void LogBug(Exception bug, RunId run);
}
