using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Runs.Contracts;

namespace CodexOS.Testing.Runs;

/// <summary>What tests say to a harness's server over HTTP.</summary>
public static class EngineCalls
{
    /// <summary>Posts to a route of a run.</summary>
    public static async Task<HttpResponseMessage> PostAsync(
        this EngineHarness engine, RunId run, string route, object? body, CancellationToken cancellationToken,
        string? key = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/runs/{run}/{route}");
        request.Content = JsonContent.Create(body ?? new { });
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await engine.Client.SendAsync(request, cancellationToken);
    }

    /// <summary>Posts to a route of a run that is to succeed, and reads the answer.</summary>
    public static async Task<JsonElement> PostJsonAsync(
        this EngineHarness engine, RunId run, string route, object? body, CancellationToken cancellationToken,
        string? key = null)
    {
        using var answer = await engine.PostAsync(run, route, body, cancellationToken, key);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode
            ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{route}: {(int)answer.StatusCode} {text}");
    }

    /// <summary>Waits until a run is as wanted: looks after each of its events.</summary>
    public static async Task<Run> UntilAsync(
        this EngineHarness engine, RunId run, Func<Run, bool> wanted, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var seen = -1;
        while (true)
        {
            var now = await engine.GetAsync(run, cancellationToken);
            if (wanted(now)) return now;
            // Each look is answered by the next event: nothing is waited for by the clock.
            var news = await engine.FollowAsync(
                run, happened => happened.GetProperty("seq").GetInt32() > seen, cancellationToken, seen < 0 ? null : seen);
            if (news.Count > 0) seen = news[^1].GetProperty("seq").GetInt32();
        }
    }

    /// <summary>A page of runs.</summary>
    public static async Task<List<Run>> ListAsync(
        this EngineHarness engine, string query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var page = await engine.Client.GetFromJsonAsync<JsonElement>($"/api/v1/runs{query}", cancellationToken);
        return page.GetProperty("items").Deserialize<List<Run>>(Platform.Http.Json.Options)!;
    }

    /// <summary>All events of a run so far.</summary>
    public static async Task<List<JsonElement>> EventsAsync(
        this EngineHarness engine, RunId run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var page = await engine.Client.GetFromJsonAsync<JsonElement>(
            $"/api/v1/runs/{run}/events?limit=1000", cancellationToken);
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    /// <summary>Where the newest event of a kind about a step is.</summary>
    public static async Task<int> SeqOfAsync(
        this EngineHarness engine, RunId run, string kind, string step, CancellationToken cancellationToken) =>
        (await engine.EventsAsync(run, cancellationToken))
            .Last(happened => happened.GetProperty("kind").GetString() == kind
                && happened.GetProperty("data").GetProperty("step").GetString() == step)
            .GetProperty("seq").GetInt32();
}
