using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Npgsql;

namespace CodexOS.Testing.Nodes;

/// <summary>Several nodes as processes on one PostgreSQL database, with one shared directory and one administrator.</summary>
public sealed class NodeCluster : IAsyncDisposable
{
    private readonly TempDirectory _files = new();
    private readonly string _postgres;
    private readonly string[] _settings;
    private readonly string[] _roles;
    private readonly ServerProcess[] _nodes;
    private readonly NpgsqlDataSource _database;
    private string _tenant = "";
    private string _accessToken = "";

    private NodeCluster(string postgres, string[] settings, string[] roles)
    {
        (_postgres, _settings, _roles) = (postgres, settings, roles);
        _nodes = new ServerProcess[roles.Length];
        _database = NpgsqlDataSource.Create(PostgresCluster.AdministratorOf(postgres));
        Directory.CreateDirectory(Shared);
        Ledger = new NodeLedger(Path.Combine(Shared, "ledger"));
    }

    /// <summary>What the handlers did.</summary>
    public NodeLedger Ledger { get; }

    /// <summary>The directory that a node has alone.</summary>
    public string DataOf(int index) => Path.Combine(_files.Path, string.Create(CultureInfo.InvariantCulture, $"node-{index}"));

    private string Shared => Path.Combine(_files.Path, "shared");

    /// <summary>Starts all nodes at once, each in a role of its own, and signs in at the first.</summary>
    public static async Task<NodeCluster> StartAsync(
        string postgres, string[] roles, CancellationToken cancellationToken, params string[] settings)
    {
        var cluster = new NodeCluster(postgres, settings, roles);
        await Task.WhenAll(Enumerable.Range(0, roles.Length).Select(i => cluster.StartNodeAsync(i, cancellationToken)));
        await cluster.SetUpAsync(cancellationToken);
        return cluster;
    }

    /// <summary>A node's process.</summary>
    public ServerProcess Node(int index) => _nodes[index];

    /// <summary>Starts a node in its place, for the first time or again.</summary>
    public async Task StartNodeAsync(int index, CancellationToken cancellationToken)
    {
        var former = _nodes[index];
        _nodes[index] = await ServerProcess.StartNodeAsync(
            DataOf(index), Shared, _roles[index], _postgres, _settings, cancellationToken);
        if (former is not null) await former.DisposeAsync();
    }

    /// <summary>A signed-in client of a node; the sign-in was at another one.</summary>
    public HttpClient Client(int index)
    {
        var client = new HttpClient { BaseAddress = _nodes[index].Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _accessToken);
        return client;
    }

    /// <summary>The access token of the administrator.</summary>
    public string AccessToken => _accessToken;

    /// <summary>Starts runs through a node, and returns their ids; of the administrator's tenant, if none is named.</summary>
    public async Task<string[]> StartRunsAsync(
        int index, int count, JsonElement input, CancellationToken cancellationToken, string? tenant = null)
    {
        var command = JsonSerializer.Serialize(new NodeCommand(tenant ?? _tenant, count, input));
        var answer = (await _nodes[index].AskAsync(command, "STARTED", cancellationToken)).Split(' ')[1..];
        return answer.Length == count && !answer.Any(one => one.StartsWith('!'))
            ? answer
            : throw new InvalidOperationException($"Not all runs were started: {string.Join(' ', answer)}");
    }

    /// <summary>Input: steps one after the other, all of one effect and one duration.</summary>
    public static JsonElement Steps(string effect, int count, int ms, bool talks = false)
    {
        var batches = Enumerable.Range(0, count).Select(i => new[] { new { step = $"s{i}", effect, ms, talks } });
        return JsonSerializer.SerializeToElement(new { batches });
    }

    /// <summary>Asks the database for one number.</summary>
    public async Task<long> NumberAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <summary>The transactions that are open, each by its session and its beginning.</summary>
    public async Task<HashSet<string>> TransactionsAsync(CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand("""
            SELECT pid || ' ' || xact_start FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND xact_start IS NOT NULL
                AND pid <> pg_backend_pid()
            """);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var open = new HashSet<string>(StringComparer.Ordinal);
        while (await row.ReadAsync(cancellationToken)) open.Add(row.GetString(0));
        return open;
    }

    /// <summary>Waits until a query answers with a number, and returns how long that took.</summary>
    public async Task<TimeSpan> UntilAsync(string sql, long number, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (await NumberAsync(sql, cancellationToken) != number)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Waits until every run has ended well.</summary>
    public Task<TimeSpan> AllCompletedAsync(int count, CancellationToken cancellationToken) =>
        UntilAsync("SELECT count(*) FROM runs.runs WHERE status = 4", count, cancellationToken);

    /// <summary>The name under which a node owns runs and is a member.</summary>
    public async Task<string> SiloOfAsync(int index, CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand("SELECT silo FROM runs.nodes WHERE url = $1 ORDER BY started_at DESC");
        command.Parameters.Add(new() { Value = _nodes[index].Url.GetLeftPart(UriPartial.Authority) });
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Where(node => node is not null)) await node.DisposeAsync();
        await _database.DisposeAsync();
        _files.Dispose();
    }

    private async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var link = await File.ReadAllTextAsync(Path.Combine(Shared, "keys", "setup-link"), cancellationToken);
        using var client = new HttpClient { BaseAddress = _nodes[0].Url };
        var request = new
        {
            token = link.Trim().Split("#token=")[^1],
            email = CodexServer.AdministratorEmail,
            displayName = "Ada",
            password = CodexServer.AdministratorPassword,
            transport = "body",
        };
        using var answer = await client.PostAsJsonAsync("/api/v1/setup", request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        _accessToken = tokens.GetProperty("accessToken").GetString()!;
        using var signedIn = Client(0);
        var me = await signedIn.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", cancellationToken);
        _tenant = me.GetProperty("tenant").GetProperty("id").GetString()!;
    }
}
