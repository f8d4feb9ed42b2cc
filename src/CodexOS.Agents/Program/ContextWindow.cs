using System.Collections.Immutable;
using CodexOS.Platform.Faults;

namespace CodexOS.Agents.Program;

/// <summary>
/// Keeps the conversation within the agent's limit of context tokens. What is cut is decided once, when a turn ends,
/// and stays cut: the beginning of the conversation does not change from call to call, which is what model caches need.
/// Oldest tool output goes first; of the newest turn, output is shortened only if that is not enough.
/// </summary>
internal static class ContextWindow
{
    private const int CharactersPerToken = 4;
    private const int TokensPerMessage = 8;
    private const int ShortestKept = 400;

    /// <summary>The conversation, cut to fit, or <c>agents.context_full</c>.</summary>
    public static Result<ImmutableList<Utterance>> Fit(AgentRunInput input, ImmutableList<Utterance> conversation)
    {
        var tokensMax = input.Agent.ContextTokensMax;
        var tokens = TokensOf(input) + conversation.Sum(TokensOf);
        if (tokens <= tokensMax) return conversation;

        // Down to 60 %, so that the next turns fit without cutting again.
        var goal = (long)tokensMax * 6 / 10;
        var newestTurn = conversation.FindLastIndex(static it => it is Utterance.Answer);
        var cut = conversation.ToBuilder();
        for (var i = 0; i < newestTurn && tokens > goal; i++) tokens -= Replace(cut, i, MarkerOf);
        if (tokens > tokensMax)
        {
            var outputs = Math.Max(1, conversation.Count - newestTurn - 1);
            var rest = tokens - conversation.Skip(newestTurn + 1).Sum(TokensOf);
            var each = (int)Math.Max(ShortestKept, (goal - rest) / outputs * CharactersPerToken);
            for (var i = newestTurn + 1; i < cut.Count; i++)
                tokens -= Replace(cut, i, output => Shortened(output, each));
        }

        return tokens <= tokensMax
            ? cut.ToImmutable()
            : new Fault(
                "agents.context_full",
                FaultKind.LimitReached,
                $"Instructions, task, tools and answers alone have about {tokens} tokens, more than the limit of "
                + $"{tokensMax}. "
                + "Make the task smaller, or raise limits.context_tokens_max if the model can read more.");
    }

    /// <summary>Replaces a tool output and tells how many tokens that saved.</summary>
    private static long Replace(
        ImmutableList<Utterance>.Builder conversation, int index, Func<Utterance.ToolOutput, string> replacement)
    {
        if (conversation[index] is not Utterance.ToolOutput { IsCut: false } output) return 0;
        var text = replacement(output);
        if (text.Length >= output.Text.Length) return 0;
        conversation[index] = output with { Text = text, IsCut = true };
        return TokensOf(output) - TokensOf(conversation[index]);
    }

    private static string MarkerOf(Utterance.ToolOutput output) =>
        $"[The {output.Text.Length} characters that {output.Tool} gave here were cut to save space. "
        + "Call it again if needed.]";

    private static string Shortened(Utterance.ToolOutput output, int lengthMax)
    {
        if (output.Text.Length <= lengthMax) return output.Text;
        var end = char.IsHighSurrogate(output.Text[lengthMax - 1]) ? lengthMax - 1 : lengthMax;
        var missing = output.Text.Length - end;
        return $"{output.Text.AsSpan(0, end)}\n[… the other {missing} characters were cut to save space.]";
    }

    private static long TokensOf(AgentRunInput input) =>
        TokensOf(input.Agent.Instructions.Length) + TokensOf(input.Task.Length) + input.Agent.Tools.Sum(static tool =>
            TokensOf(tool.Name.Length + tool.Description.Length + tool.InputSchema.GetRawText().Length));

    private static long TokensOf(Utterance utterance) => utterance switch
    {
        Utterance.Answer answer => TokensOf(answer.Text.Length + answer.Calls.Sum(static call =>
            call.Tool.Length + call.Arguments.GetRawText().Length)),
        Utterance.ToolOutput output => TokensOf(output.Text.Length),
        Utterance.Said said => TokensOf(said.Text.Length),
        _ => throw new System.Diagnostics.UnreachableException("A conversation has three kinds of utterances."),
    };

    private static long TokensOf(int characters) =>
        ((characters + CharactersPerToken - 1) / CharactersPerToken) + TokensPerMessage;
}
