using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Knowledge;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Retention;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Runs;

/// <summary>The sweep of blobs that belong to nobody, on both databases, through the real server.</summary>
public abstract class BlobSweepTests(Func<Task<string?>> database)
{
    private static readonly string s_large = new('l', 5_000);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_row_names_stays_and_what_nobody_names_goes_after_its_grace()
    {
        await using var engine = await StartAsync("Runs:ArchiveAfter=00:00:00.001", "Runs:PayloadInlineBytesMax=1024");
        var step = new { step = "a", effect = "test.keyed", ballast = s_large };
        var input = JsonSerializer.SerializeToElement(new { batches = new[] { new[] { step } } });
        var run = await engine.StartRunAsync(input, Token);
        await engine.EndAsync(run.Id, Token);
        await engine.Client.MakeBaseAsync("atlas");
        await engine.Client.AddAsync("atlas", "bus.txt", "The vehicle stops here.");
        (await engine.Client.IngestAsync("atlas")).Text("status").ShouldBe("completed");
        await ExportAsync(engine);
        var named = Names(engine);
        named.Count.ShouldBeGreaterThanOrEqualTo(4);
        var stray = await WriteAsync(engine, "left by a kill");
        Age(engine);
        var young = await WriteAsync(engine, "whose row is on its way");
        // As kills leave them: a write that was not whole, and a blob that was moved aside and never back.
        var torn = Path.Combine(Path.GetDirectoryName(PathOf(engine, young))!, $"{young}.abcdefgh.ijk");
        await File.WriteAllTextAsync(torn, "whose row is on", Token);
        File.SetLastWriteTimeUtc(torn, Old);
        var aside = PathOf(engine, named[0]);
        File.Move(aside, $"{aside}.abcdefgh.ijk");

        var swept = await SweepAsync(engine);

        swept.ShouldBe(new BlobSweepOutcome(named.Count + 1, 1, 0, More: false));
        Names(engine).ShouldBe([.. named, young], ignoreOrder: true);
        File.Exists(PathOf(engine, stray)).ShouldBeFalse();
        // What an archived run names has moved to another table.
        var retention = (await engine.Client.DoneAsync(HttpMethod.Post, "/api/v1/runs/retention", null)).Text("id");
        (await engine.Client.EndedAsync(retention)).Text("status").ShouldBe("completed");
        Age(engine);
        (await SweepAsync(engine)).Removed.ShouldBe(1, "The young one is old by now.");
        (await engine.FollowAsync(run.Id, _ => false, Token)).ShouldNotBeEmpty();
        (await engine.Client.SearchAsync("atlas", "vehicle")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Whoever_writes_content_while_it_is_swept_finds_it_there()
    {
        await using var engine = await StartAsync();
        var hash = await WriteAsync(engine, "the same again");
        Age(engine);
        var asked = 0;
        var writer = new Witness(async () =>
        {
            asked++;
            (await WriteAsync(engine, "the same again")).ShouldBe(hash);
        });

        (await SweepAsync(engine, writer)).Removed.ShouldBe(0);

        asked.ShouldBe(1);
        File.Exists(PathOf(engine, hash)).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_goes_that_a_module_could_not_speak_for()
    {
        await using var engine = await StartAsync();
        await WriteAsync(engine, "left by a kill");
        // As if the data directory were another installation's.
        var elsewhere = await WriteAsync(engine, "of another installation", TypedId.New<TenantId>(TimeProvider.System));
        Age(engine);
        var silent = new Witness(static () => throw new InvalidOperationException("The database is down."));

        (await SweepAsync(engine, silent)).ShouldBe(new BlobSweepOutcome(1, 0, 1, More: false));
        Names(engine).Count.ShouldBe(2);
        (await SweepAsync(engine)).ShouldBe(new BlobSweepOutcome(1, 1, 0, More: false));
        Names(engine).ShouldBe([elsewhere]);
    }

    [Fact]
    public async Task A_pass_is_bounded_and_the_next_one_goes_on_there()
    {
        await using var engine = await StartAsync("Runs:UnownedBlobsMax=2");
        for (var i = 0; i < 5; i++) await WriteAsync(engine, $"left by kill {i}");
        Age(engine);
        var sweep = Of(engine);

        (await sweep.PassAsync(Token)).ShouldBe(new BlobSweepOutcome(2, 2, 0, More: true));
        (await sweep.PassAsync(Token)).ShouldBe(new BlobSweepOutcome(2, 2, 0, More: true));
        (await sweep.PassAsync(Token)).ShouldBe(new BlobSweepOutcome(1, 1, 0, More: false));
    }

    private static DateTime Old => TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-25);

    private async Task<EngineHarness> StartAsync(params string[] settings) =>
        await EngineHarness.StartAsync(await database(), Token, settings);

    private static BlobSweep Of(EngineHarness engine, params IBlobWitness[] others) =>
        ActivatorUtilities.CreateInstance<BlobSweep>(
            engine.Services, (IEnumerable<IBlobWitness>)[.. engine.Services.GetServices<IBlobWitness>(), .. others]);

    private static Task<BlobSweepOutcome> SweepAsync(EngineHarness engine, params IBlobWitness[] others) =>
        Of(engine, others).PassAsync(Token);

    private static async Task<string> WriteAsync(EngineHarness engine, string text, TenantId? tenant = null) =>
        (await engine.Services.GetRequiredService<IBlobStore>()
            .WriteAsync(tenant ?? engine.Tenant, Encoding.UTF8.GetBytes(text), Token)).Value;

    private static async Task ExportAsync(EngineHarness engine)
    {
        var me = await engine.Client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        var subject = me.GetProperty("user").Text("id");
        var run = (await engine.Client.DoneAsync(
            HttpMethod.Post, "/api/v1/privacy/exports", JsonContent.Create(new { subject }))).Text("id");
        (await engine.Client.EndedAsync(run)).Text("status").ShouldBe("completed");
    }

    private static List<string> Names(EngineHarness engine) => [.. engine.BlobFiles().Select(Path.GetFileName).OfType<string>()];

    private static string PathOf(EngineHarness engine, string hash) =>
        Path.Combine(engine.DataPath, "blobs", engine.Tenant.ToString(), hash[..2], hash);

    private static void Age(EngineHarness engine)
    {
        foreach (var file in engine.BlobFiles()) File.SetLastWriteTimeUtc(file, Old);
    }

    /// <summary>A module that names nothing and does something when it is asked.</summary>
    private sealed class Witness(Func<Task> asked) : IBlobWitness
    {
        public string Name => "test";

        public async Task<IReadOnlyCollection<string>> NamedAsync(
            IReadOnlyList<string> hashes, CancellationToken cancellationToken)
        {
            await asked();
            return [];
        }
    }
}

/// <summary>On SQLite.</summary>
public sealed class BlobSweepOnSqliteTests() : BlobSweepTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class BlobSweepOnPostgresTests(PostgresCluster postgres)
    : BlobSweepTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
