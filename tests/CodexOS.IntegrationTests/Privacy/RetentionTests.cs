using System.Net;
using System.Text.Json;
using CodexOS.Identity.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>How long a tenant keeps its data, and what a legal hold does to that, on both databases.</summary>
public sealed class RetentionTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_older_than_the_tenant_says_goes_and_what_is_on_hold_stays(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "developer");
        var (eve, eveId) = await world.Server.JoinAsync(world.Owner, "eve@example.org", "developer");
        await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, grace.AccessToken);
        await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, eve.AccessToken);
        using (await world.Server.SignInAsync("grace@example.org", "not her passphrase")) { }

        await SetAsync(world, "sessions", 1);
        await SetAsync(world, "audit_facts", 30);
        await SetAsync(world, "runs", 1);
        var hold = (await world.Server.DoAsync(
            HttpMethod.Post, PrivacyWorld.Holds, world.Owner, new { kind = "subject", target = id, reason = "Case 7" }))
            .GetProperty("id").GetString();

        // To look at the log is to have what is pending take its place.
        (await FactsAsync(world)).ShouldContain("");

        await world.PassAsync(TimeSpan.FromDays(60));
        await RetainAsync(world);

        (await SessionsAsync(world)).ShouldBe([id], "What is of somebody on hold stays.");
        (await FactsAsync(world)).ShouldContain(id);
        (await FactsAsync(world)).ShouldNotContain(eveId);
        (await FactsAsync(world)).ShouldNotContain("", "Where a failed sign-in came from is nobody's, so no hold keeps it.");
        (await RunsAsync(world)).ShouldBe(1);
        (await world.VerifyAsync()).GetProperty("findings").GetArrayLength().ShouldBe(0);

        await world.Server.DoAsync(HttpMethod.Delete, $"{PrivacyWorld.Holds}/{hold}", world.Owner);
        await RetainAsync(world);

        (await SessionsAsync(world)).ShouldBeEmpty();
        (await FactsAsync(world)).ShouldNotContain(id);
        (await RunsAsync(world)).ShouldBe(0);
    }

    [Fact]
    public async Task A_time_outside_of_the_limits_or_of_nothing_that_is_kept_is_refused_and_null_is_the_servers_again()
    {
        await using var world = await PrivacyWorld.StartAsync(null);
        var before = Of(await world.Server.JsonAsync(PrivacyWorld.Retention, world.Owner), "sessions");
        before.GetProperty("days").GetInt32().ShouldBe(90);

        (await RefusedAsync("audit_facts", 29)).ShouldBe((HttpStatusCode.BadRequest, "privacy.bad_retention"));
        (await RefusedAsync("sessions", 3_651)).ShouldBe((HttpStatusCode.BadRequest, "privacy.bad_retention"));
        (await RefusedAsync("dreams", 5)).ShouldBe((HttpStatusCode.NotFound, "privacy.bad_retention_kind"));
        (await SetAsync(world, "sessions", 7)).GetProperty("isSet").GetBoolean().ShouldBeTrue();
        (await SetAsync(world, "sessions", null)).ToString().ShouldBe(before.ToString());

        Task<(HttpStatusCode, string?)> RefusedAsync(string kind, int days) =>
            world.Server.RefusedAsync(HttpMethod.Put, $"{PrivacyWorld.Retention}/{kind}", world.Owner, new { days });
    }

    private static Task<JsonElement> SetAsync(PrivacyWorld world, string kind, int? days) =>
        world.Server.DoAsync(HttpMethod.Put, $"{PrivacyWorld.Retention}/{kind}", world.Owner, new { days });

    private static JsonElement Of(JsonElement list, string kind) =>
        list.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("kind").GetString() == kind);

    private static async Task RetainAsync(PrivacyWorld world)
    {
        var run = await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { });
        run.GetProperty("status").GetString().ShouldBe("completed", run.ToString());
    }

    /// <summary>Whose sessions from before there still are.</summary>
    private static async Task<List<string>> SessionsAsync(PrivacyWorld world)
    {
        using var entered = world.Enter();
        await using var db = await world.Get<IDbContextFactory<IdentityDbContext>>().CreateDbContextAsync(Token);
        var now = world.Server.Clock.GetUtcNow();
        var owners = await db.Sessions.Where(row => row.ExpiresAt < now).Select(row => row.UserId).ToListAsync(Token);
        return owners.ConvertAll(static owner => owner.ToString());
    }

    /// <summary>The entries of the log with facts about persons, by whoever acted.</summary>
    private static async Task<List<string?>> FactsAsync(PrivacyWorld world) =>
    [
        .. (await world.AuditAsync())
            .Where(static one => one.GetProperty("personal").EnumerateObject().Any(static fact => fact.Value.ValueKind == JsonValueKind.String))
            .Select(static one => one.GetProperty("actor").GetProperty("id").GetString()),
    ];

    /// <summary>How many runs from before there are; those of today are no matter of retention yet.</summary>
    private static async Task<int> RunsAsync(PrivacyWorld world)
    {
        var today = world.Server.Clock.GetUtcNow().AddDays(-1);
        return (await world.Server.JsonAsync($"{PrivacyWorld.Runs}?limit=100", world.Owner)).GetProperty("items").EnumerateArray()
            .Count(run => run.GetProperty("createdAt").GetDateTimeOffset() < today);
    }
}
