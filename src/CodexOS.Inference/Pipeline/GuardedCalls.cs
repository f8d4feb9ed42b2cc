using System.Diagnostics;
using CodexOS.Inference.Contracts;
using Microsoft.Extensions.Logging;

namespace CodexOS.Inference.Pipeline;

/// <summary>
/// Calls of one model whose answers come as a whole, by the rules that calls of chat models have: measured, ended when they take
/// too long, refused while the endpoint is left alone, and made again after a failure that passes.
/// </summary>
/// <param name="operation">What the operation is called in telemetry.</param>
/// <param name="sought">What is asked for, as people call it.</param>
/// <param name="model">The model.</param>
/// <param name="breaker">That of the provider.</param>
/// <param name="retries">When a call is made again.</param>
/// <param name="limits">How long a call may take.</param>
/// <param name="clock">Measures it.</param>
/// <param name="logger">Is told of calls that are made again.</param>
internal sealed partial class GuardedCalls(
    string operation, string sought, ModelName model, CircuitBreaker breaker, RetryRule retries, CallOptions limits,
    TimeProvider clock, ILogger logger)
{
    /// <summary>Asks, and gives what the endpoint gives.</summary>
    /// <param name="ask">Makes one request.</param>
    /// <param name="tokensOf">How many tokens an answer says that were read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<T> AskAsync<T>(
        Func<CancellationToken, Task<T>> ask, Func<T, long?> tokensOf, CancellationToken cancellationToken)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", operation },
            { "gen_ai.provider.name", model.Provider },
            { "gen_ai.request.model", model.Model },
        };
        using var activity = InferenceTelemetry.Source.StartActivity(
            $"{operation} {model.Model}", ActivityKind.Client, parentContext: default, tags);
        var started = clock.GetTimestamp();
        string? error = "abandoned";
        long? tokens = null;
        try
        {
            var answer = await GuardedAsync(ask, cancellationToken);
            (error, tokens) = (null, tokensOf(answer));
            activity?.SetTag("gen_ai.usage.input_tokens", tokens);
            return answer;
        }
        catch (ModelCallException failure)
        {
            error = failure.Fault.Code;
            throw;
        }
        finally
        {
            if (error is not null)
            {
                activity?.SetTag("error.type", error);
                activity?.SetStatus(ActivityStatusCode.Error, error);
            }

            InferenceTelemetry.Ended(clock.GetElapsedTime(started), tags, error, tokens, null);
        }
    }

    private async Task<T> GuardedAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (breaker.Enter() is { } refusal) throw new ModelCallException(refusal);
        var isTold = false;
        try
        {
            var answer = await Timeouts.WithinAsync(
                limits.TotalTimeMax, clock, $"The model did not give the {sought}", "Inference:Calls:TotalTimeMax",
                token => AttemptsAsync(ask, token), cancellationToken);
            isTold = true;
            breaker.Succeeded();
            return answer;
        }
        catch (ModelCallException failure)
        {
            isTold = true;
            if (failure.IsEndpointUnwell) breaker.Failed();
            else breaker.Succeeded();
            throw;
        }
        finally
        {
            if (!isTold) breaker.Abandoned();
        }
    }

    private async Task<T> AttemptsAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                return await Timeouts.WithinAsync(
                    limits.SilenceMax, clock, $"The model endpoint sent no {sought}", "Inference:Calls:SilenceMax", ask,
                    cancellationToken);
            }
            catch (ModelCallException failure) when (retries.PauseAfter(failure, attempt) is { } wait)
            {
                LogRetry(logger, sought, model.Provider, attempt, failure.Fault.Code, wait.TotalMilliseconds);
                InferenceTelemetry.Retried(model.Provider, failure.Fault.Code);
                pause = wait;
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    [LoggerMessage(
        EventName = "inference.retry",
        Level = LogLevel.Information,
        Message = "Call for {Sought} to {Provider} failed at attempt {Attempt} with {Code}; next attempt in {PauseMs} ms")]
    private static partial void LogRetry(
        ILogger logger, string sought, string provider, int attempt, string code, double pauseMs);
}
