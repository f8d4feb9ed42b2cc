using CodexOS.Testing.Postgres;

namespace CodexOS.Testing.Chaos;

/// <summary>What a system stands on: its files, its database, its ledger and its servers.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly TempDirectory _files = new();
    private int _next;

    private Stage(SystemOptions options)
    {
        Ledger = new Ledger(_files.In("ledger"));
        if (options.SmallDisk) Disk = new ChaosDisk();
        Data = Disk?.Path ?? _files.In("data");
    }

    public Ledger Ledger { get; }

    public ChaosDisk? Disk { get; }

    public ChaosPostgres? Postgres { get; private set; }

    public AnswerThief? Thief { get; private set; }

    public IReadOnlyList<ChaosNode> Nodes { get; private set; } = [];

    /// <summary>The directory of what all servers share.</summary>
    public string Data { get; }

    /// <summary>The SQLite file.</summary>
    public string SqlitePath => Path.Combine(Data, "codexos.db");

    /// <summary>The database, with nobody in between.</summary>
    public string ConnectionString => Postgres?.ConnectionString ?? $"Data Source={SqlitePath};Pooling=False";

    public static async Task<Stage> StartAsync(
        SystemOptions options, ChaosOptions campaign, CancellationToken cancellationToken)
    {
        var stage = new Stage(options);
        try
        {
            List<string> settings =
            [
                "Logging:LogLevel:Default=Warning", "Runs:SweepInterval=00:00:02", "Runs:OutageMax=00:00:20",
                "RateLimits:PerAddress=0", "RateLimits:PerAccount=0", "RateLimits:PerTenant=0",
            ];
            if (options.Postgres)
            {
                stage.Postgres = await ChaosPostgres.StartAsync(options.Durable, cancellationToken);
                stage.Thief = new AnswerThief(stage._files.Path, stage.Postgres.SocketDirectory);
                settings.Add("Database:Provider=postgres");
                settings.Add($"Database:ConnectionString=Host={stage._files.Path};Username=codexos;Database=codexos;Timeout=30");
                settings.Add($"Database:MigrationsConnectionString={PostgresCluster.OwnerOf(stage.Postgres.ConnectionString)}");
            }

            Directory.CreateDirectory(campaign.LogDirectory);
            stage.Nodes = [.. Enumerable.Range(1, options.Nodes).Select(number =>
            {
                var name = options.Nodes == 1 ? options.Name : $"{options.Name}-{number}";
                var data = options.Nodes == 1 ? stage.Data : Path.Combine(stage.Data, $"node-{number}");
                string[] shared = options.Nodes == 1 ? [] : [$"Server:Shared={Path.Combine(stage.Data, "shared")}"];
                return new ChaosNode(
                    offset => new NodeArguments(name, data, stage.Ledger.Path, campaign.Whole, offset, [.. settings, .. shared]),
                    Path.Combine(campaign.LogDirectory, $"{name}.log"));
            })];
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>A server that accepts requests, each in its turn; null if there is none at the moment.</summary>
    public Uri? Live()
    {
        var first = (uint)Interlocked.Increment(ref _next);
        for (var i = 0; i < Nodes.Count; i++)
        {
            if (Nodes[(int)((first + i) % Nodes.Count)].Url is { } url) return url;
        }

        return null;
    }

    public async Task EndNodesAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await EndNodesAsync();
        if (Thief is not null) await Thief.DisposeAsync();
        if (Postgres is not null) await Postgres.DisposeAsync();
        await Ledger.DisposeAsync();
        Disk?.Dispose();
        _files.Dispose();
    }
}
