using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CodexOS.Inference.Pipeline;

/// <summary>
/// Sends a request again when it failed in a way that passes: only before the first piece of an answer has arrived,
/// because what has been shown to people cannot be taken back.
/// </summary>
internal sealed partial class RetryChatClient(
    IChatClient inner, string provider, RetryRule rule, TimeProvider clock, ILogger logger)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            var updates = InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            try
            {
                bool any;
                try
                {
                    any = await updates.MoveNextAsync();
                    pause = TimeSpan.Zero;
                }
                catch (ModelCallException failure) when (rule.PauseAfter(failure, attempt) is { } wait)
                {
                    Retrying(logger, provider, attempt, failure.Fault.Code, wait.TotalMilliseconds);
                    InferenceTelemetry.Retried(provider, failure.Fault.Code);
                    any = false;
                    pause = wait;
                }

                if (pause == TimeSpan.Zero)
                {
                    for (; any; any = await updates.MoveNextAsync())
                    {
                        yield return updates.Current;
                    }

                    yield break;
                }
            }
            finally
            {
                await updates.DisposeAsync();
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    [LoggerMessage(
        EventName = "inference.retry",
        Level = LogLevel.Information,
        Message = "Model call to {Provider} failed at attempt {Attempt} with {Code}; next attempt in {PauseMs} ms")]
    private static partial void Retrying(ILogger logger, string provider, int attempt, string code, double pauseMs);
}
