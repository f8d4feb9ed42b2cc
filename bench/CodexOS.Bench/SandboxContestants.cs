using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Native;
using CodexOS.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodexOS.Bench;

/// <summary>The sandbox as the server has it, without the server.</summary>
internal sealed class BenchSandbox : IDisposable
{
    public const uint User = 200_900;
    private readonly TempDirectory _data = new();
    private readonly ServiceProvider _services;
    private readonly string _folder;

    public BenchSandbox()
    {
        _services = new ServiceCollection()
            .AddMetrics()
            .AddSingleton(Options.Create(new SandboxOptions { DiskFreeBytesMin = 0 }))
            .AddSingleton(new DataDirectory(_data.Path))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<TenantContext>()
            .AddSingleton<SandboxTelemetry>()
            .AddSingleton<LocalSandbox>()
            .BuildServiceProvider();
        // As a data directory is: others may pass through, so nothing has to be mounted to reach what is in it.
        File.SetUnixFileMode(_data.Path, (UnixFileMode)0x1C9);
        _folder = Directory.CreateDirectory(_data.In("folder")).FullName;
        if (Libc.GetEffectiveUser() != 0) return;
        using var folder = Folder.Open(_folder);
        Folder.Give(folder.Handle, User);
    }

    /// <summary>A folder on the disk that workspaces are on, too.</summary>
    public string DataPath => _data.Path;

    public ISandbox Sandbox => _services.GetRequiredService<LocalSandbox>();

    /// <summary>Runs a program so many times, so many at a time; how long each took, in milliseconds.</summary>
    public Task<double[]> RunAsync(ImmutableArray<string> program, int runs, int atOnce) =>
        Workers.RunAsync(runs, atOnce, async () =>
        {
            var exit = (await RunOnceAsync(program)).Value;
            if (exit.ExitCode != 0) throw new InvalidOperationException($"It failed: {exit.Error.Text}");
        });

    public Task<Result<SandboxExit>> RunOnceAsync(ImmutableArray<string> program) =>
        Sandbox.RunAsync(Command(program), CancellationToken.None);

    public async Task<ISandboxSession> KeepAsync(ImmutableArray<string> program)
    {
        using var tenant = _services.GetRequiredService<TenantContext>().Enter(TenantId.New(TimeProvider.System));
        return (await Sandbox.StartAsync(Command(program), CancellationToken.None)).Value;
    }

    public SandboxCommand Command(ImmutableArray<string> program) =>
        new(program, TimeSpan.FromMinutes(10)) { Folder = _folder, User = User };

    public void Dispose()
    {
        _services.Dispose();
        _data.Dispose();
    }
}

/// <summary>Bubblewrap with namespaces and the system's programs, and nothing else: no user, limits, filter or pipes.</summary>
internal static class BareBubblewrap
{
    private static readonly string[] s_options =
    [
        "/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
        "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
        "--tmpfs", "/tmp", "--",
    ];

    public static Task<double[]> RunAsync(ImmutableArray<string> program, int runs, int atOnce) =>
        Workers.RunAsync(runs, atOnce, () => Task.Factory.StartNew(
            () => RunOnce(program), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

    private static void RunOnce(ImmutableArray<string> program)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        using var process = ChildProcess.Start(
            s_options[0], [.. s_options, .. program], ["PATH=/usr/bin:/bin"], [nothing, nothing, nothing]);
        Descriptors.Wait(
            [new PollEntry { Descriptor = (int)process.Handle.DangerousGetHandle(), Wanted = PollEntry.Readable }],
            TimeSpan.FromMinutes(1));
        process.Reap();
    }
}

/// <summary>The npm package @anthropic-ai/sandbox-runtime, used as a library from a Node.js process of its own.</summary>
internal sealed class SandboxPeer : IAsyncDisposable
{
    private readonly Process _process;

    private SandboxPeer(Process process) => _process = process;

    public static async Task<SandboxPeer> StartAsync()
    {
        var peer = new SandboxPeer(Process.Start(new ProcessStartInfo("node", ["sandbox.mjs"])
        {
            WorkingDirectory = Repository.In("bench", "peers"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!);
        await peer.ReadAsync();
        return peer;
    }

    public async Task<double[]> RunAsync(ImmutableArray<string> program, int runs, int atOnce)
    {
        var command = string.Join(' ', program.Select(part => $"'{part}'"));
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new { command, runs, atOnce }));
        await _process.StandardInput.FlushAsync();
        var took = (await ReadAsync()).GetProperty("tookMs").EnumerateArray().Select(one => one.GetDouble()).ToArray();
        return took.Length == runs ? took : throw new InvalidOperationException("Not every program of the peer succeeded.");
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<JsonElement> ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            if (line.StartsWith('{')) return JsonDocument.Parse(line).RootElement;
        throw new InvalidOperationException("The peer ended. What it said stands above.");
    }
}

/// <summary>Does something so many times, so many at a time.</summary>
internal static class Workers
{
    public static async Task<double[]> RunAsync(int runs, int atOnce, Func<Task> once)
    {
        var next = -1;
        var took = new double[runs];
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(WorkAsync)));
        return took;

        async Task WorkAsync()
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) < runs)
            {
                var began = Stopwatch.GetTimestamp();
                await once();
                took[number] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }
        }
    }
}

/// <summary>The figures as a table for people.</summary>
internal static class SandboxTable
{
    public static string Make(
        Report report, string[] contestants, string[] programs, Func<string, string, int, string, string> series)
    {
        var text = new StringBuilder("# From start to end of a program in a sandbox, p50 / p95 in ms\n\n")
            .Append("Medians of the rounds. See sandbox.json for the load, the machine and every round.\n\n")
            .Append("| program | at a time |").AppendJoin('|', contestants.Select(who => $" {who} ")).Append("|\n|---|--:|")
            .Append(string.Concat(contestants.Select(_ => "--:|"))).Append('\n');
        foreach (var atOnce in (int[])[1, 8])
        {
            foreach (var program in programs)
            {
                var cells = contestants.Select(who => string.Create(
                    CultureInfo.InvariantCulture,
                    $" {report.MedianOf(series(who, program, atOnce, "p50")):N1} / {report.MedianOf(series(who, program, atOnce, "p95")):N1} "));
                text.Append(CultureInfo.InvariantCulture, $"| {program} | {atOnce} |").AppendJoin('|', cells).Append("|\n");
            }
        }

        return text.Append('\n').ToString();
    }
}
