using System.Runtime.CompilerServices;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Pipeline;

/// <summary>Ends a call that takes too long as a whole, all attempts included.</summary>
internal sealed class TotalTimeoutChatClient(IChatClient inner, TimeSpan timeMax, TimeProvider clock)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var deadline = new CancellationTokenSource(timeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await using var updates =
            InnerClient.GetStreamingResponseAsync(messages, options, both.Token).GetAsyncEnumerator(both.Token);
        while (true)
        {
            try
            {
                if (!await updates.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (OperationCanceledException) when (
                deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Timeouts.Exceeded(
                    $"The model did not finish its answer within {timeMax.TotalSeconds:0.###} s.",
                    "Inference:Calls:TotalTimeMax");
            }

            yield return updates.Current;
        }
    }
}

/// <summary>Ends an attempt in which nothing has arrived for too long.</summary>
internal sealed class SilenceTimeoutChatClient(IChatClient inner, TimeSpan silenceMax, TimeProvider clock)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var silence = new CancellationTokenSource(silenceMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        await using var updates =
            InnerClient.GetStreamingResponseAsync(messages, options, both.Token).GetAsyncEnumerator(both.Token);
        while (true)
        {
            try
            {
                silence.CancelAfter(silenceMax);
                if (!await updates.MoveNextAsync())
                {
                    yield break;
                }

                // The consumer's time is not the endpoint's silence.
                silence.CancelAfter(Timeout.InfiniteTimeSpan);
            }
            catch (OperationCanceledException) when (
                silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw Timeouts.Exceeded(
                    $"The model endpoint sent nothing for {silenceMax.TotalSeconds:0.###} s.",
                    "Inference:Calls:SilenceMax");
            }

            yield return updates.Current;
        }
    }
}

internal static class Timeouts
{
    /// <summary>Waits for an answer that comes as a whole, and no longer than it may take.</summary>
    public static async Task<T> WithinAsync<T>(
        TimeSpan timeMax, TimeProvider clock, string what, string option, Func<CancellationToken, Task<T>> ask,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await ask(both.Token);
        }
        catch (OperationCanceledException) when (
            deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Exceeded($"{what} within {timeMax.TotalSeconds:0.###} s.", option);
        }
    }

    public static ModelCallException Exceeded(string what, string option) => new(new Fault(
        "inference.timeout",
        FaultKind.Timeout,
        $"{what} Check that the endpoint is well, choose a faster model, or raise {option}."))
    {
        IsEndpointUnwell = true,
    };
}
