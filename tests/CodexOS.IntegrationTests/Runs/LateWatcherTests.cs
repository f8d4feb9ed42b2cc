using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>Watching a step that has been writing for a while, over HTTP.</summary>
public sealed class LateWatcherTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watcher_who_comes_late_gets_the_text_so_far_once_and_before_the_steps_outcome()
    {
        await using var engine = await EngineHarness.StartAsync(null, Token);
        var held = engine.Keyed.Hold("a");
        var run = await engine.StartRunAsync(ListProgram.Steps("test.keyed", "a", "b"), Token);
        await engine.Keyed.BegunAsync("a", Token);
        engine.Keyed.Writers["a"](", still at it");

        using var first = new Stream(await OpenAsync(engine, run.Id));
        (await first.TextAsync("a", "working on a, still at it")).ShouldBe(["run.created", "run.claimed", "step.started"]);
        using var second = new Stream(await OpenAsync(engine, run.Id));
        await second.TextAsync("a", "working on a, still at it");

        engine.Keyed.Writers["a"](", done");
        held.SetResult();
        foreach (var stream in (Stream[])[first, second])
        {
            var order = await stream.ToEndAsync();
            stream.Texts["a"].ShouldBe("working on a, still at it, done");
            stream.Texts["b"].ShouldBe("working on b");
            // All of a step's text lies between its start and its outcome.
            order.IndexOf("delta a").ShouldBeGreaterThan(order.IndexOf("step.started a"));
            order.LastIndexOf("delta a").ShouldBeLessThan(order.IndexOf("step.completed a"));
            order.IndexOf("delta b").ShouldBeGreaterThan(order.IndexOf("step.started b"));
            order.LastIndexOf("delta b").ShouldBeLessThan(order.IndexOf("step.completed b"));
        }
    }

    private static async Task<StreamReader> OpenAsync(EngineHarness engine, RunId run)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        var response = await engine.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.EnsureSuccessStatusCode();
        return new StreamReader(await response.Content.ReadAsStreamAsync(Token));
    }

    /// <summary>Reads an event stream, puts texts together, and fails on a gap or a piece that comes twice.</summary>
    private sealed class Stream(StreamReader reader) : IDisposable
    {
        private readonly List<string> _order = [];

        public Dictionary<string, string> Texts { get; } = [];

        public async Task<List<string>> TextAsync(string step, string until)
        {
            while (Texts.GetValueOrDefault(step) != until) (await NextAsync()).ShouldBeTrue();
            return [.. _order.Where(line => !line.StartsWith("delta", StringComparison.Ordinal))
                .Select(line => line.Split(' ')[0])];
        }

        public async Task<List<string>> ToEndAsync()
        {
            while (await NextAsync())
            {
            }

            return _order;
        }

        public void Dispose() => reader.Dispose();

        private async Task<bool> NextAsync()
        {
            var name = "";
            while (await reader.ReadLineAsync(Token) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) name = line["event: ".Length..];
                if (!line.StartsWith("data: ", StringComparison.Ordinal)) continue;
                var data = JsonElement.Parse(line["data: ".Length..]);
                if (name != "delta") data = data.GetProperty("data");
                var step = data.TryGetProperty("step", out var of) ? of.GetString()! : "";
                _order.Add($"{name} {step}");
                if (name != "delta") return true;
                var known = Texts.GetValueOrDefault(step, "");
                data.GetProperty("offset").GetInt32().ShouldBe(known.Length);
                Texts[step] = known + data.GetProperty("text").GetString();
                return true;
            }

            return false;
        }
    }
}
