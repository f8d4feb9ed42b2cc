using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Runs a shell command in the workspace, inside a sandbox.</summary>
internal sealed class ShellTool : ITool
{
    private const int TextShareOfStream = 28_000;
    private readonly WorkspaceTools _tools;
    private readonly ISandbox _sandbox;
    private readonly SandboxOptions _options;

    public ShellTool(WorkspaceTools tools, ISandbox sandbox, IOptions<SandboxOptions> options)
    {
        _tools = tools;
        _sandbox = sandbox;
        _options = options.Value;
        Contract = new ToolContract(
            "shell",
            "Runs a command with sh in the workspace, inside a sandbox. There is no network, unless hosts are named below; those "
            + "are reached by HTTP and TLS through the proxy in HTTP_PROXY and HTTPS_PROXY only. There are the programs of the host's "
            + "/usr, for instance sh, git, python3, node and gcc where they are installed. /tmp is empty at each call; "
            + "changes to the workspace stay. Output that is too long is cut in the middle.",
            WorkspaceTools.Schema(
                $$"""
                {
                  "type": "object",
                  "properties": {
                    "command": { "type": "string", "minLength": 1, "maxLength": 32000, "description": "The command, for sh -c." },
                    "timeout_seconds": { "type": "integer", "minimum": 1,
                        "maximum": {{(int)_options.ShellTimeMax.TotalSeconds}}, "description": "After how long it is killed; {{(int)Default.TotalSeconds}} by default." }
                  },
                  "required": ["command"],
                  "additionalProperties": false
                }
                """),
            EffectClass.Reversible,
            RepeatClass.Keyed)
        {
            NeedsWorkspace = true,
            Store = WorkspaceTools.Changes,
            NeedsSandbox = true,
            UsesNetwork = true,
            // Beyond the command's own time: waiting for the workspace and a sandbox, and copying.
            TimeMax = _options.ShellTimeMax + _options.WorkspaceWaitMax,
        };
    }

    public ToolContract Contract { get; }

    private TimeSpan Default => _options.ShellTimeDefault < _options.ShellTimeMax
        ? _options.ShellTimeDefault : _options.ShellTimeMax;

    /// <summary>
    /// Files are changed once for each key and can be changed back. What a command did out there can be neither known nor
    /// undone.
    /// </summary>
    public ToolCallClass ClassOf(JsonElement arguments, bool hasNetwork) => hasNetwork
        ? new ToolCallClass(EffectClass.Irreversible, RepeatClass.Unsafe, Contract.AsksByDefault)
        : new ToolCallClass(Contract.Effect, Contract.Repeat, Contract.AsksByDefault);

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var command = call.NeededText("command");
        if (command.Contains('\0', StringComparison.Ordinal))
        {
            return Task.FromResult(WorkspaceTools.Explain(
                new Fault("sandbox.bad_command", FaultKind.Invalid, "The command contains a zero byte.")));
        }

        var time = call.Number("timeout_seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : Default;
        return _tools.ChangeAsync(call, (copy, token) => RunAsync(call, copy, command, time, token), cancellationToken);
    }

    private async Task<Result<Change>> RunAsync(
        ToolCall call, WorkingCopy copy, string command, TimeSpan time, CancellationToken cancellationToken)
    {
        var sandboxed = new SandboxCommand(["/bin/sh", "-c", command], time)
        {
            Folder = copy.FilesPath,
            User = copy.Row.User,
            ReadOnlyPaths = GitGuard.Protect(copy.Files, copy.Owner),
            FolderSizeBytesMax = _options.WorkspaceBytesMax,
            FolderFilesMax = _options.WorkspaceFilesMax,
            Egress = call.Egress,
            OnOutput = call.OnDelta,
        };
        if (!(await _sandbox.RunAsync(sandboxed, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        GitGuard.Restore(copy.Before, copy.Files, copy.Owner, cancellationToken);

        var isTooLarge = exit.End == SandboxEnd.FolderTooLarge;
        var data = new Data(
            command,
            exit.ExitCode,
            exit.Output.Text,
            exit.Error.Text,
            exit.End == SandboxEnd.TimedOut,
            (long)exit.Duration.TotalMilliseconds);
        var result = WorkspaceTools.Answer(
            TextOf(exit, time),
            data,
            isError: exit is not { End: SandboxEnd.Exited, ExitCode: 0 },
            truncated: exit.Output.IsTruncated || exit.Error.IsTruncated);
        // What exceeds the workspace's limits cannot be kept; the call is answered, and the files stay as they were.
        return new Change(result, Keep: !isTooLarge);
    }

    private string TextOf(SandboxExit exit, TimeSpan time)
    {
        var text = new StringBuilder();
        text.Append(exit.End switch
        {
            SandboxEnd.TimedOut => $"[killed after {time.TotalSeconds:0} s]\n",
            SandboxEnd.OutOfMemory => $"[killed: it needed more than {_options.MemoryBytesMax >> 20} MiB of memory]\n",
            SandboxEnd.FolderTooLarge =>
                $"[killed: the workspace grew beyond {_options.WorkspaceBytesMax >> 20} MiB, {_options.WorkspaceFilesMax} files or "
                + $"{_options.WorkspaceDepthMax} folders inside each other; what the command changed was discarded]\n",
            _ => $"[exit code {exit.ExitCode}]\n",
        });
        Append(text, "", exit.Output.Text);
        Append(text, "[standard error]\n", exit.Error.Text);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string heading, string stream)
    {
        if (stream.Length == 0) return;
        text.Append(heading);
        if (stream.Length <= TextShareOfStream)
        {
            text.Append(stream);
        }
        else
        {
            var head = TextShareOfStream / 4;
            var tail = stream.Length - (TextShareOfStream - head);
            if (char.IsHighSurrogate(stream[head - 1])) head--;
            if (char.IsLowSurrogate(stream[tail])) tail++;
            text.Append(stream.AsSpan(0, head)).Append($"\n[… {tail - head} characters are left out here …]\n")
                .Append(stream.AsSpan(tail));
        }

        if (text[^1] != '\n') text.Append('\n');
    }

    private sealed record Data(
        string Command, int ExitCode, string Stdout, string Stderr, bool TimedOut, long DurationMs);
}
