using System.Collections.Concurrent;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>
/// A small server that speaks the contract of the HTTP API over real sockets and can misbehave on request: refuse
/// tokens, cut streams, go away and come back on the same port. It keeps its state when it goes away.
/// </summary>
internal sealed partial class ContractServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly Lock _lock = new();
    private WebApplication? _app;
    private CancellationTokenSource _streams = new();
    private int _tokenNumber;

    public const string Email = "ada@example.org";
    public const string Password = "correct horse battery";

    public Uri Url { get; private set; } = null!;

    public bool NeedsSetup { get; set; }

    /// <summary>Every request, as "METHOD path?query".</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public IReadOnlyList<string> IdempotencyKeys { get; private set; } = [];

    public int RefreshesCount { get; private set; }

    public string AccessToken => $"access-{_tokenNumber}";

    public string RefreshToken => $"refresh-{_tokenNumber}";

    public Journal Journal { get; } = new();

    public JsonArray Runs { get; } = [];

    public IReadOnlyDictionary<string, (TarEntryType Type, string Text)> Uploaded { get; private set; } =
        new Dictionary<string, (TarEntryType, string)>();

    public (string ApprovalId, bool Approve, string? Note)? Decision { get; private set; }

    /// <summary>Answers that the next requests get instead of the real ones: status and problem.</summary>
    public ConcurrentQueue<(string PathPart, int Status, JsonObject? Problem)> NextAnswers { get; } = new();

    public string Diff { get; set; } = "";

    public static async Task<ContractServer> StartNewAsync()
    {
        var server = new ContractServer();
        await server.StartAsync();
        return server;
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Url?.ToString() ?? "http://127.0.0.1:0");
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(
            options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(1));
        var app = builder.Build();
        app.Use(AnswerAsync);
        app.Run(RouteAsync);
        await app.StartAsync();
        Url = new Uri(app.Urls.First());
        _app = app;
    }

    /// <summary>Goes away as a killed process does: streams break off, nothing listens.</summary>
    public async Task KillAsync()
    {
        CutStreams();
        if (_app is not null) await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>Breaks off every open event stream.</summary>
    public void CutStreams()
    {
        var cut = Interlocked.Exchange(ref _streams, new CancellationTokenSource());
        cut.Cancel();
        cut.Dispose();
    }

    /// <summary>Makes the present access token worthless, as time does.</summary>
    public void ExpireAccessToken() => _accessIsExpired = true;

    private bool _accessIsExpired;

    public ValueTask DisposeAsync()
    {
        _streams.Cancel();
        _streams.Dispose();
        return _app?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        _requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        var answer = NextAnswers.FirstOrDefault();
        if (answer.PathPart is { } part && context.Request.Path.Value!.Contains(part, StringComparison.Ordinal))
        {
            NextAnswers.TryDequeue(out _);
            if (context.Request.Headers["Idempotency-Key"] is [{ } key]) IdempotencyKeys = [.. IdempotencyKeys, key];
            await WriteProblemAsync(context, answer.Status, answer.Problem);
            return;
        }

        var path = context.Request.Path.Value!;
        var isOpen = path.StartsWith("/health", StringComparison.Ordinal) || path is "/api/v1/setup"
            or "/api/v1/auth/sign-in" or "/api/v1/auth/refresh";
        var isKnown = context.Request.Headers.Authorization == $"Bearer {AccessToken}" && !_accessIsExpired;
        if (!isOpen && !isKnown)
        {
            await WriteProblemAsync(context, 401, Problem("identity.bad_token", "The token is not valid."));
            return;
        }

        await next(context);
    }

    private Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Replace("/api/v1", "", StringComparison.Ordinal);
        var query = context.Request.Query;
        return (context.Request.Method, path) switch
        {
            ("GET", "/health/live" or "/health/ready") => context.Response.WriteAsync("ok"),
            ("GET", "/setup") => WriteAsync(
                context, 200, new JsonObject { ["needed"] = NeedsSetup, ["version"] = "0.1.0", ["passkeys"] = false }),
            ("POST", "/setup") => SetUpAsync(context),
            ("POST", "/auth/sign-in") => SignInAsync(context),
            ("POST", "/auth/refresh") => RefreshAsync(context),
            ("POST", "/auth/sign-out") => SignOutAsync(context),
            ("GET", "/auth/me") => WriteAsync(context, 200, JsonNode.Parse(
                $$$"""
                {"user":{"id":"usr_1","email":"{{{Email}}}","displayName":"Ada"},"tenant":{"id":"ten_1","name":"Demo"},
                 "role":"owner","permissions":["runs:read"]}
                """)!),
            ("GET", "/agents") => WriteAsync(context, 200, PageOfAgents(query["cursor"])),
            ("PUT", "/agents") => ApplyAsync(context),
            ("POST", "/agents/fixer/runs") => StartRunAsync(context),
            ("GET", "/runs") => WriteAsync(
                context, 200, new JsonObject { ["items"] = Runs.DeepClone(), ["nextCursor"] = null }),
            ("GET", "/runs/load") => WriteAsync(context, 200, JsonNode.Parse(
                """
                {"pools":[{"name":"sandbox","size":8,"inUse":8,"waiting":12345,"ownInUse":3,"ownWaiting":40}],
                 "runs":[{"status":"running","count":8},{"status":"inDoubt","count":1}],
                 "stepsPerSecond":12.34,"stepsPerSecondAll":99.9,"activeRuns":8,"activeRunsMax":15000}
                """)!),
            ("POST", "/workspaces") => UploadAsync(context),
            ("GET", "/workspaces/wsp_1/diff") => WriteAsync(context, 200, new JsonObject
            {
                ["diff"] = Diff,
                ["filesChanged"] = 1,
                ["insertions"] = 1,
                ["deletions"] = 1,
            }),
            _ when IsOperators(path) => OperateAsync(context, path),
            _ when path.EndsWith("/events", StringComparison.Ordinal) => EventsAsync(context),
            _ when path.Contains("/approvals/", StringComparison.Ordinal) => DecideAsync(context, path.Split('/')[^1]),
            ("GET", _) when path == $"/runs/{Journal.RunId}/state" => StateAsync(context),
            ("GET", _) when path == $"/runs/{Journal.RunId}/checkpoints" => WriteAsync(
                context, 200, new JsonObject { ["items"] = Checkpoints.DeepClone(), ["nextCursor"] = null }),
            ("POST", _) when path.StartsWith($"/runs/{Journal.RunId}/", StringComparison.Ordinal) =>
                ControlAsync(context, path[$"/runs/{Journal.RunId}/".Length..]),
            ("GET", _) when path.StartsWith("/runs/", StringComparison.Ordinal) => RunAsync(context, path[6..]),
            _ => WriteProblemAsync(context, 404, Problem("platform.not_found", $"There is no {path}.")),
        };
    }

    private async Task SetUpAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        if (!NeedsSetup)
        {
            await WriteProblemAsync(context, 409, Problem("identity.already_set_up", "There is an owner already."));
            return;
        }

        if ((string?)body["token"] != "one-time")
        {
            await WriteProblemAsync(context, 401, Problem("identity.bad_setup_token", "The link is not valid."));
            return;
        }

        NeedsSetup = false;
        await WriteTokensAsync(context, 201);
    }

    private async Task SignInAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        if ((string?)body["email"] == Email && (string?)body["password"] == Password)
            await WriteTokensAsync(context, 200);
        else
            await WriteProblemAsync(
                context, 401, Problem("identity.bad_credentials", "The address or the password is wrong."));
    }

    // As the real one: a refresh token buys one session and is worthless afterwards.
    private async Task RefreshAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        bool isValid;
        lock (_lock)
        {
            isValid = (string?)body["refreshToken"] == RefreshToken;
            if (isValid)
            {
                RefreshesCount++;
                _tokenNumber++;
                _accessIsExpired = false;
            }
        }

        if (isValid) await WriteTokensAsync(context, 200);
        else await WriteProblemAsync(context, 401, Problem("identity.session_ended", "Sign in again."));
    }

    private static Task SignOutAsync(HttpContext context)
    {
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private Task WriteTokensAsync(HttpContext context, int status) => WriteAsync(context, status, new JsonObject
    {
        ["accessToken"] = AccessToken,
        ["expiresInSeconds"] = 900,
        ["refreshToken"] = RefreshToken,
    });

    private static JsonObject PageOfAgents(string? cursor)
    {
        var name = cursor is null ? "fixer" : "writer";
        return new JsonObject
        {
            ["items"] = new JsonArray(new JsonObject
            {
                ["id"] = $"agt_{name}",
                ["name"] = name,
                ["title"] = null,
                ["description"] = $"The {name}",
                ["version"] = 3,
                ["model"] = "scripted:demo",
                ["tools"] = new JsonArray("shell"),
                ["updatedAt"] = "2026-01-01T00:00:00Z",
            }),
            ["nextCursor"] = cursor is null ? "more" : null,
        };
    }

    private static async Task ApplyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var yaml = await reader.ReadToEndAsync();
        if (yaml.Contains('\t', StringComparison.Ordinal))
        {
            var problem = Problem("agents.malformed_yaml", "A tab cannot indent.");
            problem["line"] = 3;
            problem["column"] = 7;
            await WriteProblemAsync(context, 400, problem);
            return;
        }

        var isNew = !yaml.Contains("same", StringComparison.Ordinal);
        await WriteAsync(context, isNew ? 201 : 200, new JsonObject
        {
            ["agentId"] = "agt_1",
            ["name"] = "fixer",
            ["version"] = 4,
            ["createdAt"] = "2026-01-01T00:00:00Z",
            ["createdBy"] = "usr_1",
            ["digest"] = "00",
            ["definition"] = yaml,
            ["changed"] = isNew,
        });
    }

    private async Task StartRunAsync(HttpContext context)
    {
        var body = await BodyAsync(context);
        if (context.Request.Headers["Idempotency-Key"] is [{ } key]) IdempotencyKeys = [.. IdempotencyKeys, key];
        Journal.Append("run.created", new JsonObject
        {
            ["subject"] = "fixer",
            ["subjectVersion"] = 3,
            ["input"] = body["input"]?.DeepClone(),
        });
        await WriteAsync(context, 202, Journal.Run());
    }

    private Task RunAsync(HttpContext context, string id) => id == Journal.RunId
        ? WriteAsync(context, 200, Journal.Run())
        : WriteProblemAsync(context, 404, Problem("runs.not_found", "There is no such run."));

    private async Task DecideAsync(HttpContext context, string approvalId)
    {
        var body = await BodyAsync(context);
        if ((string?)body["argumentsHash"] != Journal.ArgumentsHash)
        {
            await WriteProblemAsync(context, 409, Problem("runs.approval_changed", "The arguments have changed."));
            return;
        }

        Decision = (approvalId, (bool)body["approve"]!, (string?)body["note"]);
        var approval = Journal.Decide((bool)body["approve"]!, (string?)body["note"]);
        await WriteAsync(context, 200, approval);
    }

    private async Task UploadAsync(HttpContext context)
    {
        var uploaded = new Dictionary<string, (TarEntryType, string)>(StringComparer.Ordinal);
        await using var gzip = new GZipStream(context.Request.Body, CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        while (await tar.GetNextEntryAsync(copyData: true) is { } entry)
        {
            using var text = entry.DataStream is null ? null : new StreamReader(entry.DataStream);
            uploaded[entry.Name] = (entry.EntryType, text is null ? entry.LinkName : await text.ReadToEndAsync());
        }

        Uploaded = uploaded;
        await WriteAsync(context, 201, new JsonObject
        {
            ["id"] = "wsp_1",
            ["createdAt"] = "2026-01-01T00:00:00Z",
            ["sizeBytes"] = 1,
            ["filesCount"] = uploaded.Count,
            ["origin"] = "upload",
        });
    }

    private async Task EventsAsync(HttpContext context)
    {
        var after = long.TryParse(context.Request.Headers["Last-Event-ID"], out var last) ? last
            : long.TryParse(context.Request.Query["after"], out var asked) ? asked : -1;
        if (!context.Request.Headers.Accept.ToString().Contains("event-stream", StringComparison.Ordinal))
        {
            var items = Journal.After(after).Select(JsonNode? (each) => each.DeepClone()).ToArray();
            await WriteAsync(context, 200, new JsonObject
            {
                ["items"] = new JsonArray(items),
                ["nextAfter"] = null,
            });
            return;
        }

        context.Response.ContentType = "text/event-stream";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_streams.Token, context.RequestAborted);
        try
        {
            await context.Response.WriteAsync(": hello\n\n", stop.Token);
            await foreach (var frame in Journal.StreamAsync(after, stop.Token))
            {
                await context.Response.WriteAsync(frame, stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private static JsonObject Problem(string code, string detail) =>
        new() { ["code"] = code, ["detail"] = detail, ["traceId"] = "0123abcd" };

    private static async Task<JsonObject> BodyAsync(HttpContext context) =>
        (JsonObject)(await JsonNode.ParseAsync(context.Request.Body))!;

    private static Task WriteProblemAsync(HttpContext context, int status, JsonObject? problem)
    {
        context.Response.StatusCode = status;
        if (problem is null) return Task.CompletedTask;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(problem.ToJsonString());
    }

    private static Task WriteAsync(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }
}
