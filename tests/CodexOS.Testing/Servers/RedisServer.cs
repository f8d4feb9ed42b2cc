using System.Diagnostics;
using System.Text;

namespace CodexOS.Testing.Servers;

/// <summary>
/// A Redis server of the test's own, on a unix socket in a temporary directory, that can be stopped and started again. It goes
/// with the test process, whatever way that ends.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    // The shell holds the server's life: it ends it when its own input ends.
    private const string Script =
        """
        redis-server --port 0 --unixsocket "$1/redis.sock" --dir "$1" --save '' --appendonly no --daemonize no &
        server=$!
        cat >/dev/null
        kill -KILL "$server"
        wait "$server" || true
        """;

    private static readonly TimeSpan s_startMax = TimeSpan.FromSeconds(30);
    private readonly TempDirectory _files = new();
    private Process? _shell;

    private RedisServer()
    {
    }

    /// <summary>Where it is, as StackExchange.Redis writes it.</summary>
    public string Configuration => $"!{Path.Combine(_files.Path, "redis.sock")}";

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">Redis is not installed or does not start; has what it said.</exception>
    public static async Task<RedisServer> StartAsync(CancellationToken cancellationToken)
    {
        var server = new RedisServer();
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

    /// <summary>Starts it again, with nothing in it.</summary>
    public async Task UpAsync(CancellationToken cancellationToken)
    {
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new StringBuilder();
        var shell = new Process
        {
            StartInfo = new ProcessStartInfo("bash")
            {
                ArgumentList = { "-c", Script, "redis", _files.Path },
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
            EnableRaisingEvents = true,
        };
        shell.OutputDataReceived += (_, line) => Read(line.Data);
        shell.ErrorDataReceived += (_, line) => Read(line.Data);
        shell.Exited += (_, _) => ready.TrySetResult(false);
        shell.Start();
        shell.BeginOutputReadLine();
        shell.BeginErrorReadLine();
        _shell = shell;
        if (!await ready.Task.WaitAsync(s_startMax, cancellationToken))
        {
            lock (log) throw new InvalidOperationException($"Redis did not start. Run: apt-get install redis-server{Environment.NewLine}{log}");
        }

        void Read(string? text)
        {
            if (text is null) return;
            lock (log) log.AppendLine(text);
            if (text.Contains("eady to accept connections", StringComparison.Ordinal)) ready.TrySetResult(true);
            else if (text.Contains("command not found", StringComparison.Ordinal)) ready.TrySetResult(false);
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
    }
}
