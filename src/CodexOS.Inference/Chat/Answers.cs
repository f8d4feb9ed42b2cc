using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Chat;

/// <summary>An answer that is known as a whole, for providers that do not wait for anybody.</summary>
internal sealed record Answer(
    string Text, ImmutableArray<ModelToolCall> ToolCalls, string FinishReason, string Model, UsageDetails Usage)
{
    /// <summary>Tokens by rule of thumb, for answers nobody counts.</summary>
    public static UsageDetails Estimate(
        IEnumerable<ChatMessage> messages, ChatOptions? options, string text, ImmutableArray<ModelToolCall> calls)
    {
        var input = ChatSize.Tokens(ChatSize.Of(messages, options).Length);
        var output = ChatSize.Tokens(
            text.Length + calls.Sum(call => call.Tool.Length + call.Arguments.GetRawText().Length));
        return new UsageDetails
        {
            InputTokenCount = input,
            OutputTokenCount = output,
            TotalTokenCount = input + output,
        };
    }

    /// <summary>Streams the answer word by word.</summary>
    public async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        TimeSpan pause, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var word in Words(Text))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new ChatResponseUpdate(ChatRole.Assistant, word) { ModelId = Model };
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock, cancellationToken);
            }
        }

        var contents = ToolCalls.Select(ToContent).Append(new UsageContent(Usage)).ToList();
        yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
        {
            ModelId = Model,
            FinishReason = new ChatFinishReason(FinishReason),
        };
    }

    internal static IEnumerable<string> Words(string text)
    {
        var start = 0;
        for (var end = 1; end <= text.Length; end++)
        {
            if (end == text.Length || (char.IsWhiteSpace(text[end - 1]) && !char.IsWhiteSpace(text[end])))
            {
                yield return text[start..end];
                start = end;
            }
        }
    }

    private static AIContent ToContent(ModelToolCall call)
    {
        var content = new FunctionCallContent(call.CallId, call.Tool);
        content.AdditionalProperties = new AdditionalPropertiesDictionary
        {
            [ChatContents.ArgumentsText] = call.Malformed ?? call.Arguments.GetRawText(),
        };
        return content;
    }
}
