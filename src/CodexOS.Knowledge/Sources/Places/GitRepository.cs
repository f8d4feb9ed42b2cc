using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// A bare repository of the server's own, and git on it: with no settings but ours, no transport, and a limit of memory, because
/// what a stranger packed may be made to unfold.
/// </summary>
internal sealed partial class GitRepository
{
    private const string DoneFile = "codexos-sync";
    private const long MemoryKibMax = 4L << 20;
    private const int ErrorLengthMax = 300;
    private static readonly TimeSpan s_timeMax = TimeSpan.FromMinutes(5);

    private GitRepository(string folder, string commit, string round) => (Folder, Commit, Round) = (folder, commit, round);

    public string Folder { get; }

    /// <summary>The commit that it holds.</summary>
    public string Commit { get; }

    /// <summary>For which round of its source it was fetched.</summary>
    public string Round { get; }

    /// <summary>Whether a text names an object of git.</summary>
    public static bool IsObject(string text) => ObjectForm().IsMatch(text);

    /// <summary>A repository that was fetched to its end; null if there is none.</summary>
    public static GitRepository? Find(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, DoneFile)).Split('\n') is [var commit, var round] && IsObject(commit)
                ? new GitRepository(folder, commit, round)
                : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Makes an empty one in place of whatever was there.</summary>
    public static async Task<Result<GitRepository>> MakeAsync(
        string folder, string commit, string round, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        if (OperatingSystem.IsWindows()) return SourceFaults.Git("the server's system has no git that can be used.");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var made = new GitRepository(folder, commit, round);
        var run = await made.RunAsync(["init", "--quiet", "--bare", "--template=", folder], ErrorLengthMax, cancellationToken);
        return run.TryGet(out _, out var fault) ? made : fault;
    }

    /// <summary>Notes that all has been fetched.</summary>
    public GitRepository Complete()
    {
        File.WriteAllText(Path.Combine(Folder, DoneFile), $"{Commit}\n{Round}");
        return this;
    }

    /// <summary>Runs git and gives what it wrote.</summary>
    public async Task<Result<byte[]>> RunAsync(IReadOnlyList<string> arguments, int bytesMax, CancellationToken cancellationToken)
    {
        try
        {
            await using var git = Start(arguments, s_timeMax);
            git.Input.Close();
            var read = await Bodies.ReadAsync(git.Output, bytesMax, cancellationToken);
            if (!read.TryGet(out var bytes, out var fault)) return fault;
            return await git.EndAsync(cancellationToken) is { } said ? SourceFaults.Git(said) : bytes;
        }
        catch (Win32Exception)
        {
            return SourceFaults.Git("the server has no git. Ask the operator to install it.");
        }
    }

    /// <summary>Starts git. Disposing it ends it.</summary>
    public GitProcess Start(IReadOnlyList<string> arguments, TimeSpan timeMax)
    {
        var limited = string.Create(CultureInfo.InvariantCulture, $"ulimit -v {MemoryKibMax} && exec git \"$@\"");
        var start = new ProcessStartInfo("/bin/sh", ["-c", limited, "git", .. Settings, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Folder,
        };
        var path = start.Environment.TryGetValue("PATH", out var given) ? given : null;
        start.Environment.Clear();
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)
            [
                ("PATH", path), ("HOME", Folder), ("GIT_DIR", Folder), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_ALLOW_PROTOCOL", "none"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_REPLACE_OBJECTS", "1"), ("LC_ALL", "C"),
            ])
        {
            start.Environment[name] = value;
        }

        return new GitProcess(Process.Start(start)!, timeMax);
    }

    private static string[] Settings { get; } =
    [
        "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.bigFileThreshold=32m",
        "-c", "pack.threads=1",
    ];

    [GeneratedRegex("^(?:[0-9a-f]{40}|[0-9a-f]{64})$", RegexOptions.None, 1_000)]
    private static partial Regex ObjectForm();

    /// <summary>A git that runs.</summary>
    internal sealed class GitProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly CancellationTokenSource _timeUp;
        private readonly Task<string> _said;

        public GitProcess(Process process, TimeSpan timeMax)
        {
            (_process, _timeUp) = (process, new CancellationTokenSource(timeMax, TimeProvider.System));
            _said = ReadErrorAsync(process.StandardError.BaseStream);
            _timeUp.Token.Register(static it => Kill((Process)it!), process);
        }

        public Stream Input => _process.StandardInput.BaseStream;

        public Stream Output => _process.StandardOutput.BaseStream;

        /// <summary>Waits for its end; null is that all went well, else what it said of it.</summary>
        public async Task<string?> EndAsync(CancellationToken cancellationToken)
        {
            // What it still writes must not keep it from ending.
            await Output.CopyToAsync(Stream.Null, cancellationToken);
            await _process.WaitForExitAsync(cancellationToken);
            if (_process.ExitCode == 0) return null;
            var said = await _said;
            return said.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"git ended with {_process.ExitCode}.") : said;
        }

        public async ValueTask DisposeAsync()
        {
            Kill(_process);
            await _process.WaitForExitAsync(CancellationToken.None);
            _timeUp.Dispose();
            _process.Dispose();
        }

        private static void Kill(Process process)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (Exception error) when (error is InvalidOperationException or Win32Exception)
            {
                // It has ended by itself.
            }
        }

        private static async Task<string> ReadErrorAsync(Stream error)
        {
            var text = new StringBuilder();
            var buffer = new byte[4096];
            try
            {
                while (await error.ReadAsync(buffer, CancellationToken.None) is var read && read > 0)
                {
                    if (text.Length < ErrorLengthMax) text.Append(Encoding.UTF8.GetString(buffer, 0, read));
                }
            }
            catch (Exception broken) when (broken is IOException or ObjectDisposedException)
            {
                // It was ended; what it said until then counts.
            }

            var line = string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return line.Length <= ErrorLengthMax ? line : line[..ErrorLengthMax];
        }
    }
}
