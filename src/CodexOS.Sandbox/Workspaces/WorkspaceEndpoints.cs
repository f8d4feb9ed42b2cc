using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>What a workspace is made of, if not of an uploaded archive.</summary>
/// <param name="Sample">The name of a sample.</param>
public sealed record CreateWorkspaceRequest([property: Required, StringLength(60, MinimumLength = 1)] string Sample);

/// <summary>A file workspace.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="SizeBytes">The size of its present files, the repository's own included.</param>
/// <param name="FilesCount">How many files, folders and links there are now.</param>
/// <param name="Origin"><c>upload</c>, <c>bundle</c>, <c>sample:</c> and the sample's name, or <c>fork:</c> and the workspace's id.</param>
public sealed record Workspace(WorkspaceId Id, DateTimeOffset CreatedAt, long SizeBytes, long FilesCount, string Origin);

/// <summary>The samples of this installation.</summary>
/// <param name="Items">By name.</param>
public sealed record SampleList(IReadOnlyList<Sample> Items);

/// <summary>What a folder contains; links and a repository's own administration (<c>.git</c>) are left out.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Entries">Folders first, then by name.</param>
public sealed record FolderListing(string Path, IReadOnlyList<FolderListingEntry> Entries);

/// <summary>A file or a folder.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its path from the top of the workspace.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SizeBytes">Its length, 0 for a folder.</param>
public sealed record FolderListingEntry(string Name, string Path, EntryKind Kind, long SizeBytes);

/// <summary>The versions of a workspace.</summary>
/// <param name="Items">Newest first.</param>
public sealed record VersionList(IReadOnlyList<WorkspaceVersionView> Items);

/// <summary>A version of a workspace's files.</summary>
/// <param name="Number">Counts changes, from 0.</param>
/// <param name="Name">Its name, as a step's way back names it.</param>
/// <param name="SizeBytes">The size of its files, the repository's own included.</param>
/// <param name="IsCurrent">Whether it is the one that holds.</param>
public sealed record WorkspaceVersionView(long Number, string Name, long SizeBytes, bool IsCurrent);

/// <summary>Makes workspaces and shows what is in them.</summary>
internal static class WorkspaceEndpoints
{
    private const int JsonBytesMax = 16 * 1024;
    private const string BundleType = "application/x-git-bundle";

    public static void Map(IEndpointRouteBuilder api)
    {
        var workspaces = api.MapGroup("/workspaces").WithTags("Workspaces")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

        workspaces.MapPost("", CreateAsync)
            .RequirePermissionOrProject<Workspace>(
                "workspaces:write", ResourceKinds.Workspace, static made => made.Id.ToString())
            .Accepts<CreateWorkspaceRequest>("application/json", "application/x-tar", BundleType)
            .WithName("CreateWorkspace")
            .WithSummary(
                "Makes a workspace of a sample (JSON), of a tar archive, which may be compressed (Content-Encoding: gzip), or of a git "
                + "bundle's branch.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);

        workspaces.MapGet("/samples", ListSamples).RequirePermissionSomewhere("workspaces:read")
            .WithName("ListSamples")
            .WithSummary("The samples that workspaces can be made of.");

        workspaces.MapGet("/{id}", GetAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("GetWorkspace")
            .WithSummary("A workspace.")
            .ProducesProblem(StatusCodes.Status404NotFound);

        workspaces.MapGet("/{id}/files", ListFilesAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("ListWorkspaceFiles")
            .WithSummary("What a folder of a workspace contains; without a path, the top.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);

        WorkspaceFileEndpoints.Map(workspaces);
        WorkspacePatchEndpoints.Map(workspaces);

        workspaces.MapGet("/{id}/versions", ListVersionsAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("ListWorkspaceVersions")
            .WithSummary("The versions of a workspace that are kept, newest first: each change makes one.")
            .ProducesProblem(StatusCodes.Status404NotFound);

        workspaces.MapGet("/{id}/diff", DiffAsync)
            .RequirePermission("workspaces:read", ResourceKinds.Workspace, "id")
            .WithName("DiffWorkspace")
            .WithSummary(
                "What changed since the commit that the workspace started from, new files included; with from or to, between two "
                + "versions, without from since the oldest that is kept, without to until now.")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status410Gone)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Created<Workspace>, ProblemHttpResult>> CreateAsync(
        [FromQuery] string? branch,
        HttpContext context,
        WorkspaceMaker maker,
        WorkspacePlaces places,
        IOptions<SandboxOptions> options,
        CancellationToken cancellationToken)
    {
        var isJson = context.Request.HasJsonContentType();
        var size = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (size is { IsReadOnly: false }) size.MaxRequestBodySize = isJson ? JsonBytesMax : options.Value.UploadBytesMax;
        // An upload may take as long as its size needs; Kestrel's minimum data rate ends one that stalls.
        context.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();

        Result<WorkspaceRow> made;
        if (isJson)
        {
            if (!(await ReadRequestAsync(context.Request, cancellationToken)).TryGet(out var request, out var invalid))
                return invalid.Problem();
            made = await maker.CopySampleAsync(request.Sample, key: null, cancellationToken);
        }
        else if (context.Request.ContentType == BundleType)
        {
            var bytesMax = options.Value.GitBytesMax;
            var body = await RequestBody.ReadAsync(context, bytesMax, SandboxFaults.GitTooLarge(bytesMax), cancellationToken);
            if (!body.TryGet(out var bundle, out var tooLarge)) return tooLarge.Problem();
            made = await maker.UnbundleAsync(bundle, branch ?? "", cancellationToken);
        }
        else
        {
            if (!IsCompressed(context.Request).TryGet(out var isCompressed, out var unknown)) return unknown.Problem();
            made = await ImportAsync(context.Request, maker, isCompressed, options.Value, cancellationToken);
        }

        if (!made.TryGet(out var row, out var fault)) return fault.Problem();
        return TypedResults.Created($"/api/v1/workspaces/{row.WorkspaceId}", View(row, places.Of(row).Current()!));
    }

    private static Ok<SampleList> ListSamples(Samples samples) => TypedResults.Ok(new SampleList(samples.All));

    private static async Task<Results<Ok<Workspace>, ProblemHttpResult>> GetAsync(
        string id, WorkspaceDirectory directory, CancellationToken cancellationToken)
    {
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        return TypedResults.Ok(View(open.Row, open.Version));
    }

    private static async Task<Results<Ok<FolderListing>, ProblemHttpResult>> ListFilesAsync(
        string id, [FromQuery] string? path, WorkspaceDirectory directory, CancellationToken cancellationToken)
    {
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        if (!WorkspacePath.ParseShown(path).TryGet(out var checkedPath, out fault)) return fault.Problem();
        using var files = Folder.Open(open.Version.FilesPath);
        if (!WorkspaceFiles.List(files, checkedPath).TryGet(out var entries, out fault)) return fault.Problem();
        return TypedResults.Ok(new FolderListing(checkedPath.Value, [.. entries
            .Where(entry => entry.Kind != EntryKind.Link)
            .Select(entry => new FolderListingEntry(entry.Name, entry.Path, entry.Kind, entry.SizeBytes))]));
    }

    private static async Task<Results<Ok<GitDiff>, ProblemHttpResult>> DiffAsync(
        string id,
        [FromQuery] long? from,
        [FromQuery] long? to,
        WorkspaceDirectory directory,
        WorkspacePlaces places,
        Git git,
        IOptions<SandboxOptions> options,
        CancellationToken cancellationToken)
    {
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        if (from is null && to is null)
        {
            var diff = await git.DiffAsync(open.Row, open.Version.FilesPath, open.Row.BaseCommit, cancellationToken);
            return diff.ToOk();
        }

        var versions = places.Of(open.Row).Versions();
        var before = from is null ? versions[0] : versions.Find(version => version.Number == from);
        var after = to is null || to == open.Version.Number
            ? open.Version
            : versions.Find(version => version.Number == to && version.Number < open.Version.Number);
        if (before is null || before.Number > open.Version.Number) return SandboxFaults.VersionGone($"{from}").Problem();
        if (after is null) return SandboxFaults.VersionGone($"{to}").Problem();
        using var old = Folder.Open(before.FilesPath);
        using var now = Folder.Open(after.FilesPath);
        return TypedResults.Ok(await Task.Run(
            () => VersionDiff.Between(old, now, options.Value, cancellationToken), cancellationToken));
    }

    private static async Task<Results<Ok<VersionList>, ProblemHttpResult>> ListVersionsAsync(
        string id, WorkspaceDirectory directory, WorkspacePlaces places, CancellationToken cancellationToken)
    {
        if (!(await directory.OpenAsync(id, cancellationToken)).TryGet(out var open, out var fault)) return fault.Problem();
        return TypedResults.Ok(new VersionList(
        [
            .. places.Of(open.Row).Versions().Where(version => version.Number <= open.Version.Number).Reverse()
                .Select(version => new WorkspaceVersionView(
                    version.Number, version.Name, version.ReadSize().Bytes, version == open.Version)),
        ]));
    }

    private static async Task<Result<WorkspaceRow>> ImportAsync(
        HttpRequest request, WorkspaceMaker maker, bool isCompressed, SandboxOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await maker.ImportAsync(request.Body, isCompressed, cancellationToken);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return SandboxFaults.WorkspaceTooLarge($"{options.UploadBytesMax} bytes per upload");
        }
    }

    private static Result<bool> IsCompressed(HttpRequest request) => request.Headers.ContentEncoding.ToString() switch
    {
        "" or "identity" => false,
        "gzip" or "x-gzip" => true,
        _ => SandboxFaults.BadArchive("is encoded in an unknown way; send it plain or with Content-Encoding: gzip"),
    };

    private static async Task<Result<CreateWorkspaceRequest>> ReadRequestAsync(
        HttpRequest request, CancellationToken cancellationToken)
    {
        // The body is read by hand because the same route takes archives, so it is also validated by hand.
        CreateWorkspaceRequest? body;
        try
        {
            body = await request.ReadFromJsonAsync<CreateWorkspaceRequest>(Json.Options, cancellationToken);
        }
        catch (JsonException)
        {
            body = null;
        }

        return body is not null && Validator.TryValidateObject(body, new ValidationContext(body), null,
            validateAllProperties: true)
            ? body
            : new Fault(
                "sandbox.bad_request", FaultKind.Invalid, "Send { \"sample\": \"name\" } as JSON, a tar archive as application/x-tar, or a git "
                + "bundle as application/x-git-bundle.");
    }

    private static Workspace View(WorkspaceRow row, WorkspaceVersion version)
    {
        var size = version.ReadSize();
        return new Workspace(row.WorkspaceId, row.CreatedAt, size.Bytes, size.Files, row.Origin);
    }
}
