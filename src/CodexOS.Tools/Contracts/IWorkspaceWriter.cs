using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Contracts;

/// <summary>Puts a file into a run's workspace, for tools that know nothing of workspaces.</summary>
public interface IWorkspaceWriter
{
    /// <summary>
    /// Writes a file, once for the call's key, and answers with the answer that was stored with it: when the call is
    /// repeated, that is the first one. Faults are those of the workspace, for instance <c>sandbox.bad_path</c>.
    /// </summary>
    /// <param name="call">The call, whose run has a workspace.</param>
    /// <param name="path">The path, relative to the workspace.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="answer">What the tool answers if the file is written.</param>
    /// <param name="cancellationToken">Gives up; nothing is half written.</param>
    Task<Result<ToolResult>> WriteAsync(
        ToolCall call, string path, ReadOnlyMemory<byte> content, ToolResult answer, CancellationToken cancellationToken);
}
