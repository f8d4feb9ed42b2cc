using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Embeddings;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Knowledge;
using CodexOS.Knowledge.Cache;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>How long answers are kept, how many, and how soon: real rows and vectors, and a clock of the test's.</summary>
public abstract class CacheLifeTests(Func<Task<string?>> database) : IAsyncLifetime
{
    private static readonly string[] s_tasks =
    [
        "How do I cancel my order?", "How do I repair the pump?", "Where is the manual?", "What does a ticket cost?", "Why is the sky blue?",
    ];

    private readonly StandingClock _clock = new();
    private CodexServer _server = null!;
    private TenantId _tenant;
    private UserId _me;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ISemanticCache Answers => _server.Services.GetRequiredService<ISemanticCache>();

    public async ValueTask InitializeAsync()
    {
        _server = await CodexServer.StartAsync(
            await database(),
            [
                $"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}", "Knowledge:CacheEntriesMax=3",
                "Knowledge:CacheTimeMax=00:00:30", "Knowledge:CacheLoadTimeMax=00:05:00",
            ],
            services => services.AddSingleton<TimeProvider>(_clock),
            cancellationToken: Token);
        using var ada = await _server.SignInAsync(Token);
        var me = await ada.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        _tenant = TenantId.Parse(me.GetProperty("tenant").Text("id"), null);
        _me = UserId.Parse(me.GetProperty("user").Text("id"), null);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task An_answer_ends_with_its_time_and_its_row_goes_with_the_next_that_is_kept()
    {
        using var tenant = Enter(_tenant);
        var asked = Asked(0) with { Rule = Asked(0).Rule with { TtlSeconds = 600 } };
        await KeepAsync(asked);

        _clock.Advance(TimeSpan.FromSeconds(599));
        (await FindAsync(asked)).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await FindAsync(asked)).ShouldBeFalse();
        (await RowsAsync()).Count.ShouldBe(1);

        await KeepAsync(Asked(1));
        (await RowsAsync()).ShouldHaveSingleItem().RunId.ShouldBe(Asked(1).Run);
    }

    [Fact]
    public async Task Where_there_are_too_many_the_oldest_goes_also_from_memory()
    {
        using var tenant = Enter(_tenant);
        for (var i = 0; i < s_tasks.Length; i++)
        {
            await KeepAsync(Asked(i));
            (await FindAsync(Asked(i))).ShouldBeTrue();
            (await RowsAsync()).Count.ShouldBe(Math.Min(3, i + 1));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await RowsAsync()).Select(static row => row.ExactKey).DistinctBy(Convert.ToHexString).Count().ShouldBe(1, "One key, so one list.");
        for (var i = 0; i < s_tasks.Length; i++) (await FindAsync(Asked(i))).ShouldBe(i >= 2, s_tasks[i]);
    }

    [Fact]
    public async Task What_another_server_keeps_is_found_and_what_it_removes_is_not()
    {
        using var tenant = Enter(_tenant);
        (await FindAsync(Asked(0))).ShouldBeFalse();
        await KeepAsync(Asked(0));
        (await FindAsync(Asked(0))).ShouldBeTrue();

        // Past the memory of this server, as another one does it.
        await using var db = await DbAsync();
        var kept = await db.CachedAnswers.AsNoTracking().SingleAsync(Token);
        await db.CachedAnswers.ExecuteDeleteAsync(Token);
        (await FindAsync(Asked(0))).ShouldBeFalse();

        db.CachedAnswers.Add(kept);
        await db.SaveChangesAsync(Token);
        (await FindAsync(Asked(0))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_tenant_that_has_switched_it_off_has_nothing_looked_up_and_nothing_kept()
    {
        using var tenant = Enter(_tenant);
        await KeepAsync(Asked(0));
        var place = (await Answers.FindAsync(Asked(1), Token)).Place.ShouldNotBeNull();
        var setting = _server.Services.GetRequiredService<CacheSwitch>();

        (await setting.SetAsync(enabled: false, _me, Token)).Enabled.ShouldBeFalse();

        (await Answers.FindAsync(Asked(0), Token)).ShouldBe(CacheLookup.Nothing);
        await Answers.KeepAsync(place, SemanticCacheTests.Reply("Late."), Token);
        (await RowsAsync()).ShouldBeEmpty();
        using (Enter(TenantId.New(TimeProvider.System)))
            (await setting.ReadAsync(Token)).Enabled.ShouldBeTrue("It is of one tenant.");

        await setting.SetAsync(enabled: true, _me, Token);
        (await FindAsync(Asked(0))).ShouldBeFalse("It was removed.");
        await KeepAsync(Asked(0));
        (await FindAsync(Asked(0))).ShouldBeTrue();
    }

    [Fact]
    public async Task The_first_task_waits_for_the_model_which_takes_longer_to_load_than_a_look_up_may()
    {
        using var tenant = Enter(_tenant);
        var clock = new FakeTimeProvider();
        var options = Options.Create(new KnowledgeOptions { CacheTimeMax = TimeSpan.FromSeconds(1) });
        var services = _server.Services;
        var model = new SlowModel(ActivatorUtilities.CreateInstance<EmbeddingService>(services), clock, TimeSpan.FromSeconds(3));
        var cache = ActivatorUtilities.CreateInstance<SemanticCache>(
            services, model, new CacheModel(model, options, clock), options, clock);

        (await cache.FindAsync(Asked(0), Token)).Place.ShouldNotBeNull();
    }

    /// <summary>A task of a run of its own, by which its row is known.</summary>
    private CacheQuestion Asked(int number) => SemanticCacheTests.Question(_tenant, _me) with
    {
        Text = s_tasks[number],
        Run = new RunId(new Guid(number + 1, 0, 0, new byte[8])),
    };

    private IDisposable Enter(TenantId tenant) => _server.Services.GetRequiredService<TenantContext>().Enter(tenant);

    private Task<KnowledgeDb> DbAsync() =>
        _server.Services.GetRequiredService<IDbContextFactory<KnowledgeDb>>().CreateDbContextAsync(Token);

    private async Task<List<CachedAnswerRow>> RowsAsync()
    {
        await using var db = await DbAsync();
        return await db.CachedAnswers.AsNoTracking().ToListAsync(Token);
    }

    private async Task KeepAsync(CacheQuestion question)
    {
        var found = await Answers.FindAsync(question, Token);
        await Answers.KeepAsync(found.Place.ShouldNotBeNull(), SemanticCacheTests.Reply("So."), Token);
    }

    private async Task<bool> FindAsync(CacheQuestion question) => (await Answers.FindAsync(question, Token)).Answer is not null;

    /// <summary>The real model, which takes so long to load by the clock; to ask it loads it too.</summary>
    private sealed class SlowModel(EmbeddingService inner, FakeTimeProvider clock, TimeSpan time) : IEmbeddings
    {
        private int _isLoaded;

        public Fault? Check(ModelName model) => inner.Check(model);

        public Fault? Load(ModelName model)
        {
            if (Interlocked.Exchange(ref _isLoaded, 1) == 0) clock.Advance(time);
            return inner.Load(model);
        }

        public Task<Result<EmbeddingReply>> EmbedAsync(
            EmbeddingCall call, Action<int> onDone, CancellationToken cancellationToken)
        {
            Load(call.Model);
            return inner.EmbedAsync(call, onDone, cancellationToken);
        }
    }
}

/// <summary>On SQLite.</summary>
public sealed class CacheLifeOnSqliteTests() : CacheLifeTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class CacheLifeOnPostgresTests(PostgresCluster postgres)
    : CacheLifeTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
