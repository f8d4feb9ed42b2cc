using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Tools;

/// <summary>Lists files and folders, some levels deep.</summary>
internal sealed class ListFilesTool(WorkspaceTools tools) : ITool
{
    private const int EntriesMax = 2_000;
    private const int DepthDefault = 3;

    public ToolContract Contract { get; } = new(
        "list_files",
        "Lists the files and folders of the workspace below a path, with sizes in bytes. A repository's own .git folder "
        + "is left out.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "path": { "type": "string", "maxLength": 4000, "description": "A folder, relative to the workspace; its top by default." },
                "depth": { "type": "integer", "minimum": 1, "maximum": 16,
                    "description": "How many levels to list; 3 by default." }
              },
              "additionalProperties": false
            }
            """),
        EffectClass.Read,
        RepeatClass.Read)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Reads,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        tools.ReadAsync(call, files => List(files, call.Text("path"), call.Number("depth") ?? DepthDefault), cancellationToken);

    private static Result<ToolResult> List(Folder files, string? given, int depth)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        var found = new List<WorkspaceEntry>();
        if (Visit(files, path, depth, found) is { } failed) return failed;
        var truncated = found.Count > EntriesMax;
        if (truncated) found.RemoveRange(EntriesMax, found.Count - EntriesMax);

        var text = new StringBuilder();
        foreach (var entry in found)
        {
            text.Append(entry.Path).Append(entry.Kind switch
            {
                EntryKind.Directory => "/",
                EntryKind.Link => " (a link; not followed)",
                _ => $"  {entry.SizeBytes}",
            }).Append('\n');
        }

        if (found.Count == 0) text.Append("The folder is empty.\n");
        if (truncated) text.Append($"There are more than {EntriesMax} entries; list a folder of these, or fewer levels.\n");
        return WorkspaceTools.Answer(
            text.ToString(),
            new Data([.. found.Select(entry => new DataEntry(entry.Path, entry.Kind, entry.SizeBytes))]),
            truncated: truncated);
    }

    private static Fault? Visit(Folder files, WorkspacePath path, int depth, List<WorkspaceEntry> found)
    {
        if (!WorkspaceFiles.List(files, path).TryGet(out var entries, out var fault)) return fault;
        foreach (var entry in entries)
        {
            if (found.Count > EntriesMax) return null;
            found.Add(entry);
            // A name that is not text cannot be asked for; its folder is shown, not entered.
            if (entry.Kind == EntryKind.Directory && depth > 1
                && WorkspacePath.Parse(entry.Path).TryGet(out var inner, out _))
            {
                _ = Visit(files, inner, depth - 1, found);
            }
        }

        return null;
    }

    private sealed record Data(IReadOnlyList<DataEntry> Entries);

    private sealed record DataEntry(string Path, EntryKind Kind, long SizeBytes);
}
