using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Contracts;

/// <summary>
/// Turns journaled answers and tool results into the messages of the next call, so that every provider finds the same
/// facts in the same places.
/// </summary>
public static class ChatContents
{
    /// <summary>Where a tool result says whether it is an error. Not sent to remote models, which read the text.</summary>
    public const string IsError = "isError";

    /// <summary>Where a tool result carries its data for programs. Not sent to remote models.</summary>
    public const string Data = "data";

    /// <summary>Where a tool call carries its arguments exactly as the model wrote them.</summary>
    public const string ArgumentsText = "argumentsText";

    /// <summary>A tool's result, as an answer to the model's call.</summary>
    /// <param name="callId">The model's id of the call.</param>
    /// <param name="text">What the model reads.</param>
    /// <param name="isError">Whether the call did not do what was asked.</param>
    /// <param name="data">The same for programs; a scripted model finds the exit code of a command here.</param>
    public static ChatMessage ToolResult(string callId, string text, bool isError, JsonElement? data = null)
    {
        var content = new FunctionResultContent(callId, text)
        {
            AdditionalProperties = new AdditionalPropertiesDictionary { [IsError] = isError },
        };
        if (data is { } given)
        {
            content.AdditionalProperties[Data] = given;
        }

        return new ChatMessage(ChatRole.Tool, [content]);
    }

    /// <summary>A model's earlier answer, as a message of the conversation.</summary>
    public static ChatMessage Answer(ModelReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        List<AIContent> contents = [];
        if (reply.Text.Length > 0)
        {
            contents.Add(new TextContent(reply.Text));
        }

        foreach (var call in reply.ToolCalls)
        {
            contents.Add(new FunctionCallContent(
                call.CallId,
                call.Tool,
                call.Arguments.EnumerateObject().ToDictionary(
                    argument => argument.Name, object? (argument) => argument.Value, StringComparer.Ordinal)));
        }

        return new ChatMessage(ChatRole.Assistant, contents);
    }
}
