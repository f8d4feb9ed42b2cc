using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CodexOS.Testing.Servers;

/// <summary>
/// A store for vectors of somebody else's, from <c>tests/peers</c>, with its files in a temporary directory: a real Chroma
/// server, or a PostgreSQL with the extension vector. It can be stopped and started again, and goes with the test process.
/// </summary>
public abstract class VectorServer : IAsyncDisposable
{
    // The shell holds the server's life: it ends it when its own input ends.
    private const string Script =
        """
        "$@" < /dev/null &
        server=$!
        cat >/dev/null
        kill -KILL "$server"
        wait "$server" || true
        """;

    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(2);

    private readonly TempDirectory _files = new();
    private Process? _shell;

    private protected VectorServer() => Port = FreePort();

    /// <summary>Settings of a node that knows it by a name.</summary>
    public abstract IEnumerable<string> Settings(string name);

    /// <summary>The port it listens on.</summary>
    protected int Port { get; }

    /// <summary>Its files.</summary>
    protected string Folder => _files.Path;

    private protected abstract string[] Command { get; }

    private protected abstract string ReadyWord { get; }

    /// <summary>Starts it, or starts it again with what is in it.</summary>
    /// <exception cref="InvalidOperationException">It is not there or does not start; has what it said.</exception>
    public async Task UpAsync(CancellationToken cancellationToken)
    {
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new StringBuilder();
        var start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = Repository.In("tests", "peers"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-c", Script, "store", .. Command]) start.ArgumentList.Add(argument);
        var shell = new Process { StartInfo = start, EnableRaisingEvents = true };
        shell.OutputDataReceived += (_, line) => Read(line.Data);
        shell.ErrorDataReceived += (_, line) => Read(line.Data);
        shell.Exited += (_, _) => ready.TrySetResult(false);
        shell.Start();
        shell.BeginOutputReadLine();
        shell.BeginErrorReadLine();
        _shell = shell;
        if (!await ready.Task.WaitAsync(s_startMax, cancellationToken)) throw NotStarted();
        await ListeningAsync(cancellationToken);

        void Read(string? text)
        {
            if (text is null) return;
            lock (log) log.AppendLine(text);
            if (text.Contains(ReadyWord, StringComparison.Ordinal)) ready.TrySetResult(true);
            else if (text.Contains("Cannot find", StringComparison.Ordinal) || text.Contains("No such file", StringComparison.Ordinal))
                ready.TrySetResult(false);
        }

        InvalidOperationException NotStarted()
        {
            lock (log)
            {
                return new InvalidOperationException(
                    $"{Command[0]} did not start. Fetch it: npm --prefix tests/peers ci{Environment.NewLine}{log}");
            }
        }
    }

    /// <summary>Kills it.</summary>
    public async Task DownAsync()
    {
        if (_shell is null) return;
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        _shell = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        _files.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static async Task<T> StartedAsync<T>(T server, CancellationToken cancellationToken)
        where T : VectorServer
    {
        try
        {
            await server.UpAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>It may say that it is ready a moment before it is.</summary>
    private async Task ListeningAsync(CancellationToken cancellationToken)
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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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
