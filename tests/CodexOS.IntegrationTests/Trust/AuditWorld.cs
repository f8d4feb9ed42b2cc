using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>A real server with an owner, and an attacker who owns its database.</summary>
internal sealed class AuditWorld : IAsyncDisposable
{
    private readonly string? _postgres;

    private AuditWorld(CodexServer server, HttpClient client, TenantId tenant, UserId user, string? postgres) =>
        (Server, Client, Tenant, User, _postgres) = (server, client, tenant, user, postgres);

    public CodexServer Server { get; }

    public HttpClient Client { get; }

    public TenantId Tenant { get; }

    public UserId User { get; }

    public bool IsPostgres => _postgres is not null;

    public string CheckpointFolder => Path.Combine(Server.DataPath, "audit-checkpoints", Tenant.ToString());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts it with a timer that all but never ticks: what happens, happens because a test wants it.</summary>
    public static Task<AuditWorld> StartAsync(PostgresCluster? postgres, params string[] settings) =>
        StartAsync(postgres, null, settings);

    /// <summary>The same with other parts than the server's own.</summary>
    public static async Task<AuditWorld> StartAsync(
        PostgresCluster? postgres, Action<IServiceCollection>? adjust, params string[] settings)
    {
        var database = postgres is null ? null : await postgres.CreateDatabaseAsync(Token);
        var server = await CodexServer.StartAsync(
            database, ["Audit:SequenceInterval=00:01:00", .. settings], adjust, cancellationToken: Token);
        var client = await server.SignInAsync(Token);
        var me = await client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        return new AuditWorld(
            server,
            client,
            TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null),
            UserId.Parse(me.GetProperty("user").GetProperty("id").GetString()!, null),
            database);
    }

    public T Get<T>()
        where T : notnull => Server.Services.GetRequiredService<T>();

    public IDisposable Enter(TenantId? tenant = null) => Get<TenantContext>().Enter(tenant ?? Tenant);

    /// <summary>Records some entries, one after another.</summary>
    public async Task RecordAsync(int count, TenantId? tenant = null)
    {
        using var entered = Enter(tenant);
        for (var i = 0; i < count; i++)
        {
            await Get<IAuditLog>().RecordAsync(
                AuditEntry.Done("tests.record").On("test", $"{i}").WithPersonal("email", $"user{i}@example.org"), Token);
        }
    }

    /// <summary>Has what is pending take its place, and signs and publishes how far the log has come.</summary>
    public async Task CheckpointAsync(TenantId? tenant = null)
    {
        var log = tenant ?? Tenant;
        await Get<AuditSequencer>().SequenceAsync(log, Token);
        await Get<AuditCheckpoints>().SignAsync(log, Token);
        await Get<AuditCheckpoints>().PublishAsync(Token);
    }

    /// <summary>The report of <c>POST /audit/verify</c>.</summary>
    public async Task<AuditReport> VerifyAsync(params string[] checkpoints)
    {
        using var answer = await Client.PostAsJsonAsync("/api/v1/audit/verify", new { checkpoints }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<AuditReport>(Platform.Http.Json.Options, Token))!;
    }

    public Task<JsonElement> JsonAsync(string path) => Client.GetFromJsonAsync<JsonElement>($"/api/v1{path}", Token);

    /// <summary>Posts what starts a run, follows the run to its end, and gives it as it ended.</summary>
    public async Task<JsonElement> RunAsync(string path)
    {
        using var started = await Client.PostAsync($"/api/v1{path}", null, Token);
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted, await started.Content.ReadAsStringAsync(Token));
        return await EndOfAsync((await started.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!);
    }

    /// <summary>Follows a run to its end.</summary>
    public async Task<JsonElement> EndOfAsync(string run)
    {
        await foreach (var line in RunLines.ReadAsync(Client, run, Token))
            line.ShouldNotBeNull();
        return await JsonAsync($"/runs/{run}");
    }

    public async Task<(HttpStatusCode Status, string? Code)> SendAsync(HttpRequestMessage request)
    {
        using var answer = await Client.SendAsync(request, Token);
        if (answer.IsSuccessStatusCode) return (answer.StatusCode, null);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return (answer.StatusCode, problem.GetProperty("code").GetString());
    }

    /// <summary>Does to the database what only its owner can.</summary>
    public async Task ExecuteAsync(string onSqlite, string onPostgres)
    {
        await using var connection = _postgres is null
            ? await Get<Database>().OpenAsync(Token)
            : await OpenAsOwnerAsync(_postgres);
        await using var command = connection.CreateCommand();
        command.CommandText = IsPostgres ? onPostgres : onSqlite;
        await command.ExecuteNonQueryAsync(Token);
    }

    private static async Task<DbConnection> OpenAsOwnerAsync(string postgres)
    {
        var connection = new NpgsqlConnection(PostgresCluster.OwnerOf(postgres));
        await connection.OpenAsync(Token);
        return connection;
    }

    /// <summary>Takes away what keeps mistakes from changing the log.</summary>
    public Task UnlockAsync() => ExecuteAsync(
        """
        DROP TRIGGER audit_entries_are_not_changed; DROP TRIGGER audit_entries_are_not_removed;
        DROP TRIGGER audit_nodes_are_not_changed; DROP TRIGGER audit_nodes_are_not_removed;
        DROP TRIGGER audit_checkpoints_stay;
        """,
        """
        DROP TRIGGER audit_entries_are_final ON trust.audit_entries;
        DROP TRIGGER audit_nodes_are_final ON trust.audit_nodes;
        DROP TRIGGER audit_checkpoints_stay ON trust.audit_checkpoints;
        """);

    /// <summary>Changes rows of the tenant's log behind the server's back.</summary>
    public async Task<T> ChangeAsync<T>(Func<TrustDb, Task<T>> change)
    {
        using var entered = Enter();
        await using var db = await Get<IDbContextFactory<TrustDb>>().CreateDbContextAsync(Token);
        return await change(db);
    }

    /// <summary>
    /// Writes the tree of the entries that are there anew, as one who knows how it is made and has the server's key.
    /// </summary>
    public Task<int> RestampAsync(bool checkpoints) => ChangeAsync(async db =>
    {
        await db.Nodes.ExecuteDeleteAsync(Token);
        var range = new CompactRange();
        foreach (var row in await db.Entries.AsNoTracking().OrderBy(row => row.LeafIndex).ToListAsync(Token))
        {
            db.Nodes.AddRange(range.Append(AuditLeaf.HashOf(row)).Select(one => new AuditNodeRow
            {
                TenantId = Tenant,
                NodeLevel = (short)one.Node.Level,
                NodeIndex = one.Node.Index,
                Hash = one.Hash,
            }));
        }

        var tree = await db.Trees.SingleAsync(Token);
        (tree.CheckpointSize, tree.Size, tree.Root) = (0, range.Size, range.Root);
        await db.SaveChangesAsync(Token);
        if (!checkpoints) return 0;
        await db.Checkpoints.ExecuteDeleteAsync(Token);
        await Get<AuditCheckpoints>().SignAsync(Tenant, Token);
        return 1;
    });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
