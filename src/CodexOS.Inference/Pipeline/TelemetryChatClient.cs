using System.Diagnostics;
using System.Runtime.CompilerServices;
using CodexOS.Inference.Contracts;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Pipeline;

/// <summary>Traces and measures calls; counts and names only, never what is said.</summary>
internal sealed class TelemetryChatClient(IChatClient inner, ModelName model, TimeProvider clock)
    : StreamingChatClient(inner)
{
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var tags = Tags(model);
        using var activity = InferenceTelemetry.Source.StartActivity(
            $"chat {model.Model}", ActivityKind.Client, parentContext: default, tags);
        activity?.SetTag("gen_ai.request.temperature", options?.Temperature);
        activity?.SetTag("gen_ai.request.max_tokens", options?.MaxOutputTokens);
        AddServer(activity);

        var started = clock.GetTimestamp();
        var first = true;
        var usage = new UsageDetails();
        string? finish = null;
        string? error = "abandoned";
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
                catch (Exception failure)
                {
                    error = ErrorOf(failure, cancellationToken);
                    throw;
                }

                if (first)
                {
                    first = false;
                    InferenceTelemetry.FirstChunkAfter(clock.GetElapsedTime(started), tags);
                }

                foreach (var part in updates.Current.Contents.OfType<UsageContent>())
                {
                    usage.Add(part.Details);
                }

                finish = updates.Current.FinishReason?.Value ?? finish;
                yield return updates.Current;
            }

            error = null;
        }
        finally
        {
            await updates.DisposeAsync();
            Close(activity, usage, finish, error);
            InferenceTelemetry.Ended(
                clock.GetElapsedTime(started), tags, error, usage.InputTokenCount, usage.OutputTokenCount);
        }
    }

    private static TagList Tags(ModelName model) => new()
    {
        { "gen_ai.operation.name", "chat" },
        { "gen_ai.provider.name", model.Provider },
        { "gen_ai.request.model", model.Model },
    };

    private void AddServer(Activity? activity)
    {
        if (activity is not null && InnerClient.GetService<ChatClientMetadata>()?.ProviderUri is { } address)
        {
            activity.SetTag("server.address", address.Host);
            activity.SetTag("server.port", address.Port);
        }
    }

    private static void Close(Activity? activity, UsageDetails usage, string? finish, string? error)
    {
        if (activity is null)
        {
            return;
        }

        activity.SetTag("gen_ai.usage.input_tokens", usage.InputTokenCount);
        activity.SetTag("gen_ai.usage.output_tokens", usage.OutputTokenCount);
        if (finish is not null)
        {
            activity.SetTag("gen_ai.response.finish_reasons", new[] { finish });
        }

        if (error is not null)
        {
            activity.SetTag("error.type", error);
            activity.SetStatus(ActivityStatusCode.Error, error);
        }
    }

    private static string ErrorOf(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        ModelCallException known => known.Fault.Code,
        OperationCanceledException when cancellationToken.IsCancellationRequested => "cancelled",
        _ => failure.GetType().FullName ?? "unknown",
    };
}
