using System.Diagnostics;
using System.Text.Json;

namespace CodexOS.Agents.Program;

/// <summary>An agent's run as people look at it.</summary>
/// <param name="Task">What is to be done.</param>
/// <param name="Model">The model, <c>provider:model</c>.</param>
/// <param name="Turn">How many answers the model has given.</param>
/// <param name="Conversation">What was said after the task, in order.</param>
/// <param name="Calls">The tool calls of the newest answer that are not all over yet.</param>
/// <param name="Answer">The run's answer, once there is one.</param>
internal sealed record AgentStateView(
    string? Task,
    string? Model,
    int Turn,
    IReadOnlyList<UtteranceView> Conversation,
    IReadOnlyList<CallView> Calls,
    string? Answer)
{
    public static AgentStateView Of(AgentState state) => new(
        state.Input?.Task,
        state.Input?.Agent.Model,
        state.Turn,
        [.. state.Conversation.AddRange(state.Unheard).Select(UtteranceView.Of)],
        [.. state.Calls.Select(static call => new CallView(call.Step, call.Tool, call.Arguments, call.Outcome is not null))],
        state.Answer?.Text);
}

/// <summary>A piece of the conversation.</summary>
/// <param name="By">Who said it: <c>model</c>, <c>tool</c> or <c>person</c>.</param>
/// <param name="Text">What.</param>
/// <param name="Tool">The tool, if one spoke.</param>
internal sealed record UtteranceView(string By, string Text, string? Tool)
{
    public static UtteranceView Of(Utterance utterance) => utterance switch
    {
        Utterance.Answer answer => new("model", answer.Text, null),
        Utterance.ToolOutput output => new("tool", output.Text, output.Tool),
        Utterance.Said said => new("person", said.Text, null),
        _ => throw new UnreachableException("A conversation has three kinds of utterances."),
    };
}

/// <summary>A tool call.</summary>
/// <param name="Step">The step that performs it.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">What it was asked.</param>
/// <param name="IsOver">Whether it has come back.</param>
internal sealed record CallView(string Step, string Tool, JsonElement Arguments, bool IsOver);
