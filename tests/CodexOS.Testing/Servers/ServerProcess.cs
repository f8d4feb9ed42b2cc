using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Testing.Servers;

/// <summary>The server as a process of its own, which a test can kill without warning and start again.</summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource<string?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _awaited = new();

    private ServerProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.Exited += (_, _) => End();
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    /// <summary>Where the server listens.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    /// <summary>The process id.</summary>
    public int ProcessId => _process.Id;

    /// <summary>What the process has written so far.</summary>
    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>Starts a server on a free port and waits until it is ready.</summary>
    /// <param name="dataPath">Its data directory; it outlives the process.</param>
    /// <param name="postgres">The connection string of a PostgreSQL database; SQLite if null.</param>
    /// <param name="settings">Further settings, each <c>Section:Name=value</c>.</param>
    /// <param name="port">A port, or 0 for any free one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The server ended instead of becoming ready; has its log.</exception>
    public static async Task<ServerProcess> StartAsync(
        string dataPath,
        string? postgres = null,
        IEnumerable<string>? settings = null,
        int port = 0,
        CancellationToken cancellationToken = default)
    {
        var start = CommandLine("codexos.dll", "serve", "--url", $"http://127.0.0.1:{port}", "--data", dataPath);
        return await StartAsync(start, postgres, settings, cancellationToken);
    }

    /// <summary>
    /// Starts a node with the handlers for tests (<see cref="Nodes.NodeProgram"/>), which takes commands from its input.
    /// </summary>
    public static async Task<ServerProcess> StartNodeAsync(
        string dataPath,
        string sharedPath,
        string role,
        string postgres,
        IEnumerable<string> settings,
        CancellationToken cancellationToken)
    {
        var start = CommandLine(
            "CodexOS.Testing.dll", "serve", "--url", "http://127.0.0.1:0", "--data", dataPath, "--shared", sharedPath,
            "--role", role);
        start.RedirectStandardInput = true;
        start.Environment["CODEXOS_TEST_LEDGER"] = Path.Combine(sharedPath, "ledger");
        return await StartAsync(start, postgres, settings, cancellationToken);
    }

    /// <summary>Makes the first administrator if there is none yet, and returns a client signed in as them.</summary>
    /// <param name="dataPath">The server's data directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<HttpClient> SignInAsync(string dataPath, CancellationToken cancellationToken) =>
        Administrator.SignInAsync(Url, Path.Combine(dataPath, "keys"), cancellationToken);

    /// <summary>Writes a line to the process's input and waits for a line that begins with a word.</summary>
    public async Task<string> AskAsync(string line, string word, CancellationToken cancellationToken)
    {
        var answer = _awaited[word] = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Stops the process as it stands (SIGSTOP), or lets it go on (SIGCONT).</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until the process has ended, and returns its exit code.</summary>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    private static async Task<ServerProcess> StartAsync(
        ProcessStartInfo start, string? postgres, IEnumerable<string>? settings, CancellationToken cancellationToken)
    {
        foreach (var setting in CodexServer.DatabaseSettings(postgres).Concat(settings ?? []))
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(setting);
        }

        var server = new ServerProcess(start);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            var url = await server._ready.Task.WaitAsync(s_startMax, cancellationToken)
                ?? throw new InvalidOperationException($"The server did not start:{Environment.NewLine}{server.Log}");
            server.Url = new Uri(url);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs <c>codexos</c> with these arguments to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        using var process = Process.Start(CommandLine("codexos.dll", [.. arguments]))!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Ends the process without warning, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the process to stop, as <c>kill</c> does, and returns its exit code.</summary>
    public async Task<int> StopAsync(CancellationToken cancellationToken = default)
    {
        await SignalAsync("TERM");
        return await EndAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }

    private static ProcessStartInfo CommandLine(string program, params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, program) },
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }

    private void End()
    {
        _ready.TrySetResult(null);
        foreach (var answer in _awaited.Values)
            answer.TrySetException(new InvalidOperationException($"The process ended:{Environment.NewLine}{Log}"));
    }

    private void Read(string? line)
    {
        if (line is null) return;
        lock (_log) _log.AppendLine(line);
        if (_awaited.TryGetValue(line.Split(' ', 2)[0], out var awaited)) awaited.TrySetResult(line);
        if (ReadyLine().Match(line) is { Success: true } ready) _ready.TrySetResult(ready.Groups["url"].Value);
    }

    [GeneratedRegex("is ready on (?<url>http://[0-9.:]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ReadyLine();
}
