using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Testing.Postgres;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>Keys are replaced while they are in use, and persons' keys destroyed, on both databases.</summary>
public sealed class KeyRotationTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rotating_under_load_fails_no_read_and_no_write(bool onPostgres)
    {
        const int secrets = 12;
        await using var world = await StartAsync(onPostgres, "Vault:RotationBatchMax=3");
        for (var i = 0; i < secrets; i++) await SetAsync(world, i, "first");
        using var enough = new CancellationTokenSource();
        var (reads, writes) = (0, 0);
        var load = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            for (var round = worker; !enough.IsCancellationRequested; round++)
            {
                var number = round % secrets;
                if (worker == 0)
                {
                    await SetAsync(world, number, $"round {round}");
                    Interlocked.Increment(ref writes);
                }
                else
                {
                    (await RevealAsync(world, number)).ShouldNotBeNullOrEmpty();
                    Interlocked.Increment(ref reads);
                }
            }
        }, Token)).ToList();

        for (var rotation = 1; rotation <= 3; rotation++)
        {
            var report = await RotateAsync(world);
            report.GetProperty("valuesUnreadable").GetInt64().ShouldBe(0);
            report.GetProperty("before").GetProperty("data").GetInt32().ShouldBe(rotation);
            report.GetProperty("after").GetProperty("data").GetInt32().ShouldBe(rotation + 1);
        }

        await enough.CancelAsync();
        await Task.WhenAll(load);
        (reads, writes).ShouldSatisfyAllConditions(
            static counts => counts.reads.ShouldBeGreaterThan(0), static counts => counts.writes.ShouldBeGreaterThan(0));

        // No process can hold an old version any more: whatever it sealed meanwhile is found, and the version is retired.
        await AgeAsync(world);
        (await world.Get<KeyRotation>().FinishAsync(world.Tenant, Token)).ValuesUnreadable.ShouldBe(0);
        var keys = await KeysAsync(world);
        keys.Where(static key => key.Purpose == "data").Select(static key => (key.Version, key.Status)).ShouldBe(
            [(4, "active"), (3, "retired"), (2, "retired"), (1, "retired")]);
        keys.Where(static key => key.Status == "retired").ShouldAllBe(static key => key.Uses == 0);
        keys.Single(static key => key is { Purpose: "data", Status: "active" }).Uses.ShouldBe(secrets);
        for (var i = 0; i < secrets; i++) (await RevealAsync(world, i)).ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_old_version_is_not_retired_while_a_server_may_use_it_or_a_value_is_under_it(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await SetAsync(world, 1, "kept");
        await SetAsync(world, 2, "damaged");
        var before = await world.ChangeAsync(db => db.Secrets.AsNoTracking().ToListAsync(Token));
        await world.ChangeAsync(db => DamageAsync(db, "secret2"));

        var report = await RotateAsync(world);
        report.GetProperty("valuesUnreadable").GetInt64().ShouldBe(1);
        report.GetProperty("valuesSealed").GetInt64().ShouldBe(1);
        await AgeAsync(world);
        await world.Get<KeyRotation>().FinishAsync(world.Tenant, Token);
        (await StatusOfDataKeyAsync(world, 1)).ShouldBe(("retiring", 1));

        // A slow writer puts the other value back as it was before, under the old key; it is found and sealed anew.
        await world.ChangeAsync(db => PutAsync(db, before.Single(static row => row.Name == "secret1")));
        (await StatusOfDataKeyAsync(world, 1)).ShouldBe(("retiring", 2));
        await world.ChangeAsync(db => PutAsync(db, before.Single(static row => row.Name == "secret2")));
        (await world.Get<KeyRotation>().FinishAsync(world.Tenant, Token)).ValuesSealed.ShouldBe(2);
        (await StatusOfDataKeyAsync(world, 1)).ShouldBe(("retired", 0));
        (await RevealAsync(world, 1)).ShouldBe("kept");
        (await RevealAsync(world, 2)).ShouldBe("damaged");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_with_the_root_key_can_the_database_be_read(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await SetAsync(world, 1, "kept");
        var wrapped = await world.ChangeAsync(db => db.Keys.AsNoTracking().ToListAsync(Token));

        wrapped.Select(static row => row.Purpose).Order(StringComparer.Ordinal).ShouldBe(["data", "subject", "tenant"]);
        var tenantKey = wrapped.Single(static row => row.Purpose == "tenant");
        tenantKey.WrappedBy.ShouldBe(world.Get<IKeyService>().CurrentKeyId);
        wrapped.Where(static row => row.Purpose != "tenant").ShouldAllBe(row => row.WrappedBy == tenantKey.KeyId.ToString());
        await Should.ThrowAsync<System.Security.Cryptography.CryptographicException>(
            async () => await world.Get<IKeyService>().UnwrapAsync("root-of-somebody-else", tenantKey.Wrapped, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Destroying_a_persons_key_makes_what_speaks_of_them_unreadable_and_nothing_else(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        var (ada, eve) = (UserId.New(TimeProvider.System), UserId.New(TimeProvider.System));
        var vault = world.Get<IVault>();
        var place = new SealedPlace(world.Tenant, "people", "email", "1");
        var hers = await vault.SealAsync(place with { Subject = ada }, "ada"u8.ToArray(), Token);
        var others = await vault.SealAsync(place with { Subject = eve }, "eve"u8.ToArray(), Token);

        (await vault.DestroyAsync(world.Tenant, ada, Token)).ShouldBe(1);

        (await vault.OpenAsync(place with { Subject = ada }, hers, Token)).Fault.Code.ShouldBe("trust.key_destroyed");
        Encoding.UTF8.GetString((await vault.OpenAsync(place with { Subject = eve }, others, Token)).Value).ShouldBe("eve");
        (await vault.OpenAsync(place with { Subject = ada }, others, Token)).Fault.Code.ShouldBe("trust.sealed_damaged");
        (await world.JsonAsync("/audit?action=keys.destroy_subject")).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Equal_texts_have_equal_indices_in_one_column_of_one_tenant_only()
    {
        await using var world = await StartAsync(onPostgres: false);
        var vault = world.Get<IVault>();
        var index = await vault.IndexAsync(world.Tenant, "people", "email", "ada@example.org", Token);

        (await vault.IndexAsync(world.Tenant, "people", "email", "ada@example.org", Token)).ShouldBe(index);
        (await vault.IndexAsync(world.Tenant, "people", "name", "ada@example.org", Token)).ShouldNotBe(index);
        (await vault.IndexAsync(world.Tenant, "people", "email", "eve@example.org", Token)).ShouldNotBe(index);
        (await vault.IndexAsync(TenantId.New(TimeProvider.System), "people", "email", "ada@example.org", Token)).ShouldNotBe(index);
        (await RotateAsync(world)).ShouldNotBe(default);
        (await vault.IndexAsync(world.Tenant, "people", "email", "ada@example.org", Token)).ShouldBe(index);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_that_need_the_first_key_at_once_get_the_same_one(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        var tenant = TenantId.New(TimeProvider.System);

        var keys = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            world.Get<KeyRing>().ActiveAsync(tenant, KeyPurpose.Data, "", Token)));

        keys.Select(static key => key.Id).Distinct().ShouldHaveSingleItem();
    }

    private Task<AuditWorld> StartAsync(bool onPostgres, params string[] settings) =>
        AuditWorld.StartAsync(onPostgres ? postgres : null, settings);

    private static async Task SetAsync(AuditWorld world, int number, string value)
    {
        using var answer = await world.Client.PutAsJsonAsync($"/api/v1/secrets/secret{number}", new { value }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task<string?> RevealAsync(AuditWorld world, int number)
    {
        using var answer = await world.Client.PostAsync($"/api/v1/secrets/secret{number}/reveal", null, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("value").GetString();
    }

    /// <summary>Rotates the keys to the end of the run, and gives what it came to.</summary>
    private static async Task<JsonElement> RotateAsync(AuditWorld world)
    {
        var run = await world.RunAsync("/keys/rotate");
        run.GetProperty("status").GetString().ShouldBe("completed", run.ToString());
        run.GetProperty("kind").GetString().ShouldBe("keys.rotate");
        return (await world.JsonAsync($"/keys/rotations/{run.GetProperty("id").GetString()}")).GetProperty("report");
    }

    /// <summary>Lets the time pass for which servers keep keys in memory.</summary>
    private static Task<int> AgeAsync(AuditWorld world) => world.ChangeAsync(db => db.Keys
        .ExecuteUpdateAsync(set => set.SetProperty(row => row.ChangedAt, DateTimeOffset.UnixEpoch), Token));

    private static async Task<List<KeyVersion>> KeysAsync(AuditWorld world) =>
        [.. (await world.JsonAsync("/keys")).GetProperty("items").Deserialize<List<KeyVersion>>(Platform.Http.Json.Options)!
            .OrderByDescending(static key => key.Version)];

    private static async Task<(string Status, long Uses)> StatusOfDataKeyAsync(AuditWorld world, int version)
    {
        var key = (await KeysAsync(world)).Single(key => key.Purpose == "data" && key.Version == version);
        return (key.Status, key.Uses);
    }

    private static async Task<int> DamageAsync(TrustDb db, string name)
    {
        var bytes = (await db.Secrets.AsNoTracking().SingleAsync(row => row.Name == name, Token)).Value!.ToArray();
        bytes[^1] ^= 1;
        var damaged = new Sealed(bytes);
        return await db.Secrets.Where(row => row.Name == name)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Value, damaged), Token);
    }

    private static Task<int> PutAsync(TrustDb db, SecretRow old) => db.Secrets.Where(row => row.Name == old.Name)
        .ExecuteUpdateAsync(set => set.SetProperty(row => row.Value, old.Value), Token);
}
