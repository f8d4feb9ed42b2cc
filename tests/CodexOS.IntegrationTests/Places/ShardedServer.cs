using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;

namespace CodexOS.IntegrationTests.Places;

/// <summary>
/// A server with a home database and a shard called <c>east</c>, the list program, and two tenants: Ada's, which is the first
/// one, and Bob's, which can be moved. It can be stopped in the middle of whatever it does, and started anew.
/// </summary>
internal sealed class ShardedServer : IAsyncDisposable
{
    private readonly TempDirectory _data = new();
    private readonly string[] _settings;
    private readonly NpgsqlDataSource _homeRows;
    private readonly NpgsqlDataSource _eastRows;

    private ShardedServer(string home, string east, string[] settings)
    {
        (Home, East, _settings) = (home, east, settings);
        _homeRows = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(home));
        _eastRows = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(east));
    }

    /// <summary>The home database, as the server's role.</summary>
    public string Home { get; }

    /// <summary>The shard, as the server's role.</summary>
    public string East { get; }

    public CodexServer Server { get; private set; } = null!;

    /// <summary>The owner of the installation.</summary>
    public HttpClient Ada { get; private set; } = null!;

    /// <summary>The owner of the tenant that can be moved.</summary>
    public HttpClient Bob { get; private set; } = null!;

    public TenantId Hers { get; private set; }

    public TenantId His { get; private set; }

    /// <summary>Performs <c>test.keyed</c>.</summary>
    public LedgerHandler Keyed { get; private set; } = new("test.keyed", RepeatClass.Keyed);

    /// <summary>Performs <c>test.unsafe</c>.</summary>
    public LedgerHandler Unsafe { get; private set; } = new("test.unsafe", RepeatClass.Unsafe);

    public TenantPlaces Places => Server.Services.GetRequiredService<TenantPlaces>();

    public TenantContext Tenants => Server.Services.GetRequiredService<TenantContext>();

    public static async Task<ShardedServer> StartAsync(
        PostgresCluster postgres, CancellationToken cancellationToken, params string[] settings)
    {
        var home = await postgres.CreateDatabaseAsync(cancellationToken);
        var east = await postgres.CreateDatabaseAsync(cancellationToken);
        var sharded = new ShardedServer(home, east, settings);
        await sharded.StartServerAsync(cancellationToken);
        sharded.Bob = await sharded.Server.AddTenantAsync(sharded.Ada, "bob", cancellationToken);
        sharded.Hers = await TenantOfAsync(sharded.Ada, cancellationToken);
        sharded.His = await TenantOfAsync(sharded.Bob, cancellationToken);
        return sharded;
    }

    /// <summary>The settings that name a shard.</summary>
    public static string[] Shard(string name, string database) =>
    [
        $"Database:Shards:{name}:ConnectionString={database}",
        $"Database:Shards:{name}:MigrationsConnectionString={PostgresCluster.OwnerOf(database)}",
    ];

    /// <summary>Stops the server as it stands, as a crash does, and starts another one on the same databases.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        var address = Bob.DefaultRequestHeaders.Authorization;
        await StopServerAsync();
        Keyed = new LedgerHandler("test.keyed", RepeatClass.Keyed);
        Unsafe = new LedgerHandler("test.unsafe", RepeatClass.Unsafe);
        await StartServerAsync(cancellationToken);
        Bob = new HttpClient { BaseAddress = Server.Url };
        Bob.DefaultRequestHeaders.Authorization = address;
    }

    /// <summary>Says that a tenant lies somewhere, without carrying anything there.</summary>
    public async Task PlaceByHandAsync(TenantId tenant, string place, CancellationToken cancellationToken)
    {
        await using (var command = _homeRows.CreateCommand("""
            INSERT INTO platform.tenant_places (tenant_id, place, number, changed_at) VALUES ($1, $2, 1, clock_timestamp())
            ON CONFLICT (tenant_id) DO UPDATE SET place = $2, number = tenant_places.number + 1, changed_at = clock_timestamp()
            """))
        {
            command.Parameters.Add(new() { Value = tenant.Value });
            command.Parameters.Add(new() { Value = place });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await Places.LoadAsync(cancellationToken);
    }

    /// <summary>Asks the home database, as an administrator.</summary>
    public Task<T> HomeAsync<T>(string sql, CancellationToken cancellationToken) =>
        AskAsync<T>(_homeRows, sql, cancellationToken);

    /// <summary>Asks the shard, as an administrator.</summary>
    public Task<T> EastAsync<T>(string sql, CancellationToken cancellationToken) =>
        AskAsync<T>(_eastRows, sql, cancellationToken);

    /// <summary>Lets nobody into the shard any more, and throws out who is in it.</summary>
    public async Task CloseEastAsync(CancellationToken cancellationToken)
    {
        var east = new NpgsqlConnectionStringBuilder(East).Database!;
        await HomeAsync<object>($"ALTER DATABASE \"{east}\" ALLOW_CONNECTIONS false", cancellationToken);
        await HomeAsync<object>(
            $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{east}'", cancellationToken);
    }

    /// <summary>Lets everybody in again.</summary>
    public Task OpenEastAsync(CancellationToken cancellationToken) => HomeAsync<object>(
        $"ALTER DATABASE \"{new NpgsqlConnectionStringBuilder(East).Database}\" ALLOW_CONNECTIONS true", cancellationToken);

    /// <summary>Starts a run of the list program.</summary>
    public async Task<RunId> StartRunAsync(TenantId tenant, JsonElement input, CancellationToken cancellationToken)
    {
        var started = await Server.Services.GetRequiredService<IRuns>().StartAsync(
            new RunStart(
                tenant, new UserId(tenant.Value), "list", "a-list", 1, "A list", input,
                JsonSerializer.SerializeToElement(new { }),
                new RunLimits(1_000, TimeSpan.FromHours(1), 1_000_000, 1_000_000), RunLabels.None, null),
            cancellationToken);
        started.IsOk.ShouldBeTrue(started.IsOk ? "" : started.Fault.ToString());
        return started.Value.Id;
    }

    /// <summary>Waits until a run has ended.</summary>
    public async Task<Run> EndAsync(TenantId tenant, RunId run, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (await tick.WaitForNextTickAsync(cancellationToken))
        {
            using var entered = Tenants.Enter(tenant);
            var found = await Server.Services.GetRequiredService<IRuns>().GetAsync(run, cancellationToken);
            if (found.TryGet(out var now, out _) && now.Status is RunStatus.Completed or RunStatus.Failed or RunStatus.Cancelled)
                return now;
        }

        throw new InvalidOperationException("The clock has stopped.");
    }

    /// <summary>Starts a move of Bob's tenant.</summary>
    public async Task<RunId> StartMoveAsync(string to, CancellationToken cancellationToken)
    {
        using var answer = await Ada.PostAsJsonAsync($"/api/v1/tenants/{His}/move", new { to }, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return RunId.Parse(JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!, null);
    }

    /// <summary>Moves Bob's tenant, to the end.</summary>
    public async Task<Run> MoveAsync(string to, CancellationToken cancellationToken) =>
        await EndAsync(Hers, await StartMoveAsync(to, cancellationToken), cancellationToken);

    /// <summary>Makes an agent, whose version is immutable, and gives an approval in advance.</summary>
    public static async Task MakeAgentAsync(HttpClient client, string name, CancellationToken cancellationToken)
    {
        using var yaml = new StringContent(
            $"name: {name}\ninstructions: Help.\nmodel: scripted:repo-engineer\n", Encoding.UTF8, "application/yaml");
        using var made = await client.PutAsync(new Uri("/api/v1/agents", UriKind.Relative), yaml, cancellationToken);
        made.IsSuccessStatusCode.ShouldBeTrue(await made.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Bob?.Dispose();
        await StopServerAsync();
        await _homeRows.DisposeAsync();
        await _eastRows.DisposeAsync();
        _data.Dispose();
    }

    private static async Task<T> AskAsync<T>(NpgsqlDataSource rows, string sql, CancellationToken cancellationToken)
    {
        await using var command = rows.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<TenantId> TenantOfAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var me = await client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", cancellationToken);
        return TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null);
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        Server = await CodexServer.StartAsync(
            Home,
            [
                .. Shard("east", East), "Service:RefreshInterval=00:00:00.2", "Runs:SweepInterval=00:00:01",
                "Runs:MoveDrainTimeout=00:00:05", .. _settings,
            ],
            services =>
            {
                services.AddSingleton<IRunProgram, ListProgram>();
                services.AddSingleton<IEffectHandler>(Keyed);
                services.AddSingleton<IEffectHandler>(Unsafe);
            },
            _data.Path,
            cancellationToken);
        Ada = await Server.SignInAsync(cancellationToken);
    }

    private async Task StopServerAsync()
    {
        Ada?.Dispose();
        if (Server is not null) await Server.DisposeAsync();
    }
}
