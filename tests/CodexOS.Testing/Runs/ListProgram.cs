using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Runs;

/// <summary>
/// A program for tests: goes through the batches that its input lists, one after the other, and answers with how each
/// step ended and what it was told. Input: <c>{ "batches": [[{ "step": "a", "effect": "test.keyed" }]] }</c>; instead of
/// an effect an item may say <c>"signal"</c> to wait for one, <c>"until"</c> to sleep, or <c>"child"</c> to start a list of its own.
/// With <c>"failOnError": true</c> the run fails with the first step that does.
/// </summary>
public sealed class ListProgram : RunProgram<ListState>
{
    /// <inheritdoc />
    public override string Kind => "list";

    /// <inheritdoc />
    protected override ListState Empty { get; } = new();

    /// <summary>The input that performs single steps of one effect after another.</summary>
    public static JsonElement Steps(string effect, params ReadOnlySpan<string> steps)
    {
        var batches = steps.ToArray().Select(step => new[] { new { step, effect } });
        return JsonSerializer.SerializeToElement(new { batches });
    }

    /// <summary>The input of batches given as JSON.</summary>
    public static JsonElement Batches(string json, bool failOnError = false) => JsonSerializer.SerializeToElement(
        new { batches = JsonDocument.Parse(json).RootElement, failOnError });

    /// <inheritdoc />
    protected override ListState Fold(ListState state, JournaledEvent happened) => happened.Event switch
    {
        RunCreated created => Read(state, created.Input),
        RunForked { Input: { } input } => Read(new ListState(), input),
        StepCompleted completed => Over(state, completed.Step, Shown(completed.Output)),
        StepFailed failed => Over(state, failed.Step, failed.Fault.Code),
        SignalDelivered delivered => Over(state, delivered.Wait, delivered.Payload.GetRawText()),
        TimerFired fired => Over(state, fired.Timer, "fired"),
        RunSteered steered => state with { Said = state.Said.Add(steered.Message) },
        _ => state,
    };

    /// <inheritdoc />
    protected override Decision Decide(ListState state)
    {
        if (state.FailOnError
            && state.Ends.FirstOrDefault(end => end.Value.Contains('.', StringComparison.Ordinal)) is { Key: not null } bad)
            return new Decision.Fail(new Fault("list.step_failed", FaultKind.Conflict, $"{bad.Key} ended with {bad.Value}."));
        if (state.Next < state.Batches.Length)
            return DecisionOf([.. state.Batches[state.Next].Where(one => !state.Ends.ContainsKey(NameOf(one)))]);
        var text = string.Join(' ', state.Ends.OrderBy(end => end.Key).Select(end => $"{end.Key}={end.Value}"));
        if (state.Said.Count > 0) text += $" said={string.Join(',', state.Said)}";
        return new Decision.Complete(JsonSerializer.SerializeToElement(new { text }));
    }

    /// <inheritdoc />
    protected override JsonElement? Show(ListState state) => JsonSerializer.SerializeToElement(new { state.Next, state.Ends });

    private static ListState Read(ListState state, JsonElement input) => state with
    {
        FailOnError = input.TryGetProperty("failOnError", out var fail) && fail.GetBoolean(),
        Batches = [.. input.GetProperty("batches").EnumerateArray().Select(batch => batch.EnumerateArray().ToImmutableArray())],
    };

    private static Decision DecisionOf(ImmutableArray<JsonElement> batch)
    {
        var first = batch[0];
        var step = first.GetProperty("step").GetString()!;
        DateTimeOffset? until = first.TryGetProperty("until", out var time)
            ? DateTimeOffset.Parse(time.GetString()!, CultureInfo.InvariantCulture)
            : null;
        if (first.TryGetProperty("signal", out var signal)) return new Decision.Await(step, signal.GetString()!, until);
        return until is { } due ? new Decision.Sleep(step, due) : new Decision.Perform([.. batch.Select(RequestOf)]);
    }

    private static StepRequest RequestOf(JsonElement one)
    {
        var step = one.GetProperty("step").GetString()!;
        if (!one.TryGetProperty("child", out var child))
            return new StepRequest(step, one.GetProperty("effect").GetString()!, one);
        var limits = one.TryGetProperty("tokensMax", out var tokens)
            ? new RunLimits(100, TimeSpan.FromHours(1), tokens.GetInt64(), 0)
            : null;
        JsonElement? grant = one.TryGetProperty("grant", out var asked) ? asked : null;
        var run = new ChildRun(
            "list", "a-list", 1, $"Child {step}", JsonSerializer.SerializeToElement(new { batches = child }), grant, limits,
            RunLabels.None);
        return new StepRequest(step, ChildRun.Effect, JsonSerializer.SerializeToElement(run, Platform.Http.Json.Options));
    }

    /// <summary>What a step gave, as the answer shows it: its text if there is one.</summary>
    private static string Shown(JsonElement output) =>
        output.ValueKind is JsonValueKind.Object && output.TryGetProperty("text", out var text)
            ? $"[{text.GetString()}]"
            : "completed";

    private static ListState Over(ListState state, string step, string end)
    {
        if (state.Next >= state.Batches.Length || state.Batches[state.Next].All(one => NameOf(one) != step)) return state;
        var ends = state.Ends.SetItem(step, end);
        var next = state.Batches[state.Next].All(one => ends.ContainsKey(NameOf(one))) ? state.Next + 1 : state.Next;
        return state with { Ends = ends, Next = next };
    }

    private static string NameOf(JsonElement one) => one.GetProperty("step").GetString()!;
}

/// <summary>How far a list has come.</summary>
public sealed record ListState
{
    /// <summary>What to go through.</summary>
    public ImmutableArray<ImmutableArray<JsonElement>> Batches { get; init; } = [];

    /// <summary>The batch that is next.</summary>
    public int Next { get; init; }

    /// <summary>How each step ended.</summary>
    public ImmutableDictionary<string, string> Ends { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>What it was told.</summary>
    public ImmutableList<string> Said { get; init; } = [];

    /// <summary>Whether a failing step fails the run.</summary>
    public bool FailOnError { get; init; }
}
