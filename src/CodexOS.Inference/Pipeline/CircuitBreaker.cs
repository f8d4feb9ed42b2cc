using System.Runtime.CompilerServices;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Pipeline;

/// <summary>
/// Remembers, per provider, how many calls in a row found the endpoint unwell. After too many it refuses calls for a
/// while, then lets a single one through to see; that one's outcome decides.
/// </summary>
internal sealed class CircuitBreaker(string provider, int failuresMax, TimeSpan pause, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private int _failures;
    private DateTimeOffset _closedUntil;
    private bool _trying;

    /// <summary>The fault that refuses a call, or null to let it through.</summary>
    public Fault? Enter()
    {
        lock (_lock)
        {
            if (_failures < failuresMax)
            {
                return null;
            }

            var left = _closedUntil - clock.GetUtcNow();
            if (left <= TimeSpan.Zero && !_trying)
            {
                _trying = true;
                return null;
            }

            var wait = left > TimeSpan.Zero ? left : TimeSpan.FromSeconds(1);
            return new Fault(
                "inference.endpoint_resting",
                FaultKind.Unavailable,
                $"The endpoint of provider '{provider}' failed {_failures} times in a row and is left alone for "
                + $"{Math.Ceiling(wait.TotalSeconds)} s more. Check that it is up, then start again.")
            {
                RetryAfter = wait,
            };
        }
    }

    /// <summary>The endpoint answered, be it with a refusal.</summary>
    public void Succeeded()
    {
        lock (_lock)
        {
            _failures = 0;
            _trying = false;
        }
    }

    /// <summary>The endpoint was found unwell.</summary>
    public void Failed()
    {
        lock (_lock)
        {
            _failures = Math.Min(_failures + 1, 1_000_000);
            _closedUntil = clock.GetUtcNow() + pause;
            _trying = false;
        }
    }

    /// <summary>The call was given up before the endpoint's state was known.</summary>
    public void Abandoned()
    {
        lock (_lock)
        {
            _trying = false;
        }
    }
}

/// <summary>Asks the breaker before a call and tells it the outcome.</summary>
internal sealed class BreakerChatClient(IChatClient inner, CircuitBreaker breaker) : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (breaker.Enter() is { } refusal)
        {
            throw new ModelCallException(refusal);
        }

        var told = false;
        var updates = InnerClient.GetStreamingResponseAsync(messages, options, cancellationToken)
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
                catch (ModelCallException failure)
                {
                    told = true;
                    Tell(failure);
                    throw;
                }

                yield return updates.Current;
            }

            told = true;
            breaker.Succeeded();
        }
        finally
        {
            if (!told)
            {
                breaker.Abandoned();
            }

            await updates.DisposeAsync();
        }
    }

    private void Tell(ModelCallException failure)
    {
        if (failure.IsEndpointUnwell)
        {
            breaker.Failed();
        }
        else
        {
            breaker.Succeeded();
        }
    }
}
