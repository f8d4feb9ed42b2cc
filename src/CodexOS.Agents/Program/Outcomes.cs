using CodexOS.Platform.Faults;

namespace CodexOS.Agents.Program;

/// <summary>Takes what tool calls gave into the state; when the last of a turn is over, the turn is.</summary>
internal static class Outcomes
{
    /// <summary>
    /// The state after the outcome of a step. One that is not waited for, or is over already, changes nothing.
    /// </summary>
    public static AgentState Take(AgentState state, string step, CallOutcome outcome)
    {
        for (var i = 0; i < state.Calls.Length; i++)
        {
            var call = state.Calls[i];
            if (call.Step != step) continue;
            return call.Outcome is not null
                ? state
                : Settle(state with { Calls = state.Calls.SetItem(i, call with { Outcome = outcome }) });
        }

        return state;
    }

    /// <summary>
    /// Ends the turn if all its calls are over: in the order in which they were asked for, not came back.
    /// </summary>
    public static AgentState Settle(AgentState state)
    {
        if (state.Calls.Any(static call => call.Outcome is null)) return state;
        var conversation = state.Conversation.ToBuilder();
        var (recent, context) = (state.Recent, state.Context);
        foreach (var call in state.Calls)
        {
            var outcome = call.Outcome!;
            context = Contexts.After(context, call);
            conversation.Add(
                new Utterance.ToolOutput(call.CallId, call.Tool, outcome.Text, outcome.IsError, IsCut: false));
            recent = recent.CameBack(call, outcome);
        }

        var agent = state.Input!.Agent;
        var settled = state with { Calls = [], Recent = recent, Context = context };
        if (recent.Circle() is { } circle)
            return settled with { Conversation = conversation.ToImmutable(), Fault = circle };
        if (recent.ErrorsInARow >= agent.ErrorsInARowMax)
        {
            return settled with
            {
                Conversation = conversation.ToImmutable(),
                Fault = new Fault(
                    "agents.too_many_errors",
                    FaultKind.LimitReached,
                    $"The last {recent.ErrorsInARow} tool calls failed one after the other, the last of them "
                    + $"{recent.LastError}. "
                    + "See why in the run's steps, or raise limits.errors_in_a_row_max."),
            };
        }

        return ContextWindow.Fit(state.Input, conversation.ToImmutable()).TryGet(out var fitted, out var full)
            ? settled with { Conversation = fitted }
            : settled with { Conversation = conversation.ToImmutable(), Fault = full };
    }
}
