using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Agents.Definitions;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Program;

/// <summary>Takes the model's answers into the state.</summary>
internal static partial class Answers
{
    private const int ArgumentsLengthMax = 512 * 1024;
    private const int NameShownMax = 64;

    private static readonly JsonElement NoArguments = JsonElement.Parse("{}");

    /// <summary>The state after an answer: the run's answer, or calls to perform.</summary>
    public static AgentState Take(AgentState state, JsonElement output)
    {
        if (Read(output) is not { } reply) return state with { Fault = Unreadable };
        var turn = state.Turn + 1;
        var asked = reply.ToolCalls.IsDefault ? [] : reply.ToolCalls;
        var calls = CallsOf(turn, asked, state.Input!.Agent);
        var next = state with
        {
            Turn = turn,
            Conversation = state.Conversation.Add(new Utterance.Answer(reply.Text ?? "", calls)),
        };

        if (reply.FinishReason == "content_filter") return next with { Fault = Withheld };
        // What was said while the model wrote is put to it before its answer becomes the run's.
        if (calls.IsEmpty && !state.Unheard.IsEmpty) return next;
        if (calls.IsEmpty)
            return next with { Answer = new FinalAnswer(reply.Text ?? "", reply.FinishReason == "length") };

        var recent = calls.Aggregate(state.Recent, static (actions, call) => actions.Asked(call));
        return recent.Circle() is { } circle
            ? next with { Recent = recent, Fault = circle }
            : Outcomes.Settle(next with { Recent = recent, Calls = calls });
    }

    private static ModelReply? Read(JsonElement output)
    {
        try
        {
            return output.Deserialize<ModelReply>(Json.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The calls of an answer; those that cannot be made at all have their outcome from the start.</summary>
    private static ImmutableArray<AskedCall> CallsOf(int turn, ImmutableArray<ModelToolCall> asked, PinnedAgent agent)
    {
        var calls = ImmutableArray.CreateBuilder<AskedCall>(asked.Length);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < asked.Length; i++)
        {
            var tool = asked[i]?.Tool ?? "";
            var isName = ToolName().IsMatch(tool);
            var id = asked[i]?.CallId is { Length: > 0 and <= 200 } given && ids.Add(given)
                ? given
                : $"call_{turn}_{i + 1}";
            ids.Add(id);
            calls.Add(new AskedCall(
                $"{turn}.{(isName ? tool : "unknown")}.{i + 1}", id, isName ? tool : "unknown", ArgumentsOf(asked[i]))
            {
                Outcome = Impossible(asked[i], tool, isName, i, agent),
            });
        }

        return calls.MoveToImmutable();
    }

    private static CallOutcome? Impossible(ModelToolCall? call, string tool, bool isName, int index, PinnedAgent agent)
    {
        if (index >= agent.CallsPerTurnMax)
        {
            return Error($"At most {agent.CallsPerTurnMax} tools can be called at once; this call was not made. "
                + "Ask again in the next turn.");
        }

        if (!isName)
        {
            var shown = new string([.. tool.Where(static character => !char.IsControl(character)).Take(NameShownMax)]);
            var names = string.Join(", ", agent.Tools.Select(static it => it.Name));
            return Error($"There is no tool '{shown}'. There are: {names}.");
        }

        if (call!.Malformed is not null || call.Arguments.ValueKind is not JsonValueKind.Object)
            return Error(
                $"The arguments of {tool} were not a JSON object; the call was not made. Send them again as JSON.");
        if (call.Arguments.GetRawText().Length > ArgumentsLengthMax)
            return Error(
                $"The arguments of {tool} have more than {ArgumentsLengthMax} characters; the call was not made.");
        return CanonicalJson.Write(call.Arguments).TryGet(out _, out var ambiguous)
            ? null
            : Error($"The arguments of {tool} have no single meaning; the call was not made. {ambiguous.Message}");
    }

    /// <summary>What the conversation shows of the arguments: only such as every reader reads alike.</summary>
    private static JsonElement ArgumentsOf(ModelToolCall? call) => call is { Malformed: null } made
        && made.Arguments.ValueKind is JsonValueKind.Object
        && made.Arguments.GetRawText().Length <= ArgumentsLengthMax
        && CanonicalJson.Write(made.Arguments).IsOk
            ? made.Arguments
            : NoArguments;

    private static CallOutcome Error(string text) => new(text, IsError: true);

    private static Fault Unreadable { get; } = new(
        "agents.unreadable_answer", FaultKind.Upstream, "The model's answer cannot be read. Start the run again.");

    private static Fault Withheld { get; } = new(
        "agents.answer_withheld",
        FaultKind.Upstream,
        "The model's provider withheld the answer by its content filter. Change the task or use another model.");

    [GeneratedRegex(DefinitionFields.ToolNamePattern, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ToolName();
}
