using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodexOS.Testing.OpenAi;

/// <summary>
/// A real HTTP server on a free port that speaks OpenAI's protocol of chat and of embeddings, and those of rerankers, and does
/// what the test tells it: answers, streams, fails, hangs, breaks off. It keeps every request it received.
/// </summary>
public sealed class OpenAiServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<OpenAiAnswer> _answers = new();
    private readonly ConcurrentQueue<OpenAiRequest> _requests = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _app;
    private readonly string? _key;
    private Func<OpenAiRequest, OpenAiAnswer> _otherwise =
        static _ => new OpenAiAnswer.Fails(500, Message: "The test has prepared no answer.");

    private OpenAiServer(WebApplication app, string? key) => (_app, _key) = (app, key);

    /// <summary>The address of its API, ending in <c>/v1</c>.</summary>
    public Uri BaseUrl => new($"{_app.Urls.First()}/v1");

    /// <summary>What it received, in order.</summary>
    public IReadOnlyList<OpenAiRequest> Requests => [.. _requests];

    /// <summary>Starts a server.</summary>
    /// <param name="key">The key it asks for; null accepts everybody.</param>
    public static async Task<OpenAiServer> StartAsync(string? key = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new OpenAiServer(app, key);
        app.MapPost("/v1/chat/completions", server.AnswerAsync);
        app.MapPost("/v1/embeddings", server.AnswerAsync);
        app.MapPost("/v1/rerank", server.AnswerAsync);
        app.MapPost("/rerank", server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Prepares answers, each for one request.</summary>
    public OpenAiServer Then(params ReadOnlySpan<OpenAiAnswer> answers)
    {
        foreach (var answer in answers)
        {
            _answers.Enqueue(answer);
        }

        return this;
    }

    /// <summary>Answers requests for which nothing is prepared.</summary>
    public OpenAiServer Otherwise(Func<OpenAiRequest, OpenAiAnswer> answer)
    {
        _otherwise = answer;
        return this;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body);
        var request = new OpenAiRequest(
            body.RootElement.Clone(),
            context.Request.Headers.Authorization.ToString() is { Length: > 0 } header ? header : null)
        {
            Path = context.Request.Path,
        };
        _requests.Enqueue(request);

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, context.RequestAborted);
        try
        {
            if (_key is not null && request.Authorization != $"Bearer {_key}")
            {
                // OpenAI quotes the key it was given; ours does so in full, to see whether it travels on.
                var given = request.Authorization?.Replace("Bearer ", "", StringComparison.Ordinal);
                var refusal = new OpenAiAnswer.Fails(401, "invalid_api_key", $"Incorrect API key provided: {given}.");
                await OpenAiWriter.WriteAsync(context, request, refusal, ended.Token);
                return;
            }

            var answer = _answers.TryDequeue(out var prepared) ? prepared : _otherwise(request);
            await OpenAiWriter.WriteAsync(context, request, answer, ended.Token);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client left, or the test is over.
            context.Abort();
        }
    }
}

/// <summary>A request that the server received.</summary>
/// <param name="Body">Its JSON.</param>
/// <param name="Authorization">The header of that name, or null.</param>
public sealed record OpenAiRequest(JsonElement Body, string? Authorization)
{
    /// <summary>The path that was asked.</summary>
    public string Path { get; init; } = "";

    /// <summary>Whether texts are to be ranked.</summary>
    public bool IsRerank => Path.EndsWith("/rerank", StringComparison.Ordinal);

    /// <summary>The texts that are to be ranked, in whichever form.</summary>
    public IReadOnlyList<string> Ranked =>
        [.. (Body.TryGetProperty("documents", out var documents) ? documents : Body.GetProperty("texts")).EnumerateArray()
            .Select(static text => text.GetString()!)];

    /// <summary>The model that was asked for.</summary>
    public string Model => Body.GetProperty("model").GetString()!;

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool Streams => Body.TryGetProperty("stream", out var stream) && stream.GetBoolean();

    /// <summary>The texts whose vectors are wanted.</summary>
    public IReadOnlyList<string> Inputs => [.. Body.GetProperty("input").EnumerateArray().Select(static text => text.GetString()!)];

    /// <summary>The messages.</summary>
    public IReadOnlyList<JsonElement> Messages => [.. Body.GetProperty("messages").EnumerateArray()];
}
