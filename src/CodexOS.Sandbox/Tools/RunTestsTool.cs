using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.TestRuns;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Runs a project's tests inside a sandbox and says which failed, where and why.</summary>
internal sealed class RunTestsTool : ITool
{
    private readonly WorkspaceTools _tools;
    private readonly ISandbox _sandbox;
    private readonly SandboxOptions _options;

    public RunTestsTool(WorkspaceTools tools, ISandbox sandbox, IOptions<SandboxOptions> options)
    {
        _tools = tools;
        _sandbox = sandbox;
        _options = options.Value;
        Contract = new ToolContract(
            "run_tests",
            "Runs the tests of the workspace inside a sandbox without a network and gives counts and the failing tests with file, "
            + "line and message. Recognizes node --test, vitest, jest, pytest, unittest, dotnet test, go test, cargo test and ctest; "
            + "give command for anything else. A report that is not understood is given as text, without counts.",
            WorkspaceTools.Schema(
                $$"""
                {
                  "type": "object",
                  "properties": {
                    "path": { "type": "string", "maxLength": 4000, "description": "The project's folder; the top of the workspace by default." },
                    "runner": { "enum": ["auto", {{string.Join(", ", TestRunner.All.Select(static it => $"\"{it.Name}\""))}}],
                        "description": "What to run the tests with; auto, the default, recognizes it by the folder's files." },
                    "targets": { "type": "array", "maxItems": 100, "items": { "type": "string", "minLength": 1, "maxLength": 1000 },
                        "description": "Files, modules or packages to test, as the runner takes them; all by default." },
                    "filter": { "type": "string", "minLength": 1, "maxLength": 1000, "description": "Only tests whose name fits, as the runner takes it." },
                    "command": { "type": "string", "minLength": 1, "maxLength": 32000, "description": "A command for sh -c that runs the tests instead of a runner." },
                    "format": { "enum": ["tap", "junit", "trx", "go", "jest", "unittest", "cargo"],
                        "description": "How the command reports; found out by default." },
                    "report": { "type": "string", "minLength": 1, "maxLength": 4000, "description": "The file that the command writes its report to, relative to path; an old one is removed. By default its output is the report." },
                    "timeout_seconds": { "type": "integer", "minimum": 1, "maximum": {{(int)_options.ShellTimeMax.TotalSeconds}},
                        "description": "After how long it is killed; {{(int)_options.ShellTimeMax.TotalSeconds}} by default." }
                  },
                  "additionalProperties": false
                }
                """),
            EffectClass.Reversible,
            RepeatClass.Keyed)
        {
            NeedsWorkspace = true,
            Store = WorkspaceTools.Changes,
            NeedsSandbox = true,
            TimeMax = _options.ShellTimeMax + _options.WorkspaceWaitMax,
        };
    }

    public ToolContract Contract { get; }

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        _tools.ChangeAsync(call, (copy, token) => RunAsync(call, copy, token), cancellationToken);

    /// <summary>1. choose what to run, 2. run it, 3. read its report, 4. say what came out.</summary>
    private async Task<Result<Change>> RunAsync(ToolCall call, WorkingCopy copy, CancellationToken cancellationToken)
    {
        // 1. Choose
        if (!WorkspacePath.ParseShown(call.Text("path")).TryGet(out var folder, out var fault)) return fault;
        if (!Choose(call, copy.Files, folder).TryGet(out var choice, out fault)) return fault;

        // 2. Run
        var time = call.Number("timeout_seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : _options.ShellTimeMax;
        string[] program = ["/bin/sh", "-c", choice.Runner.Script, "sh", folder.Value, choice.Filter, .. choice.Targets];
        if (Array.Exists(program, static part => part.Contains('\0', StringComparison.Ordinal)))
            return new Fault("sandbox.bad_command", FaultKind.Invalid, "An argument contains a zero byte.");
        var sandboxed = copy.Mount(new SandboxCommand([.. program], time)
        {
            ReadOnlyPaths =
                [.. GitGuard.Protect(copy.Files, copy.Owner), .. SettingsGuard.Existing(copy.Files, _options.ProtectedNames)],
            FolderSizeBytesMax = _options.WorkspaceBytesMax,
            FolderFilesMax = _options.WorkspaceFilesMax,
            OutputBytesMax = _options.TestReportBytesMax,
            OnOutput = UpTo(_options.OutputBytesMax, call.OnDelta),
        });
        if (!(await _sandbox.RunAsync(sandboxed, cancellationToken)).TryGet(out var exit, out fault)) return fault;
        GitGuard.Restore(copy.Before, copy.Files, copy.Owner, cancellationToken);

        // 3. Read
        var report = ReportOf(choice.Runner, exit);

        // 4. Say
        var result = TestRunText.Answer(choice.Runner.Name, choice.Others, exit, time, report, _options);
        return new Change(result, Keep: exit.End != SandboxEnd.FolderTooLarge);
    }

    private static Result<Choice> Choose(ToolCall call, Folder files, WorkspacePath folder)
    {
        var targets = call.Texts("targets");
        var filter = call.Text("filter") ?? "";
        if (call.Text("command") is { } command)
        {
            if (call.Text("runner") is not (null or "auto") || targets.Count > 0 || filter.Length > 0)
            {
                return new Fault(
                    "sandbox.bad_tests",
                    FaultKind.Invalid,
                    "Give either command, with format and report, or runner, with targets and filter.");
            }

            if (!WorkspacePath.ParseShown(call.Text("report")).TryGet(out var report, out var fault)) return fault;
            return new Choice(TestRunner.Own(FormatOf(call.Text("format")), report.Value.Length > 0), report.Value, [command], []);
        }

        // Where the runner is given, nothing has to be recognized.
        if (call.Text("runner") is { } name and not "auto")
            return new Choice(TestRunner.All.Single(runner => runner.Name == name), filter, targets, []);
        if (!TestDetection.Find(files, folder).TryGet(out var found, out var failed)) return failed;
        if (found.Count > 0)
            return new Choice(found[0], filter, targets, [.. found.Skip(1).Select(static runner => runner.Name)]);
        return new Fault(
            "sandbox.no_tests",
            FaultKind.Invalid,
            $"No tests were recognized in '{(folder.Value.Length == 0 ? "." : folder.Value)}'. Name the project's folder in path, the runner, or a command.");
    }

    private static TestReport? ReportOf(TestRunner runner, SandboxExit exit)
    {
        if (runner.ReportsInOutput) return ReportReader.Read(exit.Output.Text, runner.Format);
        // Half a report would give wrong counts.
        if (exit.Error.IsTruncated) return null;
        return ReportReader.Read(exit.Error.Text, runner.Format)
            ?? (runner.Format is null ? ReportReader.Read(exit.Output.Text, ReportFormat.Unittest) : null);
    }

    /// <summary>Passes on the beginning: a report comes on the same way, and can be long.</summary>
    private static Action<string> UpTo(int lengthMax, Action<string> pass)
    {
        var left = lengthMax;
        return text =>
        {
            var room = Interlocked.Add(ref left, -text.Length) + text.Length;
            if (room > 0) pass(text.Length <= room ? text : text[..room]);
        };
    }

    private static ReportFormat? FormatOf(string? name) => name switch
    {
        null => null,
        "tap" => ReportFormat.Tap,
        "junit" => ReportFormat.JUnit,
        "trx" => ReportFormat.Trx,
        "go" => ReportFormat.GoJson,
        "jest" => ReportFormat.JestJson,
        "unittest" => ReportFormat.Unittest,
        _ => ReportFormat.Cargo,
    };

    /// <summary>What is run.</summary>
    /// <param name="Runner">With what.</param>
    /// <param name="Filter">The second argument of its script.</param>
    /// <param name="Targets">The others.</param>
    /// <param name="Others">What else fits the folder.</param>
    private sealed record Choice(TestRunner Runner, string Filter, IReadOnlyList<string> Targets, IReadOnlyList<string> Others);
}
