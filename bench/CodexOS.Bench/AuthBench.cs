using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Identity;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodexOS.Bench;

/// <summary>
/// What it costs to know who calls and what they may: each check by itself, sign-ins against bare hashing, and a whole
/// authenticated read against the same read on a server that is told who calls and limits nothing.
/// </summary>
internal static class AuthBench
{
    private const int Rounds = 5;
    private const int Checks = 200_000;
    private const int NewTokens = 500;
    private const int SignInClients = 8;
    private const int Seconds = 4;
    private const string Unlimited = "1000000";

    private static readonly string[] s_open = ["RateLimits:PerAddress=0", "RateLimits:PerAccount=0", "RateLimits:PerTenant=0"];

    // The limits are counted, and never reached.
    private static readonly string[] s_guarded =
    [
        $"RateLimits:PerAddress={Unlimited}", $"RateLimits:PerAccount={Unlimited}", $"RateLimits:PerTenant={Unlimited}",
        "Identity:FailuresPerAccountMax=100", "Identity:FailuresPerAddressMax=10000",
    ];

    public static async Task<int> RunAsync(string results)
    {
        var report = new Report(
            "auth",
            $"SQLite; {SignInClients} clients sign in at once; wrk with {Wrk.Connections} connections, {Seconds} s a round");
        await using var guarded = await CodexServer.StartAsync(settings: s_guarded);
        using var client = await guarded.SignInAsync();
        var token = client.DefaultRequestHeaders.Authorization!.Parameter!;
        var caller = await MeasureChecksAsync(report, guarded, token);
        await MeasureReadsAsync(report, guarded, client, token, caller);
        // Last, since so many new sessions end the first one.
        await MeasureSignInsAsync(report, guarded);
        report.Compare("sign-ins/s: codexos / bare hashing", "sign-ins", "bare hashing");
        report.Compare("requests/s: guarded / told who calls", "guarded: requests", "told who calls: requests");
        report.Compare("p99 latency: guarded / told who calls", "guarded: p99", "told who calls: p99");
        report.Write(results);
        return 0;
    }

    private static async Task<Caller> MeasureChecksAsync(Report report, CodexServer server, string token)
    {
        var tokens = server.Services.GetRequiredService<AccessTokens>();
        var sessions = server.Services.GetRequiredService<SessionDirectory>();
        var claims = (AccessTokenClaims.OfSession)(await tokens.VerifyAsync(token))!;
        var caller = (await sessions.FindAsync(claims, CancellationToken.None))!.Caller;
        for (var round = 0; round < Rounds; round++)
        {
            var fresh = Enumerable.Range(0, NewTokens)
                .Select(_ => tokens.Issue(claims.Tenant, claims.User, claims.Session)).ToArray();
            var startedAt = Stopwatch.GetTimestamp();
            foreach (var one in fresh) _ = await tokens.VerifyAsync(one);
            report.Add("token seen for the first time", NanosecondsEach(startedAt, NewTokens), "ns");

            startedAt = Stopwatch.GetTimestamp();
            for (var i = 0; i < Checks; i++)
            {
                var again = (AccessTokenClaims.OfSession)(await tokens.VerifyAsync(token))!;
                _ = await sessions.FindAsync(again, CancellationToken.None);
            }

            report.Add("token seen before, with its session", NanosecondsEach(startedAt, Checks), "ns");

            startedAt = Stopwatch.GetTimestamp();
            for (var i = 0; i < Checks; i++)
            {
                if (caller.Lacks("agents:read") is not null) throw new InvalidOperationException("An owner may read agents.");
            }

            report.Add("permission decision", NanosecondsEach(startedAt, Checks), "ns");
        }

        return caller;
    }

    private static double NanosecondsEach(long startedAt, int count) =>
        Stopwatch.GetElapsedTime(startedAt).TotalNanoseconds / count;

    private static async Task MeasureSignInsAsync(Report report, CodexServer server)
    {
        var options = server.Services.GetRequiredService<IOptions<IdentityOptions>>().Value;
        var hash = PasswordHash.Make(CodexServer.AdministratorPassword, options.PasswordIterations);
        for (var round = 0; round < Rounds; round++)
        {
            report.Add("sign-ins", await RateAsync(SignInClients, async () =>
            {
                using var answer = await server.Client.PostAsJsonAsync("/api/v1/auth/sign-in", new
                {
                    email = CodexServer.AdministratorEmail,
                    password = CodexServer.AdministratorPassword,
                    transport = "body",
                });
                if (!answer.IsSuccessStatusCode)
                    throw new InvalidOperationException($"A sign-in was refused: {await answer.Content.ReadAsStringAsync()}");
            }), "a second");
            report.Add("bare hashing", await RateAsync(options.PasswordHashingsMax, () =>
            {
                _ = hash.Matches(CodexServer.AdministratorPassword);
                return Task.CompletedTask;
            }), "a second");
        }
    }

    /// <summary>How often several workers get something done in a second.</summary>
    private static async Task<double> RateAsync(int workers, Func<Task> once)
    {
        var startedAt = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; Stopwatch.GetElapsedTime(startedAt).TotalSeconds < Seconds; count++) await once();
            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
    }

    private static async Task MeasureReadsAsync(
        Report report, CodexServer guarded, HttpClient client, string token, Caller caller)
    {
        using var data = new TempDirectory();
        await using var told = await CodexServer.StartAsync(
            settings: s_open, adjust: services => services.AddSingleton<IStartupFilter>(new CallerIsKnown(caller)));
        var path = await FirstAgentAsync(client);
        var toldPath = await FirstAgentAsync(told.Client);
        await Wrk.RunAsync(new Uri(guarded.Url, path), token, 2);
        await Wrk.RunAsync(new Uri(told.Url, toldPath), null, 2);
        for (var round = 0; round < Rounds; round++)
        {
            Add("guarded", await Wrk.RunAsync(new Uri(guarded.Url, path), token, Seconds));
            Add("told who calls", await Wrk.RunAsync(new Uri(told.Url, toldPath), null, Seconds));
        }

        void Add(string name, Wrk.Load load)
        {
            report.Add($"{name}: requests", load.RequestsPerSecond, "requests/s");
            report.Add($"{name}: p99", load.P99Ms, "ms");
        }
    }

    private static async Task<string> FirstAgentAsync(HttpClient client)
    {
        var agents = await client.GetFromJsonAsync<JsonElement>("/api/v1/agents");
        return $"/api/v1/agents/{agents.GetProperty("items")[0].GetProperty("id").GetString()}";
    }

    /// <summary>Puts the caller on each request before anything looks for one.</summary>
    private sealed class CallerIsKnown(Caller caller) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(request => context =>
            {
                context.Features.Set(caller);
                return request(context);
            });
            next(app);
        };
    }
}
