using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Pipeline;

/// <summary>
/// A decorator that has one way through it: whoever wants a whole answer gets the collected stream, so that a rule
/// written once holds for both.
/// </summary>
internal abstract class StreamingChatClient(IChatClient inner) : DelegatingChatClient(inner)
{
    public sealed override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public abstract override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default);
}
