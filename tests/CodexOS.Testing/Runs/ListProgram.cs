using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Runs;

/// <summary>
/// A program for tests: performs the batches of steps that its input lists, one batch after the other, and answers with
/// how each step ended. Input: <c>{ "batches": [[{ "step": "a", "effect": "test.keyed" }]] }</c>.
/// </summary>
public sealed class ListProgram : RunProgram<ListState>
{
    /// <inheritdoc />
    public override string Kind => "list";

    /// <inheritdoc />
    protected override ListState Empty { get; } = new([], 0, ImmutableDictionary<string, string>.Empty);

    /// <summary>The input that performs single steps of one effect after another.</summary>
    public static JsonElement Steps(string effect, params ReadOnlySpan<string> steps)
    {
        var batches = steps.ToArray().Select(step => new[] { new { step, effect } });
        return JsonSerializer.SerializeToElement(new { batches });
    }

    /// <inheritdoc />
    protected override ListState Fold(ListState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created => state with
        {
            Batches = [.. created.Input.GetProperty("batches").EnumerateArray().Select(batch =>
                batch.EnumerateArray()
                    .Select(one => new StepRequest(
                        one.GetProperty("step").GetString()!, one.GetProperty("effect").GetString()!, one))
                    .ToImmutableArray())],
        },
        StepCompleted completed => Over(state, completed.Step, "completed"),
        StepFailed failed => Over(state, failed.Step, failed.Fault.Code),
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(ListState state)
    {
        if (state.Next < state.Batches.Length) return new Decision.Perform(state.Batches[state.Next]);
        var text = string.Join(' ', state.Ends.OrderBy(end => end.Key).Select(end => $"{end.Key}={end.Value}"));
        return new Decision.Complete(JsonSerializer.SerializeToElement(new { text }));
    }

    private static ListState Over(ListState state, string step, string end)
    {
        var ends = state.Ends.SetItem(step, end);
        var next = state.Batches[state.Next].All(one => ends.ContainsKey(one.Step)) ? state.Next + 1 : state.Next;
        return state with { Ends = ends, Next = next };
    }
}

/// <summary>How far a list has come.</summary>
/// <param name="Batches">What to perform.</param>
/// <param name="Next">The batch that is next.</param>
/// <param name="Ends">How each step ended.</param>
public sealed record ListState(
    ImmutableArray<ImmutableArray<StepRequest>> Batches, int Next, ImmutableDictionary<string, string> Ends);
