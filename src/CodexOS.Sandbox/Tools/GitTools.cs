using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Shows what changed since the workspace was made.</summary>
internal sealed class GitDiffTool(WorkspaceTools tools, Git git) : ITool
{
    public ToolContract Contract { get; } = new(
        "git_diff",
        "Shows what changed in the workspace since the commit that it started from, new files included, as a unified diff.",
        WorkspaceTools.Schema("""{ "type": "object", "properties": {}, "additionalProperties": false }"""),
        EffectClass.Read,
        RepeatClass.Read)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Reads,
        NeedsSandbox = true,
    };

    public async Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (!(await tools.OpenAsync(call, cancellationToken)).TryGet(out var open, out var fault)) return fault;
        var diff = await git.DiffAsync(open.Row, open.Version.FilesPath, open.Row.BaseCommit, cancellationToken);
        if (!diff.TryGet(out var changes, out fault)) return WorkspaceTools.Explain(fault);
        return WorkspaceTools.Answer(
            changes.Diff.Length == 0 ? "Nothing has changed." : changes.Diff, changes, truncated: changes.IsTruncated);
    }
}

/// <summary>Commits everything, when a person has seen the diff and agreed.</summary>
internal sealed class GitCommitTool(WorkspaceTools tools, Git git, IOptions<SandboxOptions> options) : ITool
{
    public ToolContract Contract { get; } = new(
        "git_commit",
        "Commits all changes in the workspace to its git repository. A person is asked first and sees the diff.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "message": { "type": "string", "minLength": 1, "maxLength": 5000,
                    "description": "The commit message: a short first line, a blank line, details." }
              },
              "required": ["message"],
              "additionalProperties": false
            }
            """),
        EffectClass.Reversible,
        RepeatClass.Keyed)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Changes,
        NeedsSandbox = true,
        AsksByDefault = true,
        TimeMax = options.Value.GitTimeMax + options.Value.WorkspaceWaitMax,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        tools.ChangeAsync(call, (copy, token) => CommitAsync(copy, call.NeededText("message"), token), cancellationToken);

    public async Task<ApprovalPreview?> PreviewAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (!(await tools.OpenAsync(call, cancellationToken)).TryGet(out var open, out _)) return null;
        var diff = await git.DiffAsync(open.Row, open.Version.FilesPath, "HEAD", cancellationToken);
        return diff.TryGet(out var changes, out _) ? new ApprovalPreview("diff", changes.Diff) : null;
    }

    private async Task<Result<Change>> CommitAsync(WorkingCopy copy, string message, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(message) || message.Contains('\0', StringComparison.Ordinal))
            return new Fault("sandbox.bad_message", FaultKind.Invalid, "The commit message is empty or contains a zero byte.");
        var protectedPaths = GitGuard.Protect(copy.Files, copy.Owner);
        var made = await git.CommitAsync(copy, protectedPaths, message, cancellationToken);
        if (!made.TryGet(out var commit, out var fault)) return fault;
        if (commit is null)
        {
            return new Fault(
                "sandbox.nothing_to_commit", FaultKind.Invalid, "Nothing has changed since the last commit, so there is nothing to commit.");
        }

        GitGuard.Restore(copy.Before, copy.Files, copy.Owner, cancellationToken);
        var text = $"Committed {commit.FilesChanged} changed files as {commit.Commit[..12]}.";
        return new Change(WorkspaceTools.Answer(text, new Data(commit.Commit, message, commit.FilesChanged)), Keep: true);
    }

    private sealed record Data(string Commit, string Message, int FilesChanged);
}
