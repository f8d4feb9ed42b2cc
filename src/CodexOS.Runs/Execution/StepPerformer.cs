using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;
using CodexOS.Runs.Watching;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>Performs effects through their handlers and says what came of each, whatever the handler does.</summary>
internal sealed partial class StepPerformer(
    IEnumerable<IEffectHandler> handlers, RunFeed feed, TenantContext tenants, StepScheduler scheduler, TimeProvider clock,
    ILogger<StepPerformer> log)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly FrozenDictionary<string, IEffectHandler> _handlers =
        handlers.ToFrozenDictionary(handler => handler.Effect, StringComparer.Ordinal);

    /// <summary>Finds the handler of an effect.</summary>
    public bool TryFind(
        string effect, [NotNullWhen(true)] out IEffectHandler? handler, [NotNullWhen(false)] out Fault? missing)
    {
        missing = _handlers.TryGetValue(effect, out handler)
            ? null
            : new Fault(
                "runs.unknown_effect",
                FaultKind.Unavailable,
                $"No part of this process performs '{effect}'. Start one whose role does.");
        return missing is null;
    }

    /// <summary>Performs a call away from the caller's thread and reports its outcome to the loop.</summary>
    /// <param name="call">The call.</param>
    /// <param name="handler">What performs it.</param>
    /// <param name="repeat">What may be done if its outcome is lost.</param>
    /// <param name="stillOwns">Whether the run is still this process's, which may have stood still for a while.</param>
    /// <param name="slot">The place that it has been given.</param>
    /// <param name="outcomes">Where the outcome goes.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    public Task RunAsync(
        EffectCall call,
        IEffectHandler handler,
        RepeatClass repeat,
        Func<CancellationToken, ValueTask<bool>> stillOwns,
        StepSlot? slot,
        Channel<StepOutcome?> outcomes,
        CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            async () =>
            {
                // The place is given back first, so that whoever learns of the outcome finds it free. A call that asks a
                // person gives it back as well and goes on without one, as what is taken up after a crash does.
                RunEvent outcome;
                using (slot)
                {
                    outcome = await MayBeginAsync(call, stillOwns, cancellationToken)
                        ?? await PerformAsync(WithoutPlace(call, slot), handler, repeat, cancellationToken);
                }

                outcomes.Writer.TryWrite(new StepOutcome(outcome));
            },
            CancellationToken.None,
            TaskCreationOptions.DenyChildAttach,
            scheduler.Scheduler).Unwrap();

    /// <summary>Stops what hangs on a token, away from the caller's thread.</summary>
    public Task CancelAsync(CancellationTokenSource source) => scheduler.CancelAsync(source);

    /// <summary>
    /// The call with what it is to be judged by. While that cannot be read the step waits, as an append would.
    /// </summary>
    /// <param name="handler">Who knows.</param>
    /// <param name="call">The call.</param>
    /// <param name="meanwhile">Done if it takes time.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<EffectCall> ResolveAsync(
        IEffectHandler handler, EffectCall call, Func<ValueTask> meanwhile, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var tenant = tenants.Enter(call.Tenant);
                var asked = handler.ResolveAsync(call, cancellationToken);
                if (!asked.IsCompleted) await meanwhile();
                return await asked is { } found ? call with { Resolved = found } : call;
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or TimeoutException)
            {
                LogThrew(error, handler.Effect, call.Run, call.Step);
            }

            await Task.Delay(AskAgainAfter, clock, cancellationToken);
        }
    }

    /// <summary>The same for a call that has been given a place, which is given back if this is called off.</summary>
    public async ValueTask<EffectCall> ResolveAsync(
        IEffectHandler handler, EffectCall call, Func<ValueTask> meanwhile, StepSlot slot, CancellationToken cancellationToken)
    {
        try
        {
            return await ResolveAsync(handler, call, meanwhile, cancellationToken);
        }
        catch
        {
            slot.Dispose();
            throw;
        }
    }

    /// <summary>What an approval of the call would change; a preview that fails is not shown, and the asking goes on.</summary>
    public async Task<ApprovalPreview?> PreviewAsync(
        IEffectHandler handler, EffectCall call, CancellationToken cancellationToken)
    {
        try
        {
            using (tenants.Enter(call.Tenant)) return await handler.PreviewAsync(call, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogThrew(error, handler.Effect, call.Run, call.Step);
            return null;
        }
    }

    /// <summary>An approval given in advance; where that cannot be found out, a person is asked.</summary>
    public async Task<StandingConsent?> ConsentAsync(
        IEffectHandler handler, EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken)
    {
        try
        {
            using (tenants.Enter(call.Tenant)) return await handler.ConsentAsync(call, ask, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogThrew(error, handler.Effect, call.Run, call.Step);
            return null;
        }
    }

    /// <summary>Asks a handler whether a call took place.</summary>
    public async Task<ProbeAnswer> ProbeAsync(
        IEffectHandler handler, EffectCall call, CancellationToken cancellationToken)
    {
        try
        {
            using (tenants.Enter(call.Tenant)) return await handler.ProbeAsync(call, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogThrew(error, handler.Effect, call.Run, call.Step);
            return new ProbeAnswer.Unknown("Looking for its outcome failed.");
        }
    }

    /// <summary>Where a step's text goes while it is being made.</summary>
    public Action<string> DeltasOf(RunId run, string step) => text => feed.Delta(run, step, text);

    /// <summary>Where a step's progress goes: to the loop that journals it, the newest of each second.</summary>
    public Action<Progress> ProgressOf(string step, int occurrence, ChannelWriter<StepOutcome?> outcomes)
    {
        long? told = null;
        return progress =>
        {
            var now = clock.GetTimestamp();
            if (told is { } before && clock.GetElapsedTime(before, now) < ProgressInterval) return;
            told = now;
            outcomes.TryWrite(new StepOutcome(new StepProgressed(step, occurrence, progress)));
        };
    }

    private static EffectCall WithoutPlace(EffectCall call, StepSlot? slot) => call.AskAsync is not { } ask ? call : call with
    {
        AskAsync = (wish, cancellationToken) =>
        {
            slot?.Dispose();
            return ask(wish, cancellationToken);
        },
    };

    /// <summary>
    /// Null if the call may begin. Otherwise an event that says why not; where the run is another's by now, the journal
    /// refuses it, and the loop ends by that.
    /// </summary>
    private async Task<RunEvent?> MayBeginAsync(
        EffectCall call, Func<CancellationToken, ValueTask<bool>> stillOwns, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await stillOwns(cancellationToken)) return null;
                LogLost(call.Run, call.Step);
                return new StepFailed(call.Step, call.Occurrence, RunFaults.Moved, 0);
            }
            catch (Exception error) when (error is System.Data.Common.DbException or IOException or TimeoutException)
            {
                // While nobody can say whose the run is, the effect waits, as an append would.
            }
            catch (OperationCanceledException)
            {
                return new StepFailed(call.Step, call.Occurrence, NotBegun, 0);
            }

            await Task.Delay(AskAgainAfter, clock, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private static Fault NotBegun { get; } =
        new("runs.step_cancelled", FaultKind.Cancelled, "The step was stopped before it began.");

    private async Task<RunEvent> PerformAsync(
        EffectCall call, IEffectHandler handler, RepeatClass repeat, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        using var span = RunsTelemetry.Step(call, handler.Effect);
        // The step's text is kept for late watchers until it ends; a step that is being stopped writes for nobody.
        using var text = feed.Begin(call.Run, call.Step, call.Occurrence);
        await using var stopped = cancellationToken.UnsafeRegister(
            static writing => ((IDisposable)writing!).Dispose(), text);
        try
        {
            using var tenant = tenants.Enter(call.Tenant);
            var result = await handler.PerformAsync(call, cancellationToken);
            var took = clock.GetElapsedTime(began);
            RunsTelemetry.StepEnded(handler.Effect, result.IsOk, took);
            if (result.TryGet(out var output, out var fault))
            {
                return output.Child is { } child
                    ? new StepParked(call.Step, call.Occurrence, child)
                    : new StepCompleted(
                        call.Step, call.Occurrence, output.Output, output.Usage, (long)took.TotalMilliseconds)
                    {
                        Compensation = output.Compensation,
                        Label = output.Label,
                    };
            }

            span?.SetStatus(ActivityStatusCode.Error, fault.Code);
            return new StepFailed(call.Step, call.Occurrence, fault, (long)took.TotalMilliseconds);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (repeat is RepeatClass.Unsafe or RepeatClass.Queryable)
            {
                return new StepInDoubt(
                    call.Step, call.Occurrence, call.Key, handler.Effect, "It was stopped in the middle.");
            }

            return new StepFailed(
                call.Step,
                call.Occurrence,
                new Fault("runs.step_cancelled", FaultKind.Cancelled, "The step was stopped before it was complete."),
                (long)clock.GetElapsedTime(began).TotalMilliseconds);
        }
        catch (Exception error)
        {
            LogThrew(error, handler.Effect, call.Run, call.Step);
            span?.SetStatus(ActivityStatusCode.Error, "threw");
            RunsTelemetry.StepEnded(handler.Effect, ok: false, clock.GetElapsedTime(began));
            if (repeat is RepeatClass.Unsafe or RepeatClass.Queryable)
            {
                return new StepInDoubt(
                    call.Step, call.Occurrence, call.Key, handler.Effect, "Its handler broke off in the middle.");
            }

            return new StepFailed(
                call.Step,
                call.Occurrence,
                new Fault(
                    "runs.handler_bug",
                    FaultKind.Internal,
                    $"The handler of '{handler.Effect}' failed. The server's log has the details under {call.Run}."),
                (long)clock.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{Run} was taken over while this process stood still; {Step} is not begun here.")]
    private partial void LogLost(RunId run, string step);

    [LoggerMessage(Level = LogLevel.Error, Message = "The handler of {Effect} threw for {Run} {Step}.")]
    private partial void LogThrew(Exception error, string effect, RunId run, string step);
}

/// <summary>What came of a step, on its way to the loop.</summary>
internal sealed record StepOutcome(RunEvent Event);

/// <summary>Where effects are performed: on the thread pool, unless a simulation wants to say when.</summary>
internal sealed record StepScheduler(TaskScheduler Scheduler)
{
    public static StepScheduler Pool { get; } = new(TaskScheduler.Default);

    /// <summary>Cancels away from the caller's thread, where the effects that are stopped by it are performed.</summary>
    public Task CancelAsync(CancellationTokenSource source) => Scheduler == TaskScheduler.Default
        ? source.CancelAsync()
        : Task.Factory.StartNew(source.Cancel, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler);
}

/// <summary>Reads the step out of the events that come of one.</summary>
internal static class StepEvents
{
    /// <summary>The occurrence that an outcome belongs to.</summary>
    public static int Occurrence(this RunEvent outcome) => outcome switch
    {
        StepCompleted completed => completed.Occurrence,
        StepFailed failed => failed.Occurrence,
        StepInDoubt doubt => doubt.Occurrence,
        StepParked parked => parked.Occurrence,
        StepProgressed progressed => progressed.Occurrence,
        ApprovalRequested asked => asked.Occurrence,
        _ => throw new UnreachableException($"{outcome.GetType().Name} is not the outcome of a step."),
    };

    /// <summary>The step that an outcome belongs to.</summary>
    public static string Step(this RunEvent outcome) => outcome switch
    {
        StepCompleted completed => completed.Step,
        StepFailed failed => failed.Step,
        StepInDoubt doubt => doubt.Step,
        StepParked parked => parked.Step,
        StepProgressed progressed => progressed.Step,
        ApprovalRequested asked => asked.Step,
        _ => throw new UnreachableException($"{outcome.GetType().Name} is not the outcome of a step."),
    };
}
