using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Testing;
using CodexOS.Testing.Servers;

namespace CodexOS.Bench;

/// <summary>
/// Authenticated <c>GET /api/v1/agents/{id}</c> (sign-in, session, permission, tenant, database) against a bare Kestrel
/// endpoint that returns the same bytes: two processes on one machine, loaded by wrk in alternation.
/// </summary>
internal static partial class ApiBench
{
    private const int Rounds = 5;
    private const int Connections = 32;
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
            $"GET {path[..path.LastIndexOf('/')]}/{{id}}, {new FileInfo(body).Length} bytes, {Connections} connections, "
                + $"{Seconds} s a round, wrk with one thread on the same machine, SQLite");
        await WrkAsync(new Uri(server.Url, path), token, 2);
        await WrkAsync(bareUrl, token, 2);
        for (var round = 0; round < Rounds; round++)
        {
            Add(report, "codexos", await WrkAsync(new Uri(server.Url, path), token, Seconds));
            Add(report, "bare kestrel", await WrkAsync(bareUrl, token, Seconds));
        }

        report.Compare("requests/s: codexos / bare kestrel", "codexos: requests", "bare kestrel: requests");
        report.Compare("p99 latency: codexos / bare kestrel", "codexos: p99", "bare kestrel: p99");
        report.Write(results);
        bare.StandardInput.Close();
        await bare.WaitForExitAsync();
        return 0;
    }

    private static void Add(Report report, string name, Load load)
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

    private static async Task<Load> WrkAsync(Uri url, string token, int seconds)
    {
        using var wrk = Process.Start(new ProcessStartInfo("wrk")
        {
            ArgumentList =
            {
                "-t1", $"-c{Connections}", $"-d{seconds}s", "--latency", "-H", $"Authorization: Bearer {token}", $"{url}",
            },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        if (output.Contains("Non-2xx", StringComparison.Ordinal))
            throw new InvalidOperationException($"The server refused requests:\n{output}");
        return new Load(
            double.Parse(Requests().Match(output).Groups["value"].Value, CultureInfo.InvariantCulture),
            Milliseconds(P50().Match(output)),
            Milliseconds(P99().Match(output)));
    }

    private static double Milliseconds(Match latency) =>
        double.Parse(latency.Groups["value"].Value, CultureInfo.InvariantCulture) * latency.Groups["unit"].Value switch
        {
            "us" => 0.001,
            "ms" => 1,
            "s" => 1_000,
            var unit => throw new FormatException($"wrk printed the unit '{unit}'."),
        };

    [GeneratedRegex(@"Requests/sec:\s+(?<value>[0-9.]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Requests();

    [GeneratedRegex(@"50%\s+(?<value>[0-9.]+)(?<unit>[mu]?s)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex P50();

    [GeneratedRegex(@"99%\s+(?<value>[0-9.]+)(?<unit>[mu]?s)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex P99();

    private sealed record Load(double RequestsPerSecond, double P50Ms, double P99Ms);
}
