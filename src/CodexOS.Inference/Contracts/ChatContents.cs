using System.Text.Json;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Contracts;

/// <summary>
/// Where the contents of messages carry what the protocol of remote models has no place for: remote models read the
/// text alone, scripted ones judge by these.
/// </summary>
public static class ChatContents
{
    /// <summary>Where a tool result says whether it is an error.</summary>
    public const string IsError = "isError";

    /// <summary>Where a tool result carries its data for programs.</summary>
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
        var content = new FunctionResultContent(callId, isError ? $"Error: {text}" : text)
        {
            AdditionalProperties = new AdditionalPropertiesDictionary { [IsError] = isError },
        };
        if (data is { } given)
        {
            content.AdditionalProperties[Data] = given;
        }

        return new ChatMessage(ChatRole.Tool, [content]);
    }
}
