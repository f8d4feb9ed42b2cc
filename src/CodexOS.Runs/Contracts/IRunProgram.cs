using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// What a kind of run does, as pure code: no clock, no randomness, no input or output. The engine folds the journal into
/// a state, asks for a decision, performs it, journals the outcome, and folds again. Because nothing is replayed as code,
/// a new version of a program may read an old journal as long as it understands its events.
/// </summary>
public interface IRunProgram
{
    /// <summary>The kind of run that this program drives.</summary>
    string Kind { get; }

    /// <summary>The state before the first event.</summary>
    object Start();

    /// <summary>The state after one more event.</summary>
    object Fold(object state, JournaledEvent happened);

    /// <summary>What to do in this state. Asked only while the run is neither ended nor waiting.</summary>
    Decision Decide(object state);

    /// <summary>The state as people may look at it, for instance in a debugger; null if there is nothing to see.</summary>
    JsonElement? Show(object state) => null;

    /// <summary>
    /// Whether a run in this state can go on with another version: null if it can, else what stands in the way.
    /// </summary>
    Fault? CheckUpgrade(object state, RunUpgraded upgrade);
}

/// <summary>A program over a typed state.</summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public abstract class RunProgram<TState> : IRunProgram
    where TState : class
{
    /// <inheritdoc />
    public abstract string Kind { get; }

    /// <inheritdoc cref="IRunProgram.Start" />
    protected abstract TState Empty { get; }

    /// <inheritdoc cref="IRunProgram.Fold" />
    protected abstract TState Fold(TState state, JournaledEvent happened);

    /// <inheritdoc cref="IRunProgram.Decide" />
    protected abstract Decision Decide(TState state);

    /// <inheritdoc cref="IRunProgram.Show" />
    protected virtual JsonElement? Show(TState state) => null;

    /// <inheritdoc cref="IRunProgram.CheckUpgrade" />
    protected virtual Fault? CheckUpgrade(TState state, RunUpgraded upgrade) => new(
        "runs.not_upgradable",
        FaultKind.Conflict,
        $"Runs of the kind '{Kind}' keep the version that they were started with. Start a new run instead.");

    object IRunProgram.Start() => Empty;

    object IRunProgram.Fold(object state, JournaledEvent happened) => Fold((TState)state, happened);

    Decision IRunProgram.Decide(object state) => Decide((TState)state);

    JsonElement? IRunProgram.Show(object state) => Show((TState)state);

    Fault? IRunProgram.CheckUpgrade(object state, RunUpgraded upgrade) => CheckUpgrade((TState)state, upgrade);
}

/// <summary>What a program wants to happen next.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Perform these steps, side by side; decide again when all of them are over.</summary>
    public sealed record Perform(ImmutableArray<StepRequest> Steps) : Decision;

    /// <summary>Sleep until a time.</summary>
    /// <param name="Timer">A stable id, different for each sleep.</param>
    /// <param name="DueAt">When to go on.</param>
    public sealed record Sleep(string Timer, DateTimeOffset DueAt) : Decision;

    /// <summary>Wait for a signal, until a time if there is one.</summary>
    /// <param name="Wait">A stable id, different for each wait.</param>
    /// <param name="Signal">The signal's name.</param>
    /// <param name="DueAt">When to go on without it, or null to wait for as long as the run may live.</param>
    public sealed record Await(string Wait, string Signal, DateTimeOffset? DueAt) : Decision;

    /// <summary>End with an answer.</summary>
    public sealed record Complete(JsonElement Output) : Decision
    {
        /// <summary>The answer's label, see <see cref="EffectOutput.Label"/>.</summary>
        public JsonElement? Label { get; init; }
    }

    /// <summary>End without one.</summary>
    public sealed record Fail(Fault Fault) : Decision;
}

/// <summary>A step that a program wants performed.</summary>
/// <param name="Step">
/// A stable id, unique within the run: letters, digits, dots, dashes and underscores, at most 100. Asking again for a
/// step that is over performs it anew, as its next occurrence.
/// </param>
/// <param name="Effect">Which handler performs it.</param>
/// <param name="Input">What to do; it is journaled.</param>
public sealed record StepRequest(string Step, string Effect, JsonElement Input)
{
    /// <summary>
    /// What the handler needs beyond the input, computed from the state and never journaled, for instance the whole
    /// conversation of which the journal already has every part.
    /// </summary>
    public object? Prepared { get; init; }
}
