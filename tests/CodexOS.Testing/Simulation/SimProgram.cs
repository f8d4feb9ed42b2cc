using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Simulation;

/// <summary>One thing that a simulated run does: steps side by side, a sleep, or a wait for a signal.</summary>
/// <param name="Effects">The effects of the steps; none where it sleeps or waits.</param>
/// <param name="Signal">The signal that it waits for.</param>
/// <param name="Milliseconds">How long it sleeps, or waits at most; 0 is for ever.</param>
/// <param name="Must">Whether the run fails when one of the steps does.</param>
/// <param name="Below">What a child run does.</param>
internal sealed record SimOp(
    ImmutableArray<string> Effects, string? Signal, int Milliseconds, bool Must, ImmutableArray<SimOp> Below);

/// <summary>The program of simulated runs: does what its input lists, one after the other.</summary>
internal sealed class SimProgram : RunProgram<SimState>
{
    public const string Name = "sim";

    private static readonly JsonElement Nothing = JsonSerializer.SerializeToElement(new { });

    public override string Kind => Name;

    protected override SimState Empty { get; } = new([], 0, default, ImmutableHashSet<string>.Empty, null);

    /// <summary>The step of an operation; its name tells where it belongs.</summary>
    public static string StepOf(int op, int index) => $"s{op}.{index}";

    protected override SimState Fold(SimState state, JournaledEvent happened)
    {
        switch (happened.Event)
        {
            case RunCreated created:
                return state with { Ops = created.Input.Deserialize<ImmutableArray<SimOp>>(), Since = happened.At };
            case StepCompleted completed:
                return Over(state, completed.Step, null, happened.At);
            case StepFailed failed:
                return Over(state, failed.Step, failed.Fault, happened.At);
            case TimerFired fired when fired.Timer == WaitOf(state):
            case SignalDelivered delivered when delivered.Wait == WaitOf(state):
                return Next(state, happened.At);
            default:
                return state;
        }
    }

    protected override Decision Decide(SimState state)
    {
        if (state.Failed is { } fault) return new Decision.Fail(fault);
        if (state.Position >= state.Ops.Length) return new Decision.Complete(Nothing);
        var op = state.Ops[state.Position];
        if (!op.Effects.IsEmpty)
        {
            // To ask for a step that is over would be to have it done again.
            return new Decision.Perform(
            [
                .. op.Effects.Select((effect, i) => RequestOf(state.Position, i, effect, op))
                    .Where(request => !state.Over.Contains(request.Step)),
            ]);
        }

        DateTimeOffset? due = op.Milliseconds > 0 ? state.Since.AddMilliseconds(op.Milliseconds) : null;
        return op.Signal is { } signal
            ? new Decision.Await(WaitOf(state), signal, due)
            : new Decision.Sleep(WaitOf(state), due!.Value);
    }

    private static StepRequest RequestOf(int op, int index, string effect, SimOp does) => new(
        StepOf(op, index),
        effect,
        effect == ChildRun.Effect
            ? JsonSerializer.SerializeToElement(
                new ChildRun(
                    Name, Name, 1, "child", JsonSerializer.SerializeToElement(does.Below), null, null, RunLabels.None),
                Platform.Http.Json.Options)
            : Nothing);

    private static SimState Over(SimState state, string step, Fault? fault, DateTimeOffset at)
    {
        if (!step.StartsWith($"s{state.Position}.", StringComparison.Ordinal)) return state;
        var op = state.Ops[state.Position];
        if (fault is not null && op.Must) return state with { Failed = fault };
        var over = state.Over.Add(step);
        return over.Count == op.Effects.Length ? Next(state, at) : state with { Over = over };
    }

    private static SimState Next(SimState state, DateTimeOffset at) =>
        state with { Position = state.Position + 1, Since = at, Over = [] };

    private static string WaitOf(SimState state) => $"w{state.Position}";
}

/// <summary>How far a simulated run has come.</summary>
internal sealed record SimState(
    ImmutableArray<SimOp> Ops, int Position, DateTimeOffset Since, ImmutableHashSet<string> Over, Fault? Failed);
