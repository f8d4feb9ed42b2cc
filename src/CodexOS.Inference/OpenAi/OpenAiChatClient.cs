using System.Runtime.CompilerServices;
using System.Text;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;

namespace CodexOS.Inference.OpenAi;

/// <summary>
/// The client library's stream with two things added: every failure as a fault, and the arguments of tool calls exactly
/// as the model wrote them, which the library drops when they are not valid JSON.
/// </summary>
internal sealed class OpenAiChatClient(IChatClient inner, string model, OpenAiFaults faults, bool isOpenAI)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var began = false;
        var finished = false;
        var arguments = new ArgumentsByCall();
        var updates = InnerClient.GetStreamingResponseAsync(messages, Adapt(options), cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await updates.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (Exception failure) when (
                    !cancellationToken.IsCancellationRequested && faults.Of(failure, model, began) is not null)
                {
                    throw faults.Of(failure, model, began)!;
                }

                var update = updates.Current;
                began |= update.Contents.Count > 0;
                finished |= update.FinishReason is not null;
                arguments.Take(update);
                yield return update;
            }
        }
        finally
        {
            await updates.DisposeAsync();
        }

        // The protocol ends every answer with a reason. Without one, the connection was closed under it.
        if (!finished)
        {
            throw began ? faults.Cut() : faults.Garbage("holds no answer");
        }
    }

    /// <summary>
    /// OpenAI renamed <c>max_tokens</c>, and its library sends only the new name; Ollama and LM Studio know only the
    /// old one and would answer without a limit.
    /// </summary>
    private ChatOptions? Adapt(ChatOptions? options)
    {
        if (isOpenAI || options?.MaxOutputTokens is not { } tokensMax)
        {
            return options;
        }

        var adapted = options.Clone();
        adapted.MaxOutputTokens = null;
        adapted.RawRepresentationFactory = _ =>
        {
            var raw = new ChatCompletionOptions();
#pragma warning disable SCME0001 // The library marks this way of adding a member as one that may still change.
            raw.Patch.Set("$.max_tokens"u8, tokensMax);
#pragma warning restore SCME0001
            return raw;
        };
        return adapted;
    }

    private sealed class ArgumentsByCall
    {
        private readonly SortedDictionary<int, StringBuilder> _texts = [];
        private int _handedOver;

        public void Take(ChatResponseUpdate update)
        {
            if (update.RawRepresentation is StreamingChatCompletionUpdate raw)
            {
                foreach (var piece in raw.ToolCallUpdates)
                {
                    var text = _texts.TryGetValue(piece.Index, out var known) ? known : _texts[piece.Index] = new();
                    text.Append(piece.FunctionArgumentsUpdate?.ToString());
                }
            }

            // The library hands over all calls at the end, in the order of their index.
            foreach (var call in update.Contents.OfType<FunctionCallContent>())
            {
                if (_texts.Values.ElementAtOrDefault(_handedOver++) is { } text)
                {
                    (call.AdditionalProperties ??= [])[ChatContents.ArgumentsText] = text.ToString();
                }
            }
        }
    }
}
