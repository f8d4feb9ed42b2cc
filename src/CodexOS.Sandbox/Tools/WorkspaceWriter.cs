using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Writes files for tools of other modules, as <c>write_file</c> does.</summary>
internal sealed class WorkspaceWriter(WorkspaceTools tools, IOptions<SandboxOptions> options) : IWorkspaceWriter
{
    public Task<Result<ToolResult>> WriteAsync(
        ToolCall call, string path, ReadOnlyMemory<byte> content, ToolResult answer, CancellationToken cancellationToken) =>
        tools.ReplaceAsync(call, copy => Write(copy, path, content, answer), cancellationToken);

    private Result<Change> Write(WorkingCopy copy, string given, ReadOnlyMemory<byte> content, ToolResult answer)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        if (content.Length > options.Value.FileBytesMax)
            return SandboxFaults.FileTooLarge(path.Value, options.Value.FileBytesMax);
        return WorkspaceFiles.Write(copy.Files, path, content.Span, copy.Owner).TryGet(out _, out fault)
            ? new Change(answer, Keep: true)
            : fault;
    }
}
