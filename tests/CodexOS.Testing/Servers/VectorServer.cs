using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CodexOS.Testing.Servers;

/// <summary>
/// A store for vectors of somebody else's, from <c>tests/peers</c>: a real Chroma server, or a PostgreSQL with the extension
/// vector.
/// </summary>
public abstract class VectorServer : HeldServer
{
    private protected VectorServer() => Port = FreePort();

    /// <summary>Settings of a node that knows it by a name.</summary>
    public abstract IEnumerable<string> Settings(string name);

    /// <summary>The port it listens on.</summary>
    protected int Port { get; }

    private protected override string HowToGet => "npm --prefix tests/peers ci";

    /// <summary>It may say that it is ready a moment before it is.</summary>
    private protected override async Task ListeningAsync(CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
                return;
            }
            catch (SocketException) when (attempt < 500)
            {
                await tick.WaitForNextTickAsync(cancellationToken);
            }
        }
    }

    /// <summary>A port, as a program takes it.</summary>
    private protected string PortText => Port.ToString(CultureInfo.InvariantCulture);

    private protected static IEnumerable<string> Waits(string name) =>
    [
        $"Knowledge:Stores:{name}:PauseAfterFailure=00:00:00.200", $"Knowledge:Stores:{name}:RetryPauseMax=00:00:00.400",
        $"Knowledge:Stores:{name}:CheckEvery=00:00:00.500",
        // A store that is gone refuses connections at once; one that is only slow, as on a busy machine, is waited for.
        $"Knowledge:Stores:{name}:RequestTimeMax=00:05:00", $"Knowledge:Stores:{name}:SearchTimeMax=00:00:30",
    ];
}

/// <summary>A Chroma server.</summary>
public sealed class ChromaServer : VectorServer
{
    private ChromaServer()
    {
    }

    /// <summary>Where it listens.</summary>
    public Uri Url => new($"http://127.0.0.1:{PortText}");

    private protected override string[] Command =>
        [Repository.In("tests", "peers", "node_modules", ".bin", "chroma"), "run", "--path", Folder, "--port", PortText];

    private protected override string ReadyWord => "Connect to Chroma";

    /// <summary>Starts one.</summary>
    public static Task<ChromaServer> StartAsync(CancellationToken cancellationToken) =>
        StartedAsync(new ChromaServer(), cancellationToken);

    /// <inheritdoc />
    public override IEnumerable<string> Settings(string name) =>
        [$"Knowledge:Stores:{name}:Kind=chroma", $"Knowledge:Stores:{name}:Url={Url}", .. Waits(name)];
}

/// <summary>A PostgreSQL with the extension vector, which takes one connection at a time.</summary>
public sealed class PgvectorServer : VectorServer
{
    private PgvectorServer()
    {
    }

    /// <summary>How it is reached.</summary>
    public string ConnectionString =>
        $"Host=127.0.0.1;Port={PortText};Database=postgres;Username=postgres;Password=postgres;SSL Mode=Disable";

    private protected override string[] Command =>
        ["node", Repository.In("tests", "peers", "pglite.mjs"), Path.Combine(Folder, "data"), PortText];

    private protected override string ReadyWord => "ready";

    /// <summary>Starts one.</summary>
    public static Task<PgvectorServer> StartAsync(CancellationToken cancellationToken) =>
        StartedAsync(new PgvectorServer(), cancellationToken);

    /// <inheritdoc />
    public override IEnumerable<string> Settings(string name) =>
    [
        $"Knowledge:Stores:{name}:Kind=pgvector", $"Knowledge:Stores:{name}:ConnectionString={ConnectionString}",
        $"Knowledge:Stores:{name}:RequestsAtOnceMax=1", .. Waits(name),
    ];
}
