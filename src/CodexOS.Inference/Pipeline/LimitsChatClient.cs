using System.Runtime.CompilerServices;
using System.Text;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Pipeline;

/// <summary>Refuses requests and cuts off answers that are larger than the limits.</summary>
internal sealed class LimitsChatClient(IChatClient inner, CallOptions limits) : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];
        Check(request, options);
        long length = 0;
        await foreach (var update in InnerClient.GetStreamingResponseAsync(request, options, cancellationToken))
        {
            length += update.Contents.Sum(ChatSize.LengthOf);
            if (length > limits.AnswerLengthMax)
            {
                throw new ModelCallException(new Fault(
                    "inference.answer_too_long",
                    FaultKind.LimitReached,
                    $"The model's answer passed the limit of {limits.AnswerLengthMax} characters. Ask for less, or "
                    + "raise Inference:Calls:AnswerLengthMax."));
            }

            yield return update;
        }
    }

    private void Check(IReadOnlyCollection<ChatMessage> request, ChatOptions? options)
    {
        var (sizeBytes, length) = ChatSize.Of(request, options);
        if (sizeBytes > limits.RequestBytesMax)
        {
            throw TooLarge($"{sizeBytes} bytes", $"{limits.RequestBytesMax} bytes", "RequestBytesMax");
        }

        var tokens = ChatSize.Tokens(length);
        if (tokens > limits.RequestTokensMax)
        {
            throw TooLarge($"about {tokens} tokens", $"{limits.RequestTokensMax} tokens", "RequestTokensMax");
        }
    }

    private static ModelCallException TooLarge(string size, string limit, string option) => new(new Fault(
        "inference.request_too_large",
        FaultKind.TooLarge,
        $"The conversation is {size} long and the limit is {limit}. Let tools return less, or raise "
        + $"Inference:Calls:{option}."));
}

/// <summary>Measures requests and answers.</summary>
internal static class ChatSize
{
    /// <summary>Bytes and characters of everything a request carries.</summary>
    public static (long SizeBytes, long Length) Of(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        long sizeBytes = 0;
        long length = 0;
        foreach (var text in messages.SelectMany(message => message.Contents).SelectMany(TextsOf)
            .Concat((options?.Tools ?? []).SelectMany(TextsOf)))
        {
            sizeBytes += Encoding.UTF8.GetByteCount(text);
            length += text.Length;
        }

        return (sizeBytes, length);
    }

    /// <summary>Characters of one piece of content.</summary>
    public static long LengthOf(AIContent content) => TextsOf(content).Sum(text => (long)text.Length);

    /// <summary>Tokens of a text, by the usual rule of thumb of four characters each.</summary>
    public static long Tokens(long length) => (length + 3) / 4;

    private static IEnumerable<string> TextsOf(AIContent content) => content switch
    {
        TextContent text => [text.Text],
        TextReasoningContent text => [text.Text],
        FunctionCallContent call =>
            [call.Name, .. (call.Arguments ?? new Dictionary<string, object?>(StringComparer.Ordinal))
                .SelectMany(argument => new[] { argument.Key, argument.Value?.ToString() ?? "null" })],
        FunctionResultContent result => [result.Result?.ToString() ?? ""],
        _ => [],
    };

    private static IEnumerable<string> TextsOf(AITool tool) => tool is AIFunctionDeclaration function
        ? [function.Name, function.Description, function.JsonSchema.GetRawText()]
        : [tool.Name, tool.Description];
}
