using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Cli.Evidence;
using CodexOS.IntegrationTests.Trust;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>A bundle of evidence whose server is killed while it is packed, with real processes.</summary>
public sealed class EvidenceKillTests(PostgresCluster postgres)
{
    private const int Changes = 200;
    private const int BundlesMax = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bundle_that_is_killed_in_the_middle_is_packed_anew_and_proves_itself(bool onPostgres)
    {
        using var data = new TempDirectory();
        var database = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        string[] settings =
        [
            "Privacy:EvidenceEntriesPerFile=100", "RateLimits:PerAddress=0", "RateLimits:PerAccount=0", "RateLimits:PerTenant=0",
        ];
        await using (var first = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token))
        {
            using var client = await first.SignInAsync(data.Path, Token);
            for (var i = 0; i < Changes; i++)
            {
                using var set = await client.PutAsJsonAsync($"/api/v1/secrets/secret{i}", new { value = "a value" }, Token);
                set.StatusCode.ShouldBe(HttpStatusCode.OK);
            }
        }

        // A kill that comes when the bundle is whole shows nothing: then there is another one.
        var (run, made, claims) = ("", 0, 0);
        for (; claims < 2 && made < BundlesMax; made++)
        {
            await using (var killed = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token))
            {
                using var client = await killed.SignInAsync(data.Path, Token);
                var now = TimeProvider.System.GetUtcNow();
                using var answer = await client.PostAsJsonAsync(
                    "/api/v1/evidence/bundles", new { from = now.AddDays(-1), to = now }, Token);
                run = (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
                await foreach (var line in RunLines.ReadAsync(client, run, Token))
                    if (line.Contains("step.progressed", StringComparison.Ordinal)) break;
                await killed.KillAsync();
            }

            await using var next = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token);
            using var watcher = await next.SignInAsync(data.Path, Token);
            claims = 0;
            await foreach (var line in RunLines.ReadAsync(watcher, run, Token))
                if (line.StartsWith("event: run.claimed", StringComparison.Ordinal)) claims++;
        }

        claims.ShouldBe(2);
        await using var second = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token);
        using var again = await second.SignInAsync(data.Path, Token);
        var ended = await again.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
        ended.GetProperty("status").GetString().ShouldBe("completed", ended.ToString());
        var log = await again.GetFromJsonAsync<JsonElement>("/api/v1/audit/log", Token);
        VerifierKey.TryParse(log.GetProperty("verifierKey").GetString()!, out var key).ShouldBeTrue();
        using var archive = new MemoryStream(await again.GetByteArrayAsync($"/api/v1/evidence/bundles/{run}/file", Token));
        var report = await new BundleCheck(key!).RunAsync(archive, Token);
        report.Findings.ShouldBeEmpty();
        report.Intact.ShouldBeTrue();
        report.Entries.ShouldBeGreaterThanOrEqualTo(Changes);
        (await again.GetFromJsonAsync<JsonElement>("/api/v1/evidence/bundles", Token)).GetProperty("items").GetArrayLength()
            .ShouldBe(made);
    }
}
