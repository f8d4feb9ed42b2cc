using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Writes a whole text file.</summary>
internal sealed class WriteFileTool(WorkspaceTools tools, IOptions<SandboxOptions> options) : ITool
{
    public ToolContract Contract { get; } = new(
        "write_file",
        "Writes a text file of the workspace, replacing what was there, and makes the folders above it. To change a part "
        + "of a file, use edit_file.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "path": { "type": "string", "minLength": 1, "maxLength": 4000, "description": "The file, relative to the workspace." },
                "content": { "type": "string", "maxLength": 2000000, "description": "The whole new content." }
              },
              "required": ["path", "content"],
              "additionalProperties": false
            }
            """),
        EffectClass.Reversible,
        RepeatClass.Keyed)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Changes,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        tools.ReplaceAsync(
            call, copy => Write(copy, call.NeededText("path"), call.NeededText("content")), cancellationToken);

    private Result<Change> Write(WorkingCopy copy, string given, string content)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        if (TextFile.TryEncode(content) is not { } bytes) return FileEdit.NotText;
        if (bytes.Length > options.Value.FileBytesMax) return SandboxFaults.FileTooLarge(path.Value, options.Value.FileBytesMax);
        string? before = "";
        if (WorkspaceFiles.Read(copy.Files, path, options.Value.ReadBytesMax).TryGet(out var old, out fault))
            before = TextFile.TryDecode(old);
        else if (fault.Code == "sandbox.file_not_found") before = null;
        else if (fault.Kind != FaultKind.TooLarge) return fault;

        if (!WorkspaceFiles.Write(copy.Files, path, bytes, copy.Owner).TryGet(out _, out fault)) return fault;
        var diff = UnifiedDiff.Make(path.Value, before, content);
        var text = old is null
            ? $"Wrote the new file {path} of {bytes.Length} bytes."
            : diff.Length == 0 ? $"{path} had this content already." : $"Wrote {path}.\n{diff}";
        return new Change(WorkspaceTools.Answer(text, new FileEdit(path.Value, diff)), Keep: true);
    }
}
