using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>
/// The <c>react</c> program: the model is called, the tools it asks for are called side by side, and their results go
/// back to the model until it asks for no more. Pure code over the journal, so it can go on from any crash point.
/// <list type="number">
/// <item><c>run.created</c> pins agent and task.</item>
/// <item>Step <c>1.model</c> asks the model.</item>
/// <item>Its answer asks for tools: steps <c>1.read_file.1</c>, <c>1.shell.2</c>, … side by side.</item>
/// <item>What a tool refuses or fails at is told to the model as an error; what the model fails at ends the run.</item>
/// <item>When all are over, old tool output is cut if need be, and step <c>2.model</c> asks again.</item>
/// <item>What people say meanwhile is put to the model with the next question, and before an answer becomes final.</item>
/// <item>An answer that asks for no tools is the run's answer, once the output filter has seen it. Going in circles is a
/// fault.</item>
/// </list>
/// What the model reads has a label, and the state knows their join: the gate judges every call by it.
/// </summary>
internal sealed class AgentProgram(IOutputFilter filter) : RunProgram<AgentState>
{
    public const string RunKind = "agent";

    /// <inheritdoc />
    public override string Kind => RunKind;

    /// <inheritdoc />
    protected override AgentState Empty => AgentState.Empty;

    /// <inheritdoc />
    protected override AgentState Fold(AgentState state, JournaledEvent happened)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(happened);
        return happened.Event switch
        {
            RunCreated created when state.Input is null => Begin(
                state with { Policy = PolicyOf(created.Grant) }, created.Input, created.InputLabel),
            RunForked { Input: { } input } forked => Begin(state with { Policy = PolicyOf(forked.Grant) }, input, null),
            RunForked forked => state with { Policy = PolicyOf(forked.Grant) },
            RunUpgraded upgraded => Begin(state with { Policy = PolicyOf(upgraded.Grant) }, upgraded.Input, null),
            RunSteered steered => state with { Unheard = state.Unheard.Add(new Utterance.Said(steered.Message)), Answer = null },
            StepStarted asked when IsModelStep(state, asked.Step) => Hear(state, asked.Input),
            StepCompleted done when IsModelStep(state, done.Step) => Answers.Take(Contexts.Answered(state, done), done.Output),
            StepFailed failed when IsModelStep(state, failed.Step) => state with { Fault = failed.Fault },
            StepResolved { Outcome: InDoubtOutcome.Failed } given when IsModelStep(state, given.Step) =>
                state with { Fault = GivenUp(given) },
            StepCompleted done => Outcomes.Take(state, done.Step, OutcomeOf(done.Output) with
            {
                Label = Label.Read(done.Label, LabelOf(state, done.Step)),
                WasMade = true,
            }),
            // A refusal repeats what the model wrote, and no more; what a tool failed with is the tool's.
            StepFailed failed => Outcomes.Take(state, failed.Step, OutcomeOf(failed.Fault) with
            {
                Label = failed.Effect is null ? LabelOf(state, failed.Step) : null,
                WasMade = failed.Effect is null,
            }),
            StepResolved { Outcome: InDoubtOutcome.Failed } given => Outcomes.Take(
                state, given.Step, OutcomeOf(GivenUp(given)) with { WasMade = true }),
            // All else (claims, approvals, timers, tools that begin) says nothing about what to do next.
            _ => state,
        };
    }

    /// <inheritdoc />
    protected override Decision Decide(AgentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Fault is { } fault) return new Decision.Fail(fault);
        if (state.Input is not { } input) return new Decision.Fail(NoInput);
        if (state.Answer is { } answer)
        {
            return filter.Release(answer.Text, state.Policy).TryGet(out var released, out var blocked)
                ? new Decision.Complete(OutputOf(answer with { Text = released })) { Label = state.Context.Label.ToJson() }
                : new Decision.Fail(blocked);
        }

        if (state.Calls.Any(static call => call.Outcome is null)) return new Decision.Perform([.. RequestsOf(state)]);

        var chat = Conversations.CallOf(input, state.Conversation.AddRange(state.Unheard)) with
        {
            Cache = Contexts.CacheOf(state, input),
        };
        var record = new ChatStepInput(chat.Model.Provider, chat.Model.Model, chat.Messages.Length, chat.Tools.Length);
        return new Decision.Perform(
        [
            new StepRequest(state.ModelStep, ChatCall.Effect, JsonSerializer.SerializeToElement(record, Json.Options))
            {
                Prepared = chat,
            },
        ]);
    }

    /// <inheritdoc />
    protected override JsonElement? Show(AgentState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return JsonSerializer.SerializeToElement(AgentStateView.Of(state), Json.Options);
    }

    /// <inheritdoc />
    protected override Fault? CheckUpgrade(AgentState state, RunUpgraded upgrade)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(upgrade);
        var after = Begin(state, upgrade.Input, null);
        if (after.Fault is { } fault) return fault;
        if (after.Input!.Agent.Program != state.Input!.Agent.Program)
        {
            return Incompatible(
                $"it works by the program '{after.Input.Agent.Program}' and the run by '{state.Input.Agent.Program}'");
        }

        var offered = after.Input.Agent.Tools.Select(static tool => tool.Name).ToHashSet(StringComparer.Ordinal);
        var pending = state.Calls.Where(call => call.Outcome is null && !offered.Contains(call.Tool))
            .Select(static call => call.Tool).Distinct().ToList();
        return pending.Count == 0
            ? null
            : Incompatible($"it has no {string.Join(", ", pending)}, which the run is about to call");
    }

    private static AgentState Begin(AgentState state, JsonElement given, JsonElement? label)
    {
        try
        {
            var input = given.Deserialize<AgentRunInput>(Json.Options);
            return input is { Task: not null, Agent: { Instructions: not null, Model: not null } agent }
                && ModelName.Parse(agent.Model).IsOk
                    ? state with
                    {
                        Input = input with { Agent = agent with { Tools = agent.Tools.IsDefault ? [] : agent.Tools } },
                        Context = Contexts.Begin(state, input, label),
                    }
                    : state with { Fault = NoInput };
        }
        catch (JsonException)
        {
            return state with { Fault = NoInput };
        }
    }

    private static Policy PolicyOf(JsonElement grant)
    {
        try
        {
            return grant.Deserialize<RunGrant>(Json.Options)?.Policy?.Rules ?? Policy.Default;
        }
        catch (JsonException)
        {
            return Policy.Default;
        }
    }

    /// <summary>What is known of a step's output where the step says nothing: what the tool's contract said.</summary>
    private static Label LabelOf(AgentState state, string step) =>
        state.Calls.FirstOrDefault(call => call.Step == step) is { } call
        && state.Input?.Agent.ToolLabels is { } labels && labels.TryGetValue(call.Tool, out var label)
            ? label.Join(state.Context.Label) with { IsEcho = true }
            : Label.Unknown;

    private static bool IsModelStep(AgentState state, string step) => state is { Input: not null, Calls.IsEmpty: true }
        && step == state.ModelStep;

    /// <summary>What the model is being sent, it has heard: the journaled step says how many messages that were.</summary>
    private static AgentState Hear(AgentState state, JsonElement asked)
    {
        if (state.Unheard.IsEmpty || asked.Deserialize<ChatStepInput>(Json.Options) is not { } sent) return state;
        var heard = Math.Clamp(
            sent.MessagesCount - Conversations.MessagesBefore - state.Conversation.Count, 0, state.Unheard.Count);
        return state with
        {
            Conversation = state.Conversation.AddRange(state.Unheard.Take(heard)),
            Context = state.Unheard.Take(heard).Aggregate(
                state.Context, static (context, said) => context.Read(Contexts.Said(said))),
            Unheard = state.Unheard.RemoveRange(0, heard),
        };
    }

    /// <summary>The calls that are not over, each with what was read before and how many of its kind were asked for.</summary>
    private static IEnumerable<StepRequest> RequestsOf(AgentState state)
    {
        var context = state.Context;
        foreach (var call in state.Calls)
        {
            if (call.Outcome is null)
            {
                yield return new StepRequest(
                    call.Step,
                    ToolStepInput.Effect,
                    JsonSerializer.SerializeToElement(
                        new ToolStepInput(call.Tool, call.CallId, call.Arguments), Json.Options))
                {
                    Prepared = context,
                };
            }

            if (call.Outcome is null or { WasMade: true }) context = context.Called(call.Tool);
        }
    }

    private static CallOutcome OutcomeOf(JsonElement output)
    {
        try
        {
            return output.Deserialize<ToolStepOutput>(Json.Options) is { Text: not null } read
                ? new CallOutcome(read.Text, read.IsError)
                : new CallOutcome("The tool gave nothing that can be read.", IsError: true);
        }
        catch (JsonException)
        {
            return new CallOutcome("The tool gave nothing that can be read.", IsError: true);
        }
    }

    private static CallOutcome OutcomeOf(Fault fault) => new($"{fault.Message} ({fault.Code})", IsError: true);

    private static Fault GivenUp(StepResolved given) => new(
        "agents.outcome_unknown",
        FaultKind.Internal,
        "The server stopped in the middle of this step and nobody knows whether it took place. A person decided to "
        + $"treat it as failed{(string.IsNullOrWhiteSpace(given.Note) ? "" : $": {given.Note.Trim()}")}. "
        + "Look before you repeat it.");

    private static JsonElement OutputOf(FinalAnswer answer) => answer.IsCutOff
        ? JsonSerializer.SerializeToElement(new { answer.Text, CutOff = true }, Json.Options)
        : JsonSerializer.SerializeToElement(new { answer.Text }, Json.Options);

    private static Fault Incompatible(string why) => new(
        "agents.upgrade_incompatible",
        FaultKind.Conflict,
        $"The run cannot go on with this version: {why}. Let it end, or start a new run with the version.");

    private static Fault NoInput { get; } = new(
        "agents.bad_input",
        FaultKind.Internal,
        "The run's input is not that of an agent's run, so it cannot go on. Start it again.");
}
