using System.Collections.Immutable;
using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Interpreters;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>
/// What the tools that execute code have in common. By default a program runs to its end on a copy of the workspace, which
/// becomes the workspace, once for the call's key. Or the run's interpreter is kept and asked.
/// </summary>
internal sealed class CodeRunner(
    WorkspaceTools tools, ISandbox sandbox, InterpreterKeeper keeper, IOptions<SandboxOptions> given)
{
    private const int TextShareOfStream = 28_000;
    private readonly SandboxOptions _options = given.Value;

    /// <summary>How long a call may take unless it says otherwise.</summary>
    public TimeSpan TimeDefault =>
        _options.ShellTimeDefault < _options.ShellTimeMax ? _options.ShellTimeDefault : _options.ShellTimeMax;

    /// <summary>How long a call may take.</summary>
    public TimeSpan TimeOf(ToolCall call) =>
        call.Number("timeout_seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeDefault;

    /// <summary>Runs a program to its end; what it changes in the workspace stays.</summary>
    public Task<Result<ToolResult>> RunAsync(
        ToolCall call, ImmutableArray<string> program, string code, CancellationToken cancellationToken) =>
        tools.ChangeAsync(call, (copy, token) => RunOnCopyAsync(call, copy, program, code, token), cancellationToken);

    /// <summary>Asks the run's kept interpreter.</summary>
    public async Task<Result<ToolResult>> AskAsync(
        ToolCall call, Language language, string code, CancellationToken cancellationToken)
    {
        if (!(await tools.OpenAsync(call, cancellationToken)).TryGet(out var open, out var fault)) return fault;
        var time = TimeOf(call);
        var asked = new InterpreterCall(call.Run, call.Key, open.Row, open.Version, code, time, call.OnDelta);
        if (!(await keeper.CallAsync(asked, language, cancellationToken)).TryGet(out var kept, out fault)) return fault;
        var answer = kept.Answer;
        var text = new StringBuilder();
        if (kept.IsFresh) text.Append("[fresh session: what earlier calls left in one is gone]\n");
        text.Append(answer.End is null ? $"[status {answer.Status}]\n" : EndOf(answer.End, time, language));
        Append(text, "", answer.Output.Text);
        var data = new Data(
            code,
            answer.End?.ExitCode ?? answer.Status,
            answer.Output.Text,
            "",
            answer.End?.End == SandboxEnd.TimedOut,
            (long)answer.Duration.TotalMilliseconds,
            answer.End is not null ? "over" : kept.IsFresh ? "fresh" : "kept");
        return WorkspaceTools.Answer(
            text.ToString(), data, isError: answer is not { End: null, Status: 0 }, truncated: answer.Output.IsTruncated) with
        {
            Undo = InterpreterEnd.Of(language),
        };
    }

    private async Task<Result<Change>> RunOnCopyAsync(
        ToolCall call, WorkingCopy copy, ImmutableArray<string> program, string code, CancellationToken cancellationToken)
    {
        var time = TimeOf(call);
        var command = copy.Mount(new SandboxCommand(program, time)
        {
            ReadOnlyPaths =
                [.. GitGuard.Protect(copy.Files, copy.Owner), .. SettingsGuard.Existing(copy.Files, _options.ProtectedNames)],
            FolderSizeBytesMax = _options.WorkspaceBytesMax,
            FolderFilesMax = _options.WorkspaceFilesMax,
            Egress = call.Egress,
            OnOutput = call.OnDelta,
        });
        if (!(await sandbox.RunAsync(command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        GitGuard.Restore(copy.Before, copy.Files, copy.Owner, cancellationToken);

        var isTooLarge = exit.End == SandboxEnd.FolderTooLarge;
        var data = new Data(
            code,
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

    private string EndOf(SandboxExit exit, TimeSpan time, Language language)
    {
        var why = exit.End switch
        {
            SandboxEnd.TimedOut => $"killed after {time.TotalSeconds:0} s",
            SandboxEnd.OutOfMemory => $"killed: it needed more than {_options.MemoryBytesMax >> 20} MiB of memory",
            SandboxEnd.OutputTooLarge =>
                $"killed: the session wrote more than {_options.SessionOutputBytesMax >> 20} MiB in its life",
            SandboxEnd.Exited => $"{language.Name} ended with exit code {exit.ExitCode}",
            _ => $"{language.Name} was lost: {exit.Error.Text}",
        };
        return $"[{why}; the session is over, and the next call starts a fresh one without its state]\n";
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
        string Command,
        int ExitCode,
        string Stdout,
        string Stderr,
        bool TimedOut,
        long DurationMs,
        string? Session = null);
}
