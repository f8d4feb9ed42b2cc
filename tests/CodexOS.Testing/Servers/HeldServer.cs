using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CodexOS.Testing.Servers;

/// <summary>
/// A server of the test's own, with its files in a temporary directory, that can be stopped and started again. It goes with the
/// test process, whatever way that ends.
/// </summary>
public abstract class HeldServer : IAsyncDisposable
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
    private static readonly string[] s_missing = ["command not found", "Cannot find", "No such file"];

    private readonly TempDirectory _files = new();
    private Process? _shell;

    private protected HeldServer()
    {
    }

    /// <summary>Its files.</summary>
    protected string Folder => _files.Path;

    private protected abstract string[] Command { get; }

    /// <summary>What it says when it is ready.</summary>
    private protected abstract string ReadyWord { get; }

    /// <summary>The command that gets it.</summary>
    private protected abstract string HowToGet { get; }

    /// <summary>Starts it, or starts it again with what is in its files.</summary>
    /// <exception cref="InvalidOperationException">It is not there or does not start; has what it said.</exception>
    public async Task UpAsync(CancellationToken cancellationToken)
    {
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new StringBuilder();
        var start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-c", Script, "held", .. Command]) start.ArgumentList.Add(argument);
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
            else if (Array.Exists(s_missing, word => text.Contains(word, StringComparison.Ordinal))) ready.TrySetResult(false);
        }

        InvalidOperationException NotStarted()
        {
            lock (log)
                return new InvalidOperationException($"{Command[0]} did not start. Run: {HowToGet}{Environment.NewLine}{log}");
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
        where T : HeldServer
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

    private protected static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until it can be reached, where it says that it is ready before that.</summary>
    private protected virtual Task ListeningAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
