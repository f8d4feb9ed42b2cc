using System.Security.Cryptography;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>A file that was written.</summary>
/// <param name="Path">Its path from the top of the workspace.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">The hash of its content, which is its entity tag too.</param>
/// <param name="Created">Whether it was not there before.</param>
public sealed record WrittenFile(string Path, long SizeBytes, string Sha256, bool Created);

/// <summary>Reads, writes and removes single files of workspaces. A file's entity tag is the hash of its content.</summary>
internal static class WorkspaceFileEndpoints
{
    private const string Route = "/{id}/files/content";

    public static void Map(RouteGroupBuilder workspaces)
    {
        workspaces.MapGet(Route, ReadAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("ReadWorkspaceFile")
            .WithSummary("The bytes of a file of a workspace, or the part that Range asks for. ETag is the hash of the content.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);

        workspaces.MapPut(Route, WriteAsync)
            .RequirePermission("workspaces:write", ResourceKinds.Workspace, "id")
            .Accepts<Stream>("application/octet-stream")
            .WithName("WriteWorkspaceFile")
            .WithSummary(
                "Writes a file of a workspace and makes the folders above it. If-Match writes only over the content with that entity "
                + "tag, If-None-Match: * only where nothing is yet.")
            .Produces<WrittenFile>(StatusCodes.Status201Created)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);

        workspaces.MapDelete(Route, RemoveAsync)
            .RequirePermission("workspaces:write", ResourceKinds.Workspace, "id")
            .WithName("RemoveWorkspaceFile")
            .WithSummary("Removes a file of a workspace, and the folders above it that are empty then; If-Match as for writing.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadAsync(
        string id,
        [FromQuery] string? path,
        WorkspaceDirectory directory,
        IOptions<SandboxOptions> options,
        CancellationToken cancellationToken)
    {
        if (!WorkspacePath.ParseShown(path).TryGet(out var checkedPath, out var fault)) return fault.Problem();
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out fault)) return fault.Problem();
        using var files = Folder.Open(open.Version.FilesPath);
        var read = WorkspaceFiles.Read(files, checkedPath, options.Value.ReadBytesMax);
        if (!read.TryGet(out var content, out fault)) return fault.Problem();
        // Never a type that a browser would show: the content is whatever an agent wrote.
        return TypedResults.File(
            content,
            "application/octet-stream",
            checkedPath.Name,
            enableRangeProcessing: true,
            entityTag: new EntityTagHeaderValue($"\"{HashOf(content)}\""));
    }

    private static async Task<Results<Ok<WrittenFile>, Created<WrittenFile>, ProblemHttpResult>> WriteAsync(
        string id,
        [FromQuery] string? path,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        [FromHeader(Name = "If-None-Match")] string? ifNoneMatch,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        HttpContext context,
        WorkspaceDirectory directory,
        WorkspaceChanges changes,
        TimeProvider clock,
        IOptions<SandboxOptions> given,
        CancellationToken cancellationToken)
    {
        // 1. Refuse what is refused whatever the content is
        var options = given.Value;
        if (!WorkspacePath.ParseShown(path).TryGet(out var checkedPath, out var fault)) return fault.Problem();
        if (!Precondition.Read(ifMatch, ifNoneMatch).TryGet(out var condition, out fault)) return fault.Problem();
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out fault)) return fault.Problem();

        // 2. Take the content
        var tooLarge = SandboxFaults.FileTooLarge(checkedPath.Value, options.ReadBytesMax);
        var body = await RequestBody.ReadAsync(context, options.ReadBytesMax, tooLarge, cancellationToken);
        if (!body.TryGet(out var content, out fault)) return fault.Problem();

        // 3. Write it, once for the key
        var hash = HashOf(content);
        var key = idempotencyKey is { Length: > 0 } ? $"api:{idempotencyKey}:{checkedPath}:{hash}" : WorkspaceId.New(clock).ToString();
        var made = await changes.MakeAsync(
            open.Row,
            key,
            (copy, _) => Task.FromResult(Write(copy, checkedPath, content, hash, condition, options.ReadBytesMax)),
            cancellationToken,
            waitMax: options.ApiWaitMax,
            shareFiles: true);
        if (!made.TryGet(out var result, out fault)) return ProblemOf(fault);
        var written = new WrittenFile(checkedPath.Value, content.Length, hash, result.Data.GetProperty("created").GetBoolean());
        context.Response.Headers.ETag = $"\"{hash}\"";
        return written.Created
            ? TypedResults.Created($"/api/v1/workspaces/{id}/files/content?path={Uri.EscapeDataString(checkedPath.Value)}", written)
            : TypedResults.Ok(written);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string id,
        [FromQuery] string? path,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        WorkspaceDirectory directory,
        WorkspaceChanges changes,
        TimeProvider clock,
        IOptions<SandboxOptions> given,
        CancellationToken cancellationToken)
    {
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        if (!WorkspacePath.ParseShown(path).TryGet(out var checkedPath, out fault)) return fault.Problem();
        if (checkedPath.Value.Length == 0) return SandboxFaults.NotAFile(".").Problem();
        if (!Precondition.Read(ifMatch, null).TryGet(out var condition, out fault)) return fault.Problem();
        var made = await changes.MakeAsync(
            open.Row,
            WorkspaceId.New(clock).ToString(),
            (copy, _) => Task.FromResult(Remove(copy, checkedPath, condition, given.Value.ReadBytesMax)),
            cancellationToken,
            waitMax: given.Value.ApiWaitMax,
            shareFiles: true);
        return made.TryGet(out _, out fault) ? TypedResults.NoContent() : ProblemOf(fault);
    }

    private static Result<Change> Write(
        WorkingCopy copy, WorkspacePath path, byte[] content, string hash, Precondition condition, int bytesMax)
    {
        if (!condition.Check(copy.Files, path, bytesMax).TryGet(out var isThere, out var fault)) return fault;
        if (!WorkspaceFiles.Write(copy.Files, path, content, copy.Owner).TryGet(out _, out fault)) return fault;
        return new Change(WorkspaceTools.Answer($"Wrote {path}.", new { created = !isThere, sha256 = hash }), Keep: true);
    }

    private static Result<Change> Remove(WorkingCopy copy, WorkspacePath path, Precondition condition, int bytesMax)
    {
        if (!condition.Check(copy.Files, path, bytesMax).TryGet(out _, out var fault)) return fault;
        if (!WorkspaceFiles.Remove(copy.Files, path).TryGet(out _, out fault)) return fault;
        return new Change(WorkspaceTools.Answer($"Removed {path}.", new { path = path.Value }), Keep: true);
    }

    private static string HashOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The status that HTTP has for a condition that does not hold.</summary>
    private static ProblemHttpResult ProblemOf(Fault fault)
    {
        var problem = fault.Problem();
        if (fault.Code != Precondition.Failed.Code) return problem;
        problem.ProblemDetails.Status = StatusCodes.Status412PreconditionFailed;
        return TypedResults.Problem(problem.ProblemDetails);
    }

    /// <summary>What must be there for a change to be made (RFC 9110, section 13.1).</summary>
    /// <param name="Tag">The hash of the content; null for any.</param>
    /// <param name="MustExist">Whether something must be there; false for nothing, null for either.</param>
    private sealed record Precondition(string? Tag, bool? MustExist)
    {
        public static Fault Failed { get; } = new(
            "sandbox.precondition_failed",
            FaultKind.Conflict,
            "The file is not what the request says that it must be. Read it again, then repeat with its ETag.");

        public static Result<Precondition> Read(string? ifMatch, string? ifNoneMatch)
        {
            if (ifMatch is null && ifNoneMatch is null) return new Precondition(null, null);
            if (ifMatch is null && ifNoneMatch == "*") return new Precondition(null, false);
            if (ifMatch == "*" && ifNoneMatch is null) return new Precondition(null, true);
            if (ifNoneMatch is null && ifMatch is ['"', .., '"'] && ifMatch.Length == 66) return new Precondition(ifMatch[1..^1], true);
            return new Fault(
                "sandbox.bad_precondition", FaultKind.Invalid, "Send If-Match with one entity tag or *, or If-None-Match: *, not both.");
        }

        /// <summary>Whether the file is there, or that it is not as it must be.</summary>
        public Result<bool> Check(Folder files, WorkspacePath path, int bytesMax)
        {
            var read = WorkspaceFiles.Open(files, path);
            var isThere = read.TryGet(out var file, out var fault);
            if (isThere) file.Handle.Dispose();
            else if (fault!.Code != "sandbox.file_not_found") return fault;
            if (MustExist is { } must && must != isThere) return Failed;
            if (Tag is null || !isThere) return isThere;
            if (!WorkspaceFiles.Read(files, path, bytesMax).TryGet(out var content, out fault)) return fault;
            return HashOf(content) == Tag ? true : Failed;
        }
    }
}
