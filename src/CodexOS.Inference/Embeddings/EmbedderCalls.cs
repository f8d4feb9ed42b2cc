using System.Diagnostics;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Pipeline;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace CodexOS.Inference.Embeddings;

/// <summary>
/// Calls of one embedder by the rules that calls of chat models have: measured, ended when they take too long, refused while the
/// endpoint is left alone, and made again after a failure that passes.
/// </summary>
internal sealed partial class EmbedderCalls(
    IEmbeddingGenerator<string, Embedding<float>> inner, ModelName model, CircuitBreaker breaker, RetryRule retries,
    CallOptions limits, TimeProvider clock, ILogger logger)
{
    /// <summary>Gives the vectors of some texts, as the endpoint gives them.</summary>
    public async Task<GeneratedEmbeddings<Embedding<float>>> AskAsync(
        IReadOnlyList<string> texts, EmbeddingGenerationOptions options, CancellationToken cancellationToken)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", "embeddings" },
            { "gen_ai.provider.name", model.Provider },
            { "gen_ai.request.model", model.Model },
        };
        using var activity = InferenceTelemetry.Source.StartActivity(
            $"embeddings {model.Model}", ActivityKind.Client, parentContext: default, tags);
        var started = clock.GetTimestamp();
        string? error = "abandoned";
        long? tokens = null;
        try
        {
            var answer = await GuardedAsync(texts, options, cancellationToken);
            (error, tokens) = (null, answer.Usage?.InputTokenCount);
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

    private async Task<GeneratedEmbeddings<Embedding<float>>> GuardedAsync(
        IReadOnlyList<string> texts, EmbeddingGenerationOptions options, CancellationToken cancellationToken)
    {
        if (breaker.Enter() is { } refusal) throw new ModelCallException(refusal);
        var isTold = false;
        try
        {
            var answer = await Timeouts.WithinAsync(
                limits.TotalTimeMax, clock, "The model did not give the vectors", "Inference:Calls:TotalTimeMax",
                token => AttemptsAsync(texts, options, token), cancellationToken);
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

    private async Task<GeneratedEmbeddings<Embedding<float>>> AttemptsAsync(
        IReadOnlyList<string> texts, EmbeddingGenerationOptions options, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan pause;
            try
            {
                return await Timeouts.WithinAsync(
                    limits.SilenceMax, clock, "The model endpoint sent no vectors", "Inference:Calls:SilenceMax",
                    token => inner.GenerateAsync(texts, options, token), cancellationToken);
            }
            catch (ModelCallException failure) when (retries.PauseAfter(failure, attempt) is { } wait)
            {
                LogRetry(logger, model.Provider, attempt, failure.Fault.Code, wait.TotalMilliseconds);
                InferenceTelemetry.Retried(model.Provider, failure.Fault.Code);
                pause = wait;
            }

            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    [LoggerMessage(
        EventName = "inference.retry",
        Level = LogLevel.Information,
        Message = "Embedding call to {Provider} failed at attempt {Attempt} with {Code}; next attempt in {PauseMs} ms")]
    private static partial void LogRetry(ILogger logger, string provider, int attempt, string code, double pauseMs);
}
