using System.Collections.Immutable;
using System.Diagnostics;
using CodexOS.Inference.Contracts;
using Microsoft.Extensions.AI;

namespace CodexOS.Agents.Program;

/// <summary>Writes the conversation as a model reads it.</summary>
internal static class Conversations
{
    /// <summary>How many messages stand before the conversation: the instructions and the task.</summary>
    public const int MessagesBefore = 2;

    /// <summary>The call that asks the model for its next answer.</summary>
    public static ChatCall CallOf(AgentRunInput input, ImmutableList<Utterance> conversation)
    {
        var messages = ImmutableArray.CreateBuilder<ChatMessage>(conversation.Count + MessagesBefore);
        messages.Add(new ChatMessage(ChatRole.System, input.Agent.Instructions));
        messages.Add(new ChatMessage(ChatRole.User, input.Task));
        foreach (var utterance in conversation) messages.Add(MessageOf(utterance));
        return new ChatCall(ModelName.Parse(input.Agent.Model).Value, messages.ToImmutable(), input.Agent.Tools)
        {
            Temperature = input.Agent.Temperature,
            OutputTokensMax = input.Agent.OutputTokensMax,
        };
    }

    private static ChatMessage MessageOf(Utterance utterance) => utterance switch
    {
        Utterance.Answer answer => new ChatMessage(ChatRole.Assistant, ContentsOf(answer)),
        Utterance.ToolOutput output => ChatContents.ToolResult(output.CallId, output.Text, output.IsError),
        Utterance.Said said => new ChatMessage(ChatRole.User, said.Text),
        _ => throw new UnreachableException("A conversation has three kinds of utterances."),
    };

    private static List<AIContent> ContentsOf(Utterance.Answer answer)
    {
        var contents = new List<AIContent>(answer.Calls.Length + 1);
        if (answer.Text.Length > 0) contents.Add(new TextContent(answer.Text));
        foreach (var call in answer.Calls)
        {
            contents.Add(new FunctionCallContent(
                call.CallId,
                call.Tool,
                call.Arguments.EnumerateObject().ToDictionary(
                    static argument => argument.Name,
                    static argument => (object?)argument.Value,
                    StringComparer.Ordinal)));
        }

        return contents;
    }
}
