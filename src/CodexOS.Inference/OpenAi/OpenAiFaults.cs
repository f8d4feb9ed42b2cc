using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CodexOS.Inference.Pipeline;
using CodexOS.Platform.Faults;

namespace CodexOS.Inference.OpenAi;

/// <summary>Says in our words what an endpoint or the way to it did wrong, and what to do next.</summary>
internal sealed class OpenAiFaults(
    string provider, Uri address, string settings, OpenAiTask task, Secrets secrets, TimeProvider clock)
{
    private const int QuoteLengthMax = 300;

    /// <summary>What an exception of the client library means.</summary>
    /// <param name="failure">The exception.</param>
    /// <param name="model">The model that was asked.</param>
    /// <param name="answerBegan">Whether a piece of the answer had arrived.</param>
    /// <returns>Null for an exception that is none of the endpoint's doing.</returns>
    public ModelCallException? Of(Exception failure, string model, bool answerBegan)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case ModelCallException known:
                    return known;
                case ClientResultException { Status: > 0 } answer:
                    return OfStatus(answer, model);
                case HttpRequestException or IOException:
                    return answerBegan ? Cut(failure) : Down(failure);
                // The library reads foreign JSON with exactly these exceptions when it is not what it should be.
                case JsonException or FormatException or KeyNotFoundException or ArgumentException
                    or InvalidOperationException:
                    return Garbage("is not what the protocol prescribes", failure);
            }
        }

        return null;
    }

    /// <summary>The answer ended before it was finished.</summary>
    public ModelCallException Cut(Exception? cause = null) => new(
        new Fault(
            "inference.answer_cut",
            FaultKind.Upstream,
            $"The endpoint of provider '{provider}' ({address}) broke off in the middle of its answer. Run again; if "
            + "it happens often, look at the endpoint's log."),
        cause)
    {
        IsPassing = true,
        IsEndpointUnwell = true,
    };

    /// <summary>The answer could not be understood.</summary>
    public ModelCallException Garbage(string what, Exception? cause = null) => new(
        new Fault(
            "inference.garbage_answer",
            FaultKind.Upstream,
            $"The answer of provider '{provider}' ({address}) {what}. {HowToAddress}"),
        cause)
    {
        IsEndpointUnwell = true,
    };

    private string What => task switch
    {
        OpenAiTask.Chat => "chat with tools and the agent's settings",
        OpenAiTask.Embedding => "embeddings",
        OpenAiTask.Reranking => "reranking",
        _ => throw new UnreachableException(),
    };

    private string HowToAddress => task == OpenAiTask.Reranking
        ? $"Check that {settings}:BaseUrl, with the path and the form under Inference:Rerankers:{provider}, is the address of a reranker."
        : $"Check that {settings}:BaseUrl is the address of an OpenAI-compatible API, up to and including /v1.";

    private ModelCallException Down(Exception cause) => new(
        new Fault(
            "inference.endpoint_down",
            FaultKind.Unavailable,
            $"The endpoint of provider '{provider}' ({address}) cannot be reached. Check that it is running, and that "
            + $"{settings}:BaseUrl and the network are right."),
        cause)
    {
        IsPassing = true,
        IsEndpointUnwell = true,
    };

    private ModelCallException OfStatus(ClientResultException answer, string model)
    {
        var said = ReadError(answer.GetRawResponse());
        var wait = RetryAfter(answer.GetRawResponse());
        return answer.Status switch
        {
            401 or 403 => Final(answer, "inference.bad_key", FaultKind.Unavailable,
                $"Provider '{provider}' does not accept the key or does not let it use the model '{model}'. Put a "
                + $"valid one into the file that {settings}:ApiKeyFile names, or into {settings}:ApiKey."),
            429 when said.Code is "insufficient_quota" or "billing_hard_limit_reached" => Final(
                answer, "inference.quota_used_up", FaultKind.LimitReached,
                $"The account at provider '{provider}' has no credit left. Add credit there, or choose another model."),
            429 => Passing(answer, "inference.rate_limited", FaultKind.Throttled, wait, isUnwell: false,
                $"Provider '{provider}' turns requests away because there are too many. Wait a little and run again, "
                + "or raise the limits of the account there."),
            408 or 504 => Passing(answer, "inference.timeout", FaultKind.Timeout, wait, isUnwell: true,
                $"The endpoint of provider '{provider}' ({address}) gave up waiting for the model. Run again, or "
                + "choose a faster model."),
            >= 500 => Passing(answer, "inference.endpoint_failed", FaultKind.Upstream, wait, isUnwell: true,
                $"The endpoint of provider '{provider}' ({address}) failed with status {answer.Status}{Quote(said)}. "
                + "Run again later; if it stays so, look at the endpoint's log or status page."),
            413 => ContextTooLong(answer, model),
            400 or 422 when said.IsContextTooLong => ContextTooLong(answer, model),
            400 or 422 when said.IsContentFiltered => Final(
                answer, "inference.content_filtered", FaultKind.Invalid,
                task == OpenAiTask.Chat
                    ? $"Provider '{provider}' refused the conversation by its content rules. Change the task or the instructions."
                    : $"Provider '{provider}' refused a text by its content rules."),
            404 => Final(answer, "inference.unknown_model", FaultKind.Invalid,
                $"Provider '{provider}' ({address}) has no model '{model}', or the address is wrong. Check the model's "
                + $"name and {settings}:BaseUrl."),
            >= 300 and < 400 => Garbage($"was a redirect (status {answer.Status}), which is not followed", answer),
            _ => Final(answer, "inference.request_refused", FaultKind.Upstream,
                $"Provider '{provider}' refused the request with status {answer.Status}{Quote(said)}. Check that the "
                + $"model '{model}' supports {What}."),
        };
    }

    private ModelCallException ContextTooLong(Exception cause, string model) => Final(
        cause, "inference.context_too_long", FaultKind.TooLarge,
        task == OpenAiTask.Chat
            ? $"The conversation is longer than the model '{model}' can take. Choose a model with a larger context, or let "
                + "tools return less."
            : $"A text is longer than the model '{model}' can take. Choose a model that takes longer ones.");

    private static ModelCallException Final(Exception cause, string code, FaultKind kind, string message) =>
        new(new Fault(code, kind, message), cause);

    private static ModelCallException Passing(
        Exception cause, string code, FaultKind kind, TimeSpan? wait, bool isUnwell, string message) =>
        new(new Fault(code, kind, message) { RetryAfter = wait }, cause)
        {
            IsPassing = true,
            IsEndpointUnwell = isUnwell,
        };

    private string Quote(EndpointError said)
    {
        if (said.Message.Length == 0)
        {
            return "";
        }

        var line = secrets.Redact(said.Message).ReplaceLineEndings(" ");
        return $": “{(line.Length <= QuoteLengthMax ? line : line[..QuoteLengthMax] + "…")}”";
    }

    private TimeSpan? RetryAfter(PipelineResponse? response)
    {
        if (response is null)
        {
            return null;
        }

        if (response.Headers.TryGetValue("retry-after-ms", out var ms)
            && double.TryParse(ms, NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds))
        {
            return Bounded(milliseconds / 1000);
        }

        if (!response.Headers.TryGetValue("Retry-After", out var value))
        {
            return null;
        }

        if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return Bounded(seconds);
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out var at)
            ? Bounded((at - clock.GetUtcNow()).TotalSeconds)
            : null;
    }

    private static TimeSpan? Bounded(double seconds) =>
        double.IsFinite(seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400)) : null;

    private static EndpointError ReadError(PipelineResponse? response)
    {
        try
        {
            using var document = JsonDocument.Parse(response?.Content.ToMemory() ?? "{}"u8.ToArray());
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return EndpointError.None;
            }

            // OpenAI nests the error, some servers put its members at the top, others send only a sentence.
            var error = root.TryGetProperty("error", out var nested) ? nested : root;
            return error.ValueKind switch
            {
                JsonValueKind.Object => new EndpointError(Text(error, "code"), Text(error, "message")),
                JsonValueKind.String => new EndpointError("", error.GetString()!),
                _ => EndpointError.None,
            };
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // A proxy's HTML page, or a body that was never read: the status alone has to do.
            return EndpointError.None;
        }
    }

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private sealed record EndpointError(string Code, string Message)
    {
        public static EndpointError None { get; } = new("", "");

        public bool IsContextTooLong =>
            Code is "context_length_exceeded"
            || Says("context length") || Says("context window") || Says("maximum context") || Says("context size");

        public bool IsContentFiltered =>
            Code is "content_filter" or "content_policy_violation" || Says("content management policy");

        private bool Says(string words) => Message.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>What an endpoint was asked for.</summary>
internal enum OpenAiTask
{
    /// <summary>An answer in a conversation.</summary>
    Chat,

    /// <summary>The vectors of texts.</summary>
    Embedding,

    /// <summary>A ranking of texts.</summary>
    Reranking,
}
