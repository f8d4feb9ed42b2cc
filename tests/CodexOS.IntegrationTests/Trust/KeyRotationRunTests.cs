using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>A rotation of keys is a run: one at a time, ended without harm, and taken up again after a crash.</summary>
public sealed class KeyRotationRunTests(PostgresCluster postgres)
{
    private const int Secrets = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_rotation_stops_between_batches_and_the_next_one_finishes(bool onPostgres)
    {
        var hold = new Hold();
        await using var world = await StartAsync(onPostgres, hold);
        for (var i = 0; i < Secrets; i++) await SetAsync(world.Client, i);
        var run = await PostAsync(world.Client, "one");
        await hold.Reached.Task.WaitAsync(Token);

        using (var cancelled = await world.Client.PostAsJsonAsync($"/api/v1/runs/{run}/cancel", new { reason = "Not now" }, Token))
            cancelled.IsSuccessStatusCode.ShouldBeTrue(await cancelled.Content.ReadAsStringAsync(Token));
        (await world.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("cancelled");
        // Some are under the old key, some under the new one, and all of them open.
        var uses = await UsesAsync(world);
        uses.Values.Sum().ShouldBe(Secrets);
        uses[2].ShouldBeGreaterThan(0);
        uses[1].ShouldBeGreaterThan(0);
        for (var i = 0; i < Secrets; i++) (await RevealAsync(world.Client, i)).ShouldBe($"value {i}");
        var given = (await world.JsonAsync($"/keys/rotations/{run}")).GetProperty("report");
        given.ValueKind.ShouldBe(JsonValueKind.Null);

        var next = await world.RunAsync("/keys/rotate");
        next.GetProperty("status").GetString().ShouldBe("completed", next.ToString());
        (await UsesAsync(world)).ShouldBe(new Dictionary<int, long> { [1] = 0, [2] = 0, [3] = Secrets }, ignoreOrder: true);
        await world.ChangeAsync(db => db.Keys.ExecuteUpdateAsync(
            set => set.SetProperty(static row => row.ChangedAt, DateTimeOffset.UnixEpoch), Token));
        (await world.Get<KeyRotation>().FinishAsync(world.Tenant, Token)).KeysRetired.ShouldBe(4);
        for (var i = 0; i < Secrets; i++) (await RevealAsync(world.Client, i)).ShouldBe($"value {i}");
        (await world.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task There_is_one_rotation_at_a_time_for_each_tenant(bool onPostgres)
    {
        var hold = new Hold();
        await using var world = await StartAsync(onPostgres, hold);
        using var other = await world.Server.AddTenantAsync(world.Client, "other", Token);
        await SetAsync(world.Client, 1);
        var run = await PostAsync(world.Client, "one");
        await hold.Reached.Task.WaitAsync(Token);

        using (var refused = await world.Client.PostAsync("/api/v1/keys/rotate", null, Token))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("code").GetString().ShouldBe("keys.rotation_busy");
            problem.GetProperty("run").GetString().ShouldBe(run);
        }

        // Asked again with its own key it is the same one, and nobody else sees it.
        (await PostAsync(world.Client, "one")).ShouldBe(run);
        (await other.GetFromJsonAsync<JsonElement>("/api/v1/keys/rotations", Token)).GetProperty("items").GetArrayLength().ShouldBe(0);
        using (var foreign = await other.GetAsync($"/api/v1/keys/rotations/{run}", Token))
            foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        hold.Go.TrySetResult();
        (await world.EndOfAsync(run)).GetProperty("status").GetString().ShouldBe("completed");
        var kept = (await world.JsonAsync("/keys/rotations")).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        kept.GetProperty("runId").GetString().ShouldBe(run);
        kept.GetProperty("report").GetProperty("tables")[0].GetProperty("table").GetString()!.ShouldContain("secrets");
        var actions = (await world.JsonAsync("/audit?action=keys.*")).GetProperty("items").EnumerateArray().ToList();
        actions.Select(static entry => entry.GetProperty("action").GetString())
            .ShouldBe(["keys.finish_rotation", "keys.rotate", "keys.rotate"]);
        actions.ShouldAllBe(entry => entry.GetProperty("actor").GetProperty("id").GetString() == world.User.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rotation_that_is_killed_in_the_middle_goes_on_and_ends(bool onPostgres)
    {
        const int secrets = 150;
        const int rotationsMax = 20;
        using var data = new TempDirectory();
        var database = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        string[] settings =
        [
            "Vault:RotationBatchMax=1", "RateLimits:PerAddress=0", "RateLimits:PerAccount=0", "RateLimits:PerTenant=0",
        ];
        await using (var first = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token))
        {
            using var client = await first.SignInAsync(data.Path, Token);
            for (var i = 0; i < secrets; i++) await SetAsync(client, i);
        }

        // A kill that comes when the rotation is over shows nothing: then there is another rotation.
        string run;
        var (rotations, claims) = (0, 0);
        do
        {
            rotations++;
            await using (var killed = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token))
            {
                using var client = await killed.SignInAsync(data.Path, Token);
                run = await PostAsync(client, $"{rotations}");
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
        while (claims == 1 && rotations < rotationsMax);

        claims.ShouldBe(2);
        await using var second = await ServerProcess.StartAsync(data.Path, database, settings, cancellationToken: Token);
        using var again = await second.SignInAsync(data.Path, Token);
        var ended = await again.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
        ended.GetProperty("status").GetString().ShouldBe("completed", ended.ToString());
        var report = (await again.GetFromJsonAsync<JsonElement>($"/api/v1/keys/rotations/{run}", Token)).GetProperty("report");
        report.GetProperty("valuesSealed").GetInt64().ShouldBe(secrets);
        report.GetProperty("after").GetProperty("data").GetInt32().ShouldBe(rotations + 1);
        var keys = (await again.GetFromJsonAsync<JsonElement>("/api/v1/keys", Token)).GetProperty("items").EnumerateArray();
        keys.Where(static key => key.GetProperty("purpose").GetString() == "data")
            .ToDictionary(static key => key.GetProperty("version").GetInt32(), static key => key.GetProperty("uses").GetInt64())
            .Where(static key => key.Value > 0).ShouldHaveSingleItem()
            .ShouldBe(new KeyValuePair<int, long>(rotations + 1, secrets));
        for (var i = 0; i < secrets; i += 10) (await RevealAsync(again, i)).ShouldBe($"value {i}");
    }

    private Task<AuditWorld> StartAsync(bool onPostgres, Hold hold) => AuditWorld.StartAsync(
        onPostgres ? postgres : null,
        services => services.AddSingleton<IKeyRotation>(
            provider => new HeldRotation(provider.GetRequiredService<KeyRotation>(), hold)),
        "Vault:RotationBatchMax=1");

    private static async Task<string> PostAsync(HttpClient client, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/keys/rotate");
        request.Headers.Add("Idempotency-Key", key);
        using var answer = await client.SendAsync(request, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private static async Task SetAsync(HttpClient client, int number)
    {
        using var answer = await client.PutAsJsonAsync(
            $"/api/v1/secrets/secret{number}", new { value = $"value {number}" }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<string?> RevealAsync(HttpClient client, int number)
    {
        using var answer = await client.PostAsync($"/api/v1/secrets/secret{number}/reveal", null, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("value").GetString();
    }

    /// <summary>How much is under each version of the data key.</summary>
    private static async Task<Dictionary<int, long>> UsesAsync(AuditWorld world) =>
        (await world.JsonAsync("/keys")).GetProperty("items").EnumerateArray()
            .Where(static key => key.GetProperty("purpose").GetString() == "data")
            .ToDictionary(static key => key.GetProperty("version").GetInt32(), static key => key.GetProperty("uses").GetInt64());

    /// <summary>Where the first rotation is held, after its first batch.</summary>
    private sealed class Hold
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The server's rotation, which waits once between two batches until it may go on or is stopped.</summary>
    private sealed class HeldRotation(IKeyRotation keys, Hold hold) : IKeyRotation
    {
        public Task<KeyVersions> VersionsAsync(CancellationToken cancellationToken) => keys.VersionsAsync(cancellationToken);

        public Task<Result<KeyVersions>> NextAsync(
            KeyVersions before, string rotation, AuditActor by, CancellationToken cancellationToken) =>
            keys.NextAsync(before, rotation, by, cancellationToken);

        public Task<int> WrapAsync(CancellationToken cancellationToken) => keys.WrapAsync(cancellationToken);

        public Task<IReadOnlyList<SealedTable>> TablesAsync(CancellationToken cancellationToken) =>
            keys.TablesAsync(cancellationToken);

        public Task<ResealedValues> SealAsync(string table, Action<long> onSealed, CancellationToken cancellationToken) =>
            keys.SealAsync(
                table,
                count =>
                {
                    onSealed(count);
                    if (hold.Reached.TrySetResult()) hold.Go.Task.Wait(cancellationToken);
                },
                cancellationToken);

        public Task<int> RetireAsync(CancellationToken cancellationToken) => keys.RetireAsync(cancellationToken);
    }
}
