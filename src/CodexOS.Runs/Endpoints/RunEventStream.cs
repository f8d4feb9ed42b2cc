using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Watching;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CodexOS.Runs.Endpoints;

/// <summary>
/// A run's events: a page of JSON, or server-sent events (WHATWG HTML, "Server-sent events") that replay the journal after
/// <c>Last-Event-ID</c> and then follow it to the end of the run. Text that is still being made rides beside as
/// <c>delta</c> events without an id.
/// </summary>
internal static class RunEventStream
{
    private const int EventsAtOnce = 200;
    private const int EventsMax = 1_000;

    public static async Task ServeAsync(
        RunId id, HttpContext context, RunQueries queries, RunFeed feed, RunsOptions options, TimeProvider clock)
    {
        var aborted = context.RequestAborted;
        if (!TryReadAfter(context.Request, out var after, out var limit))
        {
            await Problems.WriteAsync(context, new Fault(
                "runs.bad_position",
                FaultKind.Invalid,
                $"after and Last-Event-ID take the seq of an event, limit takes 1 to {EventsMax}."));
            return;
        }

        if (!await queries.ExistsAsync(id, aborted))
        {
            await Problems.WriteAsync(context, RunFaults.NotFound(id));
            return;
        }

        if (context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
            await FollowAsync(id, after, context, queries, feed, options, clock);
        else
            await WritePageAsync(id, after, limit, context, queries);
    }

    private static async Task WritePageAsync(RunId id, int after, int limit, HttpContext context, RunQueries queries)
    {
        var events = await queries.EventsAsync(id, after, limit, context.RequestAborted);
        var page = new RunEventPage(
            [.. events.Select(happened => happened.View())],
            events.Count == limit ? events[^1].Seq : null);
        await context.Response.WriteAsJsonAsync(page, Json.Options, context.RequestAborted);
    }

    /// <summary>
    /// 1 watch, so that nothing is missed; 2 replay what is there, each step's outcome after the last of its text; 3 wait
    /// for news; and again until the end.
    /// </summary>
    private static async Task FollowAsync(
        RunId id,
        int after,
        HttpContext context,
        RunQueries queries,
        RunFeed feed,
        RunsOptions options,
        TimeProvider clock)
    {
        if (!feed.Watch(id).TryGet(out var watcher, out var fault))
        {
            await Problems.WriteAsync(context, fault);
            return;
        }

        using (watcher)
        {
            var response = context.Response;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.WriteAsync("retry: 1000\n\n", context.RequestAborted);
            await response.Body.FlushAsync(context.RequestAborted);

            while (true)
            {
                var events = await queries.EventsAsync(id, after, EventsAtOnce, context.RequestAborted);
                foreach (var happened in events)
                {
                    if (StepOver(happened) is var (step, occurrence))
                    {
                        foreach (var delta in watcher.Rest(step, occurrence))
                            await response.WriteAsync(Frame(delta), context.RequestAborted);
                    }

                    await response.WriteAsync(Frame(happened), context.RequestAborted);
                }

                if (events.Count > 0)
                {
                    after = events[^1].Seq;
                    await response.Body.FlushAsync(context.RequestAborted);
                    if (events[^1].IsTerminal) return;
                    if (events.Count == EventsAtOnce) continue;
                }

                await WaitForEventsAsync(watcher, response, options, clock, context.RequestAborted);
            }
        }
    }

    /// <summary>Passes deltas on until there are new events, or the journal is due to be looked at anyway.</summary>
    private static async Task WaitForEventsAsync(
        RunWatcher watcher,
        HttpResponse response,
        RunsOptions options,
        TimeProvider clock,
        CancellationToken aborted)
    {
        using var silence = new CancellationTokenSource(options.HeartbeatInterval, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, aborted);
        try
        {
            while (await watcher.NextAsync(either.Token) is { } delta)
            {
                await response.WriteAsync(Frame(delta), aborted);
                await response.Body.FlushAsync(aborted);
            }
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !aborted.IsCancellationRequested)
        {
            await response.WriteAsync(": still here\n\n", aborted);
            await response.Body.FlushAsync(aborted);
        }
    }

    /// <summary>The step that an event ends, or null.</summary>
    private static (string Step, int Occurrence)? StepOver(ShownEvent happened)
    {
        if (!happened.EndsStep) return null;
        using var data = JsonDocument.Parse(happened.Payload);
        return (data.RootElement.GetProperty("step").GetString()!, data.RootElement.GetProperty("occurrence").GetInt32());
    }

    private static string Frame(RunDelta delta) =>
        $"event: delta\ndata: {JsonSerializer.Serialize(delta, Json.Options)}\n\n";

    private static string Frame(ShownEvent happened)
    {
        var name = RunEventJson.NameOf(happened.Kind);
        var at = happened.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        return new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"id: {happened.Seq}\nevent: {name}\n")
            .Append(CultureInfo.InvariantCulture, $"data: {{\"seq\":{happened.Seq},\"kind\":\"{name}\",\"at\":\"{at}\",")
            .Append("\"data\":").Append(happened.Payload).Append("}\n\n")
            .ToString();
    }

    private static bool TryReadAfter(HttpRequest request, out int after, out int limit)
    {
        (after, limit) = (-1, EventsAtOnce);
        var text = request.Headers["Last-Event-ID"].FirstOrDefault() ?? request.Query["after"].FirstOrDefault();
        if (!string.IsNullOrEmpty(text)
            && (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out after) || after < -1))
        {
            return false;
        }

        var asked = request.Query["limit"].FirstOrDefault();
        return asked is null
            || (int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= EventsMax);
    }
}
