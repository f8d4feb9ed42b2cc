using System.Diagnostics;
using System.Globalization;

namespace CodexOS.Testing.Chaos;

/// <summary>When a process of a node ended.</summary>
/// <param name="Owner">As whom it owned runs; null if it was never ready.</param>
/// <param name="At">When.</param>
/// <param name="ExitCode">137 if it was killed.</param>
/// <param name="Wanted">Whether the campaign ended it.</param>
internal sealed record Death(string? Owner, DateTimeOffset At, int ExitCode, bool Wanted);

/// <summary>A place for one server process, with a supervisor that starts another as soon as it has ended.</summary>
internal sealed class ChaosNode(Func<TimeSpan, NodeArguments> arguments, string logPath) : IAsyncDisposable
{
    private static readonly TimeSpan s_restartAfterKill = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_restartAfterExit = TimeSpan.FromMilliseconds(300);
    private readonly Lock _gate = new();
    private readonly StreamWriter _log = new(logPath, append: true) { AutoFlush = true };
    private readonly List<Death> _deaths = [];
    private readonly List<string> _owners = [];
    private readonly List<(DateTimeOffset From, TimeSpan Offset)> _clock = [];
    private readonly CancellationTokenSource _ending = new();
    private TaskCompletionSource<Uri> _ready = NewSignal<Uri>();
    private TaskCompletionSource _mayStart = Done();
    private Process? _process;
    private string? _owner;
    private Task _supervisor = Task.CompletedTask;
    private TimeSpan _offset;
    private long _spawnedAt;
    private bool _wanted;

    /// <summary>Where the server listens, or null while it does not.</summary>
    public Uri? Url { get; private set; }

    /// <summary>How long the newest start took until the server accepted requests.</summary>
    public TimeSpan StartTook { get; private set; }

    /// <summary>How many processes have been started.</summary>
    public int Starts { get; private set; }

    public IReadOnlyList<Death> Deaths
    {
        get
        {
            lock (_gate) return [.. _deaths];
        }
    }

    /// <summary>As whom its processes have owned runs.</summary>
    public IReadOnlyList<string> Owners
    {
        get
        {
            lock (_gate) return [.. _owners];
        }
    }

    /// <summary>When the wall clock was set to which offset, oldest first.</summary>
    public IReadOnlyList<(DateTimeOffset From, TimeSpan Offset)> Clock
    {
        get
        {
            lock (_gate) return [.. _clock];
        }
    }

    public void Start() => _supervisor = Task.Run(SuperviseAsync);

    /// <summary>Waits until the server accepts requests, across any number of starts.</summary>
    public async Task<Uri> ReadyAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Task<Uri> ready;
        lock (_gate) ready = _ready.Task;
        return await ready.WaitAsync(limit, cancellationToken);
    }

    /// <summary>Ends the process without warning; false if there is none at this moment.</summary>
    public bool Kill()
    {
        lock (_gate)
        {
            if (_process is null || _process.HasExited) return false;
            _wanted = true;
            _process.Kill();
            return true;
        }
    }

    /// <summary>Keeps the supervisor from starting another process until it is let go.</summary>
    public void HoldDown()
    {
        lock (_gate)
        {
            if (_mayStart.Task.IsCompleted) _mayStart = NewSignal();
        }
    }

    /// <summary>Lets the supervisor go on.</summary>
    public void LetGo()
    {
        lock (_gate) _mayStart.TrySetResult();
    }

    /// <summary>
    /// Stops the process in the middle of whatever it does and lets it go on after a while. Another process does both, so
    /// that nothing stays stopped if the campaign itself is ended.
    /// </summary>
    public bool StopFor(TimeSpan duration)
    {
        lock (_gate)
        {
            if (_process is null || _process.HasExited) return false;
            var seconds = duration.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
            using var signals = Process.Start(
                "bash", ["-c", $"kill -STOP {_process.Id} && sleep {seconds}; kill -CONT {_process.Id}"]);
            return true;
        }
    }

    /// <summary>Sets how far the wall clock is off, now and for the processes to come.</summary>
    public async Task JumpAsync(HttpClient client, TimeSpan offset, CancellationToken cancellationToken)
    {
        Uri? url;
        lock (_gate)
        {
            (_offset, url) = (offset, Url);
            _clock.Add((TimeProvider.System.GetUtcNow(), offset));
        }

        if (url is null) return;
        using var answer = await client.PostAsync(
            new Uri(url, $"/chaos/clock?ms={offset.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)}"),
            null,
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ending.IsCancellationRequested) return;
        await _ending.CancelAsync();
        lock (_gate)
        {
            _mayStart.TrySetResult();
            _process?.StandardInput.Close();
        }

        // A node ends with its input; one that does not is ended.
        await _supervisor.WaitAsync(TimeSpan.FromSeconds(15)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill();
        await _supervisor.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _log.DisposeAsync();
    }

    private async Task SuperviseAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Task mayStart;
            lock (_gate) mayStart = _mayStart.Task;
            await mayStart;
            if (_ending.IsCancellationRequested) return;
            using var process = Spawn();
            await process.WaitForExitAsync();
            bool wanted;
            lock (_gate)
            {
                (_process, Url, wanted) = (null, null, _wanted);
                _deaths.Add(new Death(_owner, TimeProvider.System.GetUtcNow(), process.ExitCode, wanted));
                if (_ready.Task.IsCompleted) _ready = NewSignal<Uri>();
            }

            await Task.Delay(wanted ? s_restartAfterKill : s_restartAfterExit, TimeProvider.System, _ending.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Process Spawn()
    {
        lock (_gate)
        {
            var start = new ProcessStartInfo("dotnet")
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                ArgumentList = { typeof(ChaosNode).Assembly.Location },
            };
            foreach (var word in arguments(_offset).Write()) start.ArgumentList.Add(word);
            // Processes that live for seconds are not worth a second compilation of their code, nor guards around it.
            start.Environment["DOTNET_TieredPGO"] = "0";
            start.Environment["DOTNET_TC_CallCounting"] = "0";
            start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
            var process = new Process { StartInfo = start };
            process.OutputDataReceived += (_, line) => Read(process, line.Data);
            process.ErrorDataReceived += (_, line) => Read(process, line.Data);
            (_wanted, _owner) = (false, null);
            _spawnedAt = TimeProvider.System.GetTimestamp();
            process.Start();
            Starts++;
            _clock.Add((TimeProvider.System.GetUtcNow(), _offset));
            _process = process;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            return process;
        }
    }

    private void Read(Process process, string? line)
    {
        if (line is null) return;
        lock (_gate)
        {
            if (_log.BaseStream.CanWrite) _log.WriteLine(line);
            if (!line.StartsWith("ready ", StringComparison.Ordinal) || process != _process) return;
            var words = line.Split(' ');
            (Url, _owner) = (new Uri(words[1]), words[2]);
            _owners.Add(_owner);
            StartTook = TimeProvider.System.GetElapsedTime(_spawnedAt);
            _ready.TrySetResult(Url);
        }
    }

    private static TaskCompletionSource<T> NewSignal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Done()
    {
        var signal = NewSignal();
        signal.SetResult();
        return signal;
    }
}
