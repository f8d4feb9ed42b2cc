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
        RunId id, HttpContext context, RunQueries queries, RunFollower follower, IRunThings things)
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
            await FollowAsync(id, after, context, queries, follower, things);
        else
            await WritePageAsync(id, after, limit, context, queries);
    }

    private static async Task WritePageAsync(RunId id, int after, int limit, HttpContext context, RunQueries queries)
    {
        var read = await queries.EventsAsync(id, after, limit, context.RequestAborted);
        if (!read.TryGet(out var events, out var damage))
        {
            await Problems.WriteAsync(context, damage);
            return;
        }

        var page = new RunEventPage(
            [.. events.Select(happened => happened.View())],
            events.Count == limit ? events[^1].Seq : null);
        await context.Response.WriteAsJsonAsync(page, Json.Options, context.RequestAborted);
    }

    private static async Task FollowAsync(
        RunId id, int after, HttpContext context, RunQueries queries, RunFollower follower, IRunThings things)
    {
        // What cannot be read is said while there is still a status to say it with.
        if (!(await queries.EventsAsync(id, after, 1, context.RequestAborted)).TryGet(out _, out var damage))
        {
            await Problems.WriteAsync(context, damage);
            return;
        }

        if (!follower.Follow(id, after).TryGet(out var following, out var fault))
        {
            await Problems.WriteAsync(context, fault);
            return;
        }

        using (following)
        {
            var (response, aborted) = (context.Response, context.RequestAborted);
            var sight = await RunSight.OfAsync(context, id, things, aborted);
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-store";
            response.Headers["X-Accel-Buffering"] = "no";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await response.WriteAsync("retry: 1000\n\n", aborted);
            await response.Body.FlushAsync(aborted);

            await foreach (var news in following.NewsAsync(aborted))
            {
                // A client that comes back is told why.
                if (!await sight.LastsAsync(aborted)) return;
                var text = news switch
                {
                    RunNews.Happened happened => Frame(happened.Event),
                    RunNews.Delta delta => Frame(delta.Text),
                    RunNews.Silence => ": still here\n\n",
                    _ => null,
                };
                if (text is not null) await response.WriteAsync(text, aborted);
                // Events are sent in one go when what is there has been read.
                if (news is not RunNews.Happened { Event.IsTerminal: false }) await response.Body.FlushAsync(aborted);
            }
        }
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
