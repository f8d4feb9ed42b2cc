using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Servers;

namespace CodexOS.Bench;

/// <summary>
/// Authenticated <c>GET /api/v1/agents/{id}</c> (sign-in, session, permission, tenant, database) against a bare Kestrel
/// endpoint that returns the same bytes: two processes on one machine, loaded by wrk in alternation.
/// </summary>
internal static class ApiBench
{
    private const int Rounds = 5;
    private const int Seconds = 5;

    public static async Task<int> RunAsync(string results)
    {
        using var data = new TempDirectory();
        await using var server = await ServerProcess.StartAsync(
            data.Path, settings: ["RateLimits:PerAddress=0", "RateLimits:PerAccount=0", "RateLimits:PerTenant=0"]);
        var token = await SetUpAsync(server, data.Path);
        using var client = new HttpClient { BaseAddress = server.Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var list = await client.GetFromJsonAsync<JsonElement>("/api/v1/agents");
        var path = $"/api/v1/agents/{list.GetProperty("items")[0].GetProperty("id").GetString()}";
        var body = Path.Combine(data.Path, "body.json");
        await File.WriteAllBytesAsync(body, await client.GetByteArrayAsync(path));

        using var bare = StartBare(body);
        var bareUrl = new Uri((await bare.StandardOutput.ReadLineAsync())!);
        var report = new Report(
            "api",
            $"GET {path[..path.LastIndexOf('/')]}/{{id}}, {new FileInfo(body).Length} bytes, {Wrk.Connections} connections, "
                + $"{Seconds} s a round, wrk with one thread on the same machine, SQLite");
        await Wrk.RunAsync(new Uri(server.Url, path), token, 2);
        await Wrk.RunAsync(bareUrl, token, 2);
        for (var round = 0; round < Rounds; round++)
        {
            Add(report, "codexos", await Wrk.RunAsync(new Uri(server.Url, path), token, Seconds));
            Add(report, "bare kestrel", await Wrk.RunAsync(bareUrl, token, Seconds));
        }

        report.Compare("requests/s: codexos / bare kestrel", "codexos: requests", "bare kestrel: requests");
        report.Compare("p99 latency: codexos / bare kestrel", "codexos: p99", "bare kestrel: p99");
        report.Write(results);
        bare.StandardInput.Close();
        await bare.WaitForExitAsync();
        return 0;
    }

    private static void Add(Report report, string name, Wrk.Load load)
    {
        report.Add($"{name}: requests", load.RequestsPerSecond, "requests/s");
        report.Add($"{name}: p50", load.P50Ms, "ms");
        report.Add($"{name}: p99", load.P99Ms, "ms");
    }

    private static async Task<string> SetUpAsync(ServerProcess server, string data)
    {
        using var client = new HttpClient { BaseAddress = server.Url };
        var link = await File.ReadAllTextAsync(Path.Combine(data, "keys", "setup-link"));
        using var answer = await client.PostAsJsonAsync("/api/v1/setup", new
        {
            token = link.Trim().Split("#token=")[^1],
            email = CodexServer.AdministratorEmail,
            displayName = "Ada",
            password = CodexServer.AdministratorPassword,
            transport = "body",
        });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString()!;
    }

    private static Process StartBare(string body) => Process.Start(new ProcessStartInfo("dotnet")
    {
        ArgumentList = { typeof(ApiBench).Assembly.Location, "bare", body },
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        UseShellExecute = false,
    })!;
}
