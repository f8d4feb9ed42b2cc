using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace CodexOS.Bench;

/// <summary>Runs that wait for a person: what they cost while they wait, and how fast they go on.</summary>
internal static class ParkedRuns
{
    private const int Runs = 2_000;
    private const int Wakes = 40;

    public static async Task MeasureAsync(BenchServer server, AskingHandler asking, Report report)
    {
        using var client = await server.Server.SignInAsync();
        var me = await client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me");
        var tenant = TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null);
        LongTools.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var runs = await server.StartRunsAsync(tenant, Runs, 1, AskingHandler.Name);
        await ParkedAsync(client, runs[^1].Id);
        var activations = await ActivationsAsync(server);
        LongTools.Collect();
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        var name = $"{server.Name}: {Runs} parked runs";
        report.Add($"{name}: activations (bar 0)", activations, "");
        report.Add($"{name}: memory each", Math.Max(0, memory) / (double)Runs, "bytes");
        var wakes = new List<double>();
        foreach (var run in runs.Take(Wakes)) wakes.Add(await WakeAsync(client, asking, run.Id));
        report.Add($"{name}: wake p50 (bar 50)", Report.Percentile(wakes, 50), "ms");
        report.Add($"{name}: wake p95", Report.Percentile(wakes, 95), "ms");
    }

    /// <summary>Waits until every run asks, which the list of approvals tells, and until their activations are gone.</summary>
    private static async Task ParkedAsync(HttpClient client, RunId last)
    {
        while (true)
        {
            var run = await client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{last}");
            var load = await client.GetFromJsonAsync<JsonElement>("/api/v1/runs/load");
            if (run.GetProperty("status").GetString() == "waiting" && load.GetProperty("activeRuns").GetInt32() == 0) break;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>How many activations of runs there are once those that are on their way out have gone.</summary>
    private static async Task<int> ActivationsAsync(BenchServer server)
    {
        var management = server.Server.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        var count = 0;
        for (var look = 0; look < 40; look++)
        {
            var all = await management.GetSimpleGrainStatistics();
            count = all.Where(one => one.GrainType.Contains("RunGrain", StringComparison.Ordinal))
                .Sum(one => one.ActivationCount);
            if (count == 0) break;
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        }

        return count;
    }

    private static async Task<double> WakeAsync(HttpClient client, AskingHandler asking, RunId run)
    {
        var shown = await client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}");
        var approval = shown.GetProperty("pendingApprovals")[0];
        var begun = asking.Begun.GetOrAdd(run, _ => new());
        var began = Stopwatch.GetTimestamp();
        using var answer = await client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{approval.GetProperty("id").GetString()}",
            new { approve = true, argumentsHash = approval.GetProperty("argumentsHash").GetString() });
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(began, await begun.Task).TotalMilliseconds;
    }
}
