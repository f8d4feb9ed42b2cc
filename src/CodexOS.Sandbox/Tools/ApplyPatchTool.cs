using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Patches;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Changes several text files at once, as a unified diff says; all of it or nothing.</summary>
internal sealed class ApplyPatchTool : ITool
{
    private const int FuzzDefault = 2;
    private const int DiffLengthMax = 200_000;
    private readonly WorkspaceTools _tools;
    private readonly SandboxOptions _options;

    public ApplyPatchTool(WorkspaceTools tools, IOptions<SandboxOptions> options)
    {
        _tools = tools;
        _options = options.Value;
        Contract = new ToolContract(
            "apply_patch",
            "Applies a unified diff to text files of the workspace: changes, makes, removes and renames them, all or nothing. "
            + "Each file begins with '--- a/path' and '+++ b/path' (/dev/null for a file that is made or removed), each hunk with "
            + "'@@ -start,count +start,count @@'; lines begin with a space, - or +. Wrong line numbers do not matter where the "
            + "surrounding lines are found once. What was found elsewhere is reported, and a hunk that is not found is named.",
            WorkspaceTools.Schema(
                $$"""
                {
                  "type": "object",
                  "properties": {
                    "patch": { "type": "string", "minLength": 1, "maxLength": 2000000,
                        "description": "The unified diff, of at most {{_options.PatchFilesMax}} files. Renames need git's lines 'rename from' and 'rename to'." },
                    "fuzz": { "type": "integer", "minimum": 0, "maximum": 3,
                        "description": "How many of the outer context lines of a hunk may differ; {{FuzzDefault}} by default." },
                    "dry_run": { "type": "boolean", "description": "Only says what would change; false by default." }
                  },
                  "required": ["patch"],
                  "additionalProperties": false
                }
                """),
            EffectClass.Reversible,
            RepeatClass.Keyed)
        {
            NeedsWorkspace = true,
            Store = WorkspaceTools.Changes,
        };
    }

    public ToolContract Contract { get; }

    /// <summary>A dry run changes nothing.</summary>
    public ToolCallClass ClassOf(JsonElement arguments, bool hasNetwork) =>
        arguments.ValueKind is JsonValueKind.Object && arguments.TryGetProperty("dry_run", out var dry)
            && dry.ValueKind is JsonValueKind.True
            ? new ToolCallClass(EffectClass.Read, RepeatClass.Read, Contract.AsksByDefault)
            : new ToolCallClass(Contract.Effect, Contract.Repeat, Contract.AsksByDefault);

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        ClassOf(call.Arguments, hasNetwork: false).Effect is EffectClass.Read
            ? _tools.ReadAsync(call, files => Try(call, files, cancellationToken), cancellationToken)
            : _tools.ReplaceAsync(call, copy => Apply(call, copy, cancellationToken), cancellationToken);

    public async Task<ApprovalPreview?> PreviewAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var read = await _tools.ReadAsync(call, files => Try(call, files, cancellationToken), cancellationToken);
        if (!read.TryGet(out var result, out _)) return null;
        // A patch that does not fit is shown with the reason, not as if it did.
        return new ApprovalPreview(
            "diff",
            result.IsError ? $"{result.Text}\n\n{call.NeededText("patch")}" : result.Data.GetProperty("diff").GetString() ?? "");
    }

    private Result<ToolResult> Try(ToolCall call, Folder files, CancellationToken cancellationToken) =>
        Plan(call, files, cancellationToken).TryGet(out var plan, out var fault)
            ? Answer(plan, isDry: true)
            : fault;

    private Result<Change> Apply(ToolCall call, WorkingCopy copy, CancellationToken cancellationToken)
    {
        if (!Plan(call, copy.Files, cancellationToken).TryGet(out var plan, out var fault)) return fault;
        return plan.Write(copy.Owner).TryGet(out _, out fault) ? new Change(Answer(plan, isDry: false), Keep: true) : fault;
    }

    private Result<PatchPlan> Plan(ToolCall call, Folder files, CancellationToken cancellationToken)
    {
        var read = PatchReader.Read(call.NeededText("patch"), _options.PatchFilesMax);
        return read.TryGet(out var patches, out var fault)
            ? PatchPlan.Make(files, patches, _options.ReadBytesMax, call.Number("fuzz") ?? FuzzDefault, cancellationToken)
            : fault;
    }

    private static ToolResult Answer(PatchPlan plan, bool isDry)
    {
        var text = new StringBuilder(isDry ? "The patch fits; nothing was changed yet.\n" : "");
        var diff = new StringBuilder();
        foreach (var file in plan.Changes)
        {
            text.Append($"{file.Change} {(file.From is null ? "" : file.From + " → ")}{file.Path}\n");
            foreach (var (index, place) in file.Hunks.Index())
            {
                if (place.Remark is { } remark) text.Append($"  hunk {index + 1} at line {place.Line}: {remark}\n");
            }

            if (diff.Length <= DiffLengthMax) diff.Append(file.Diff);
        }

        var isCut = diff.Length > DiffLengthMax;
        if (isCut) diff.Append("[… the diff goes on …]\n");
        return WorkspaceTools.Answer(
            text.ToString(),
            new Data(diff.ToString(), isDry, [.. plan.Changes.Select(static file => new DataFile(
                file.Path, file.Change, file.From, [.. file.Hunks.Select(static hunk => new DataHunk(
                    hunk.Line, hunk.Offset, hunk.Fuzz, hunk.IgnoredSpace))]))]),
            truncated: isCut);
    }

    private sealed record Data(string Diff, bool DryRun, IReadOnlyList<DataFile> Files);

    private sealed record DataFile(string Path, FileChange Change, string? From, IReadOnlyList<DataHunk> Hunks);

    private sealed record DataHunk(int Line, int Offset, int Fuzz, bool IgnoredSpace);
}
