using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>
/// What the model of a run has read, with labels. What a person gives in the task is theirs to send, so it is not private;
/// what the author of the agent says is the tenant's.
/// </summary>
internal static class Contexts
{
    /// <summary>The context with instructions and task; of a run that goes on with others, with those too.</summary>
    public static CallContext Begin(AgentState state, AgentRunInput input, JsonElement? label)
    {
        var context = state.Context;
        if (state.Input?.Agent.Instructions != input.Agent.Instructions)
        {
            context = context.Read(new LabelledValue(
                "the agent's instructions", input.Agent.Instructions, new Label(Integrity.Tenant, Readers.Everyone)));
        }

        // A run's task keeps its label when the run is forked or upgraded; another one is what a person wrote.
        return state.Input?.Task == input.Task
            ? context
            : context.Read(new LabelledValue(
                "the task", input.Task, Label.Read(label, new Label(Integrity.User, Readers.Everyone))));
    }

    /// <summary>
    /// What the model says is made of what it has read, and has that label. An answer that another run got brings its own.
    /// </summary>
    public static AgentState Answered(AgentState state, StepCompleted done) => done.Label is null
        ? state
        : state with
        {
            Context = state.Context.Read(new LabelledValue(
                "an earlier answer", TextOf(done.Output), Label.Read(done.Label))),
        };

    private static string TextOf(JsonElement output) => output.ValueKind == JsonValueKind.Object
        && output.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : "";

    /// <summary>What holds for an earlier answer: only a task to which nothing was said can have been asked before.</summary>
    public static CacheRule? CacheOf(AgentState state, AgentRunInput input) =>
        input.Agent.Cache is { } cache && state.Conversation.IsEmpty && state.Unheard.IsEmpty
            ? new CacheRule(cache.Agent, cache.Version, cache.Similarity, cache.TtlSeconds, state.Context.Label.ToJson())
            : null;

    /// <summary>Something a person told the run.</summary>
    public static LabelledValue Said(Utterance.Said said) =>
        new("a message to the run", said.Text, new Label(Integrity.User, Readers.Everyone));

    /// <summary>
    /// The context after a turn's calls came back. What CodexOS itself answers repeats the model's words, so it is as
    /// trusted as the model was and no more.
    /// </summary>
    public static CallContext After(CallContext context, AskedCall call)
    {
        var outcome = call.Outcome!;
        var read = context.Read(new LabelledValue($"step {call.Step}", outcome.Text, outcome.Label ?? context.Label with { IsEcho = true }));
        return outcome.WasMade ? read.Called(call.Tool) : read;
    }
}
