using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Drives one run: 1 fold what happened, 2 let the program decide, 3 let the gate judge, 4 journal the start,
/// 5 perform the effect, 6 journal its outcome, and again, until the run ends or has to wait. It knows nothing of the
/// process that hosts it, so it runs in a simulation as well as in a cluster.
/// </summary>
internal sealed partial class RunLoop(
    RunLog log, IRunProgram program, StepPerformer performer, RunsOptions options, TimeProvider clock, ILogger logger)
    : IDisposable
{
    /// <summary>Who decides an approval that nobody decided in time.</summary>
    public const string Expiry = "expiry";

    private readonly Channel<StepOutcome?> _signals = Channel.CreateUnbounded<StepOutcome?>();
    private readonly CancellationTokenSource _cancelled = new();
    private volatile bool _leaving;

    private RunState State => log.State;

    /// <summary>Drives the run until it ends or waits. When this returns, nothing of it is being performed.</summary>
    /// <exception cref="FencedException">Somebody else owns the run now.</exception>
    /// <exception cref="OperationCanceledException">The process stops; the run goes on elsewhere or later.</exception>
    /// <exception cref="RunLeavesException">The process is about to stop, and the run is between two steps.</exception>
    public async Task DriveAsync(CancellationToken stopping)
    {
        while (!State.Ended)
        {
            if (_leaving) throw new RunLeavesException();
            await ExpireApprovalsAsync(stopping);
            if (State.CancelRequested is { } cancel)
            {
                await EndAsync(new RunCancelled(cancel.By, cancel.Reason), stopping);
                return;
            }

            switch (Decide())
            {
                case Decision.Perform when LimitReached() is { } limit:
                    await EndAsync(new RunFailed(limit), stopping);
                    return;
                case Decision.Perform perform:
                    if (!await PerformAsync(perform.Steps, stopping)) return;
                    break;
                case Decision.Sleep sleep:
                    if (!await SleepAsync(sleep, stopping)) return;
                    break;
                case Decision.Complete complete:
                    await EndAsync(new RunCompleted(complete.Output), stopping);
                    return;
                case Decision.Fail fail:
                    await EndAsync(new RunFailed(fail.Fault), stopping);
                    return;
                case var unknown:
                    throw new UnreachableException($"The engine does not know the decision {unknown.GetType().Name}.");
            }
        }
    }

    /// <summary>Makes a driven run look at its journal again, because an approval was decided or a doubt resolved.</summary>
    public void Poke() => _signals.Writer.TryWrite(null);

    /// <summary>Begins no further step, finishes those under way, and lets go of the run.</summary>
    public void Leave()
    {
        _leaving = true;
        Poke();
    }

    /// <summary>Stops the steps that are being performed, because a cancellation has been journaled.</summary>
    public async Task CancelAsync()
    {
        await _cancelled.CancelAsync();
        Poke();
    }

    public void Dispose() => _cancelled.Dispose();

    private Decision Decide()
    {
        try
        {
            return program.Decide(State.Program);
        }
        catch (Exception bug)
        {
            LogProgramBug(bug, program.Kind, log.Run);
            return new Decision.Fail(new Fault(
                "runs.program_bug",
                FaultKind.Internal,
                $"The program '{program.Kind}' failed to decide. The server's log has the details under {log.Run}."));
        }
    }

    /// <summary>
    /// Performs steps side by side. True when there is something new to decide; false when the run waits for a person.
    /// </summary>
    private async Task<bool> PerformAsync(ImmutableArray<StepRequest> steps, CancellationToken stopping)
    {
        var over = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new HashSet<string>(StringComparer.Ordinal);
        var running = new Dictionary<string, Task>(StringComparer.Ordinal);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, _cancelled.Token);
        try
        {
            while (over.Count < steps.Length)
            {
                await ExpireApprovalsAsync(stopping);
                foreach (var step in steps)
                {
                    if (_leaving || State.CancelRequested is not null || LimitReached() is not null) break;
                    if (over.Contains(step.Step) || running.ContainsKey(step.Step)) continue;
                    // A step that waited and is over now was given up by the person who was asked.
                    Beginning begun = waiting.Remove(step.Step) && State.Step(step.Step)!.Phase is StepPhase.Over
                        ? Beginning.Over.Instance
                        : await BeginAsync(step, stopping);
                    if (begun is Beginning.Over) over.Add(step.Step);
                    if (begun is Beginning.Wait) waiting.Add(step.Step);
                    if (begun is Beginning.Run run)
                        running[step.Step] = performer.RunAsync(
                            run.Call, run.Handler, run.Repeat, StillOwnsAsync, _signals, either.Token);
                }

                if (running.Count == 0)
                {
                    if (_leaving) throw new RunLeavesException();
                    return over.Count == steps.Length || State.CancelRequested is not null || LimitReached() is not null;
                }

                if (await NextSignalAsync(stopping) is not { } outcome) continue;
                running.Remove(outcome.Event.Step());
                if (outcome.Event is not StepInDoubt) over.Add(outcome.Event.Step());
                await log.AppendAsync(stopping, outcome.Event);
            }

            return true;
        }
        finally
        {
            // Whatever ends this method, no effect is left running unwatched.
            await either.CancelAsync();
            await Task.WhenAll(running.Values).WaitAsync(options.CancelGrace, clock, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Waits for an outcome or a poke; after a cancellation only as long as the grace lasts.</summary>
    private async Task<StepOutcome?> NextSignalAsync(CancellationToken stopping)
    {
        if (!_cancelled.IsCancellationRequested) return await _signals.Reader.ReadAsync(stopping);
        try
        {
            return await _signals.Reader.ReadAsync(stopping).AsTask().WaitAsync(options.CancelGrace, clock, stopping);
        }
        catch (TimeoutException)
        {
            var stuck = State.Begun.First();
            return new StepOutcome(new StepInDoubt(
                stuck.Step, stuck.Occurrence, stuck.Started!.Key, stuck.Started.Effect,
                $"It did not stop within {options.CancelGrace.TotalSeconds:0.#} s of the cancellation."));
        }
    }

    /// <summary>Brings one step as far as it can come: judged, asked for, started, recovered or over.</summary>
    private async Task<Beginning> BeginAsync(StepRequest request, CancellationToken stopping)
    {
        var known = State.Step(request.Step);
        switch (known?.Phase)
        {
            case StepPhase.AwaitingApproval or StepPhase.InDoubt:
                return Beginning.Wait.Instance;
            case StepPhase.Started:
                return await RecoverAsync(request, known, stopping);
        }

        var occurrence = known switch
        {
            null => 1,
            { Phase: StepPhase.Judged or StepPhase.New } => known.Occurrence,
            _ => known.Occurrence + 1,
        };
        var call = CallOf(request, occurrence, known);
        if (!performer.TryFind(request.Effect, out var handler, out var missing))
            return await RefuseAsync(request, occurrence, missing, stopping);

        switch (handler.Judge(call))
        {
            case GateVerdict.Refuse refuse:
                return await RefuseAsync(request, occurrence, refuse.Fault, stopping);
            case GateVerdict.Ask ask:
                var preview = await performer.PreviewAsync(handler, call, stopping);
                await log.AppendAsync(stopping, new ApprovalRequested(
                    ApprovalId.New(clock), request.Step, occurrence, ask.Tool, ask.Title, ask.Arguments,
                    ask.ArgumentsHash, preview, clock.GetUtcNow() + ask.ExpiresAfter));
                return Beginning.Wait.Instance;
            case GateVerdict.Allow allow:
                await log.AppendAsync(stopping, new StepStarted(
                    request.Step, occurrence, request.Effect, allow.Repeat, call.Key, request.Input));
                return new Beginning.Run(call, handler, allow.Repeat);
            case var unknown:
                throw new UnreachableException($"The engine does not know the verdict {unknown.GetType().Name}.");
        }
    }

    /// <summary>A step was begun by an owner who did not live to see its end: do what its repeat class allows.</summary>
    private async Task<Beginning> RecoverAsync(StepRequest request, StepState begun, CancellationToken stopping)
    {
        var call = CallOf(request, begun.Occurrence, begun);
        if (!performer.TryFind(request.Effect, out var handler, out var missing))
            return await FailAsync(begun, missing, stopping);
        if (handler.Judge(call) is GateVerdict.Refuse refuse) return await FailAsync(begun, refuse.Fault, stopping);

        var repeat = begun.Started!.Repeat;
        if (repeat is RepeatClass.Read or RepeatClass.Transactional or RepeatClass.Keyed)
            return new Beginning.Run(call, handler, repeat);

        var answer = repeat is RepeatClass.Queryable
            ? await performer.ProbeAsync(handler, call, stopping)
            : new ProbeAnswer.Unknown("The process that performed it ended before its outcome was journaled.");
        switch (answer)
        {
            case ProbeAnswer.DidNot:
                return new Beginning.Run(call, handler, repeat);
            case ProbeAnswer.TookPlace took:
                await log.AppendAsync(stopping, new StepCompleted(
                    begun.Step, begun.Occurrence, took.Output.Output, took.Output.Usage, 0));
                return Beginning.Over.Instance;
            case ProbeAnswer.Unknown unknown:
                await log.AppendAsync(stopping, new StepInDoubt(
                    begun.Step, begun.Occurrence, call.Key, request.Effect, unknown.Reason));
                return Beginning.Wait.Instance;
            default:
                throw new UnreachableException($"The engine does not know the answer {answer.GetType().Name}.");
        }
    }

    private ValueTask<bool> StillOwnsAsync(CancellationToken cancellationToken) =>
        log.StillOwnsAsync(options.StallMax, cancellationToken);

    private EffectCall CallOf(StepRequest request, int occurrence, StepState? known) =>
        new(log.Run, log.Tenant, request.Step, occurrence, request.Input, State.Created.Grant)
        {
            Prepared = request.Prepared,
            Approval = known is not null && known.Occurrence == occurrence ? known.Approval : null,
            OnDelta = performer.DeltasOf(log.Run, request.Step),
        };

    private async Task<Beginning> RefuseAsync(
        StepRequest request, int occurrence, Fault fault, CancellationToken stopping)
    {
        await log.AppendAsync(stopping, new StepFailed(request.Step, occurrence, fault, 0)
        {
            Effect = request.Effect,
            Input = request.Input,
        });
        return Beginning.Over.Instance;
    }

    private async Task<Beginning> FailAsync(StepState begun, Fault fault, CancellationToken stopping)
    {
        await log.AppendAsync(stopping, new StepFailed(begun.Step, begun.Occurrence, fault, 0));
        return Beginning.Over.Instance;
    }

    /// <summary>True when the timer has fired; false when the run has to sleep.</summary>
    private async Task<bool> SleepAsync(Decision.Sleep sleep, CancellationToken stopping)
    {
        if (State.DueAt(sleep.Timer) is not { } due)
        {
            await log.AppendAsync(stopping, new TimerStarted(sleep.Timer, sleep.DueAt));
            due = sleep.DueAt;
        }

        if (due > clock.GetUtcNow()) return false;
        await log.AppendAsync(stopping, new TimerFired(sleep.Timer));
        return true;
    }

    private async Task ExpireApprovalsAsync(CancellationToken stopping)
    {
        var now = clock.GetUtcNow();
        foreach (var step in State.AwaitingApproval.Where(step => step.Request!.ExpiresAt <= now).ToList())
        {
            await log.AppendAsync(stopping, new ApprovalDecided(
                step.Request!.ApprovalId, false, Expiry, "Nobody decided in time."));
        }
    }

    private Fault? LimitReached()
    {
        var limits = State.Created.Limits;
        if (State.StepsCount >= limits.StepsMax)
            return Limit("runs.step_limit", $"The run reached its limit of {limits.StepsMax} steps.");
        if (State.Usage.TokensIn + State.Usage.TokensOut >= limits.TokensMax)
            return Limit("runs.token_limit", $"The run used up its {limits.TokensMax} model tokens.");
        if (limits.CostMaxMicroUsd > 0 && State.Usage.CostMicroUsd >= limits.CostMaxMicroUsd)
            return Limit("runs.cost_limit", $"The run used up its {limits.CostMaxMicroUsd / 1e6:0.00} US dollars.");
        return clock.GetUtcNow() - State.CreatedAt > limits.WallTimeMax
            ? Limit("runs.time_limit", $"The run took longer than its limit of {limits.WallTimeMax}.")
            : null;
    }

    private static Fault Limit(string code, string message) =>
        new(code, FaultKind.LimitReached, $"{message} Raise the limit in its definition if it needs more.");

    private async Task EndAsync(RunEvent terminal, CancellationToken stopping)
    {
        await log.AppendAsync(stopping, terminal);
        RunsTelemetry.RunEnded(program.Kind, State.Status);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The program {Kind} failed to decide for {Run}.")]
    private partial void LogProgramBug(Exception bug, string kind, RunId run);

    /// <summary>How far a step could be brought.</summary>
    private abstract record Beginning
    {
        public sealed record Wait : Beginning
        {
            public static Wait Instance { get; } = new();
        }

        public sealed record Over : Beginning
        {
            public static Over Instance { get; } = new();
        }

        public sealed record Run(EffectCall Call, IEffectHandler Handler, RepeatClass Repeat) : Beginning;
    }
}

/// <summary>The process is about to stop, and another one has to go on with the run.</summary>
internal sealed class RunLeavesException() : Exception("The process is about to stop; the run goes on elsewhere.");
