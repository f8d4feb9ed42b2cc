using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge.Stores.Moves;

/// <summary>
/// Moves the vectors of a knowledge base to another store: <c>copy</c> puts them there, verifies them and changes over in one
/// step of the index, <c>drop</c> deletes what the old store has. Each finds done what it has done when it is performed again.
/// Ended before the change over, the old store stays in use.
/// </summary>
internal sealed class MoveProgram : RunProgram<MoveState>
{
    public const string RunKind = "knowledge.move";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override MoveState Empty { get; } = new(null, null, 0, null, null);

    /// <inheritdoc />
    protected override MoveState Fold(MoveState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created when state.Input is null => state with { Input = Json.TryRead<MoveInput>(created.Input) },
        StepCompleted completed when Enum.TryParse<MovePhase>(completed.Step, ignoreCase: true, out var phase) => state with
        {
            Done = phase,
            Vectors = Json.TryRead<MoveOutput>(completed.Output)?.Vectors ?? state.Vectors,
            Left = Json.TryRead<MoveOutput>(completed.Output)?.Left,
        },
        StepFailed failed => state with { Fault = failed.Fault },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(MoveState state)
    {
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(KnowledgeFaults.BadStep);
        return state.Done switch
        {
            null => Perform(MovePhase.Copy, input),
            MovePhase.Copy => Perform(MovePhase.Drop, input),
            _ => new Decision.Complete(JsonSerializer.SerializeToElement(
                new
                {
                    Text = string.Join(' ', $"The vectors lie in {input.To} now.", state.Left).TrimEnd(),
                    state.Vectors,
                    input.From,
                    input.To,
                },
                Json.Options)),
        };
    }

    /// <inheritdoc />
    protected override JsonElement? Show(MoveState state) => JsonSerializer.SerializeToElement(
        new { state.Input?.From, state.Input?.To, state.Done, state.Vectors }, Json.Options);

    private static Decision.Perform Perform(MovePhase phase, MoveInput input) => new(
    [
        new StepRequest(
            phase.ToString().ToLowerInvariant(), RunKind,
            JsonSerializer.SerializeToElement(new MoveStep(input.Base, phase, input.To), Json.Options)),
    ]);
}

/// <summary>What is done one after the other.</summary>
internal enum MovePhase
{
    Copy,
    Drop,
}

/// <summary>How far a move has come.</summary>
/// <param name="Input">What it is about.</param>
/// <param name="Done">What was done last.</param>
/// <param name="Vectors">How many vectors were copied.</param>
/// <param name="Left">What stores could not be rid of yet, in words.</param>
/// <param name="Fault">What went wrong.</param>
internal sealed record MoveState(MoveInput? Input, MovePhase? Done, long Vectors, string? Left, Fault? Fault);

/// <summary>What a move is about.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="From">Where its vectors lie.</param>
/// <param name="To">Where they shall lie.</param>
internal sealed record MoveInput(KnowledgeBaseId Base, string From, string To);

/// <summary>One step of it.</summary>
/// <param name="Base">The knowledge base.</param>
/// <param name="Phase">What is to be done.</param>
/// <param name="To">Where its vectors shall lie.</param>
internal sealed record MoveStep(KnowledgeBaseId Base, MovePhase Phase, string To) : IBaseStep;

/// <summary>What a step came to.</summary>
/// <param name="Vectors">How many vectors were copied; null where none are.</param>
/// <param name="Left">What stores could not be rid of yet, in words; null if nothing is left.</param>
internal sealed record MoveOutput(long? Vectors, string? Left);
