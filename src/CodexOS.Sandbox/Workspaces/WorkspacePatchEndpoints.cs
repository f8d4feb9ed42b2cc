using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Tools;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>What a patch that was applied came to.</summary>
/// <param name="Diff">What changed since the commit that the workspace started from.</param>
public sealed record AppliedPatch(GitDiff Diff);

/// <summary>Takes the work of a workspace to other repositories, and brings theirs in, in git's own forms.</summary>
internal static class WorkspacePatchEndpoints
{
    private const string IncomingPath = ".git/codexos-incoming";

    public static void Map(RouteGroupBuilder workspaces)
    {
        workspaces.MapGet("/{id}/patch", ReadPatchAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("ReadWorkspacePatch")
            .WithSummary(
                "What was done since the workspace was made, binary files included: form=mail for git am, form=diff for git apply. What "
                + "is not committed is a last commit.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        workspaces.MapGet("/{id}/bundle", ReadBundleAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("ReadWorkspaceBundle")
            .WithSummary("The workspace's history as one branch of a git bundle, for git fetch and git clone.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        workspaces.MapPost("/{id}/patch", ApplyPatchAsync)
            .RequirePermission("workspaces:write", ResourceKinds.Workspace, "id")
            .Accepts<Stream>("application/octet-stream", "text/x-patch", "text/plain")
            .WithName("ApplyWorkspacePatch")
            .WithSummary("Applies a patch that git wrote, all of it or nothing: as commits if it is a mail for each and commit=true.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadPatchAsync(
        string id, [FromQuery] string? form, WorkspaceDirectory directory, Git git, CancellationToken cancellationToken) =>
        form is null or "mail" or "diff"
            ? await ReadAsync(id, form ?? "mail", "", "patch", directory, git, cancellationToken)
            : BadForm.Problem();

    private static Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadBundleAsync(
        string id, [FromQuery] string? branch, WorkspaceDirectory directory, Git git, CancellationToken cancellationToken) =>
        ReadAsync(id, "bundle", branch ?? $"codexos/{id}", "bundle", directory, git, cancellationToken);

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadAsync(
        string id,
        string form,
        string branch,
        string ending,
        WorkspaceDirectory directory,
        Git git,
        CancellationToken cancellationToken)
    {
        if (branch.Length > 200 || branch.Contains('\0', StringComparison.Ordinal)) return BadBranch.Problem();
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        var made = await git.ExportAsync(open.Row, open.Version.FilesPath, form, branch, cancellationToken);
        return made.TryGet(out var bytes, out fault)
            ? TypedResults.File(bytes, "application/octet-stream", $"{open.Row.WorkspaceId}.{ending}")
            : fault.Problem();
    }

    private static async Task<Results<Ok<AppliedPatch>, ProblemHttpResult>> ApplyPatchAsync(
        string id,
        [FromQuery] bool? commit,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        HttpContext context,
        WorkspaceDirectory directory,
        WorkspaceChanges changes,
        Git git,
        TimeProvider clock,
        IOptions<SandboxOptions> given,
        CancellationToken cancellationToken)
    {
        var options = given.Value;
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        var tooLarge = SandboxFaults.GitTooLarge(options.GitBytesMax);
        var body = await RequestBody.ReadAsync(context, options.GitBytesMax, tooLarge, cancellationToken);
        if (!body.TryGet(out var patch, out fault)) return fault.Problem();
        var key = idempotencyKey is { Length: > 0 } ? $"api:{idempotencyKey}:patch" : WorkspaceId.New(clock).ToString();
        var made = await changes.MakeAsync(
            open.Row,
            key,
            (copy, token) => ApplyAsync(copy, git, patch, commit is true, token),
            cancellationToken,
            waitMax: options.ApiWaitMax);
        if (!made.TryGet(out _, out fault)) return fault.Problem();
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out open, out fault)) return fault.Problem();
        var diff = await git.DiffAsync(open.Row, open.Version.FilesPath, open.Row.BaseCommit, cancellationToken);
        return diff.TryGet(out var changed, out fault) ? TypedResults.Ok(new AppliedPatch(changed)) : fault.Problem();
    }

    /// <summary>The patch lies where only git works while git reads it, and is gone before the copy becomes current.</summary>
    private static async Task<Result<Change>> ApplyAsync(
        WorkingCopy copy, Git git, byte[] patch, bool asCommits, CancellationToken cancellationToken)
    {
        var path = WorkspacePath.Parse(IncomingPath).Value;
        if (!WorkspaceFiles.Write(copy.Files, path, patch, copy.Owner).TryGet(out _, out var fault)) return fault;
        var readOnly = GitGuard.Protect(copy.Files, copy.Owner);
        var applied = await git.ApplyAsync(copy, readOnly, IncomingPath, asCommits, cancellationToken);
        if (!applied.TryGet(out _, out fault)) return fault;
        if (!WorkspaceFiles.Remove(copy.Files, path).TryGet(out _, out fault)) return fault;
        GitGuard.Restore(copy.Before, copy.Files, copy.Owner, cancellationToken);
        return new Change(WorkspaceTools.Answer("Applied the patch.", new { bytes = patch.Length }), Keep: true);
    }

    private static Fault BadForm { get; } = new(
        "sandbox.bad_form", FaultKind.Invalid, "A patch has the form mail, for git am, or diff, for git apply.");

    private static Fault BadBranch { get; } = new(
        "sandbox.bad_branch", FaultKind.Invalid, "A branch's name has 1 to 200 characters, as git takes them.");
}
