using System.Net.Http.Headers;
using System.Security.Cryptography;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Workspaces = "api/v1/workspaces";

    /// <summary>Makes a workspace of a packed folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="project">The project to make it in; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Workspace> UploadWorkspaceAsync(PackedFolder folder, string? project, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var call = ApiCall.Post(In(Workspaces, project)) with
        {
            Timeout = _options.UploadTimeout,
            // A server that refuses an upload by its size says so before it is sent, not by hanging up in the middle.
            Headers = [new("Expect", "100-continue")],
            Body = () => new StreamContent(folder.OpenRead())
            {
                Headers =
                {
                    ContentType = new MediaTypeHeaderValue("application/x-tar"),
                    ContentEncoding = { "gzip" },
                    ContentLength = folder.PackedSizeBytes,
                },
            },
        };
        return _transport.SendAsync(call, WireJson.Default.Workspace, cancellationToken);
    }

    /// <summary>Makes a workspace of a branch of a git bundle.</summary>
    /// <param name="bundle">The bundle; it needs no commit that is not in it.</param>
    /// <param name="branch">Which branch; null for the one that the bundle puts first.</param>
    /// <param name="project">The project to make it in; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Workspace> UploadBundleAsync(
        ReadOnlyMemory<byte> bundle, string? branch, string? project, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post(new Query(Workspaces).With("branch", branch).With("project", project).ToString()) with
        {
            Timeout = _options.UploadTimeout,
            Body = () => BytesOf(bundle, "application/x-git-bundle"),
        };
        return _transport.SendAsync(call, WireJson.Default.Workspace, cancellationToken);
    }

    /// <summary>Makes a workspace of a sample.</summary>
    /// <param name="sample">The sample's name.</param>
    /// <param name="project">The project to make it in; null for none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Workspace> CreateSampleWorkspaceAsync(string sample, string? project, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post(In(Workspaces, project)) with
        {
            Body = () => JsonBody.Of(new SampleBody(sample), WireJson.Default.SampleBody),
        };
        return _transport.SendAsync(call, WireJson.Default.Workspace, cancellationToken);
    }

    /// <summary>The samples a workspace can be made of.</summary>
    public async Task<IReadOnlyList<Sample>> ListSamplesAsync(CancellationToken cancellationToken)
    {
        var call = ApiCall.Get("api/v1/workspaces/samples");
        return (await _transport.SendAsync(call, WireJson.Default.SampleList, cancellationToken)).Items;
    }

    /// <summary>A workspace by id.</summary>
    public Task<Workspace> GetWorkspaceAsync(string workspaceId, CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get(WorkspacePath(workspaceId)), WireJson.Default.Workspace, cancellationToken);

    /// <summary>What a folder of a workspace contains.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="path">The folder, relative to the workspace; null for its top.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<FolderListing> ListFilesAsync(string workspaceId, string? path, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query($"{WorkspacePath(workspaceId)}/files").With("path", path).ToString()),
            WireJson.Default.FolderListing,
            cancellationToken);

    /// <summary>Copies a file of a workspace into a stream.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="path">The file, relative to the workspace.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task ReadFileAsync(
        string workspaceId, string path, Stream destination, CancellationToken cancellationToken)
    {
        // Not repeatable: a second attempt would write behind what the first has already written.
        var call = new ApiCall(HttpMethod.Get, FilePath(workspaceId, path)) { Accept = "*/*", Timeout = _options.UploadTimeout };
        return _transport.SendAsync(
            call,
            async (response, token) =>
            {
                await response.Content.CopyToAsync(destination, token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Writes a file of a workspace, and makes the folders above it.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="path">The file, relative to the workspace.</param>
    /// <param name="content">Its whole content.</param>
    /// <param name="write">On what condition; otherwise nothing is written and the call fails.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<WrittenFile> WriteFileAsync(
        string workspaceId, string path, ReadOnlyMemory<byte> content, WriteCondition write, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        // The same content twice is the same file, unless it must be new.
        var call = new ApiCall(HttpMethod.Put, FilePath(workspaceId, path))
        {
            IsRepeatable = write == WriteCondition.Always,
            Timeout = _options.UploadTimeout,
            Headers = write.Headers,
            Body = () => BytesOf(content),
        };
        return _transport.SendAsync(call, WireJson.Default.WrittenFile, cancellationToken);
    }

    /// <summary>Removes a file of a workspace, and the folders above it that are empty then.</summary>
    public Task RemoveFileAsync(string workspaceId, string path, CancellationToken cancellationToken) =>
        _transport.SendAsync(new ApiCall(HttpMethod.Delete, FilePath(workspaceId, path)), cancellationToken);

    /// <summary>The versions of a workspace that are kept, newest first.</summary>
    public async Task<IReadOnlyList<WorkspaceVersion>> ListVersionsAsync(
        string workspaceId, CancellationToken cancellationToken)
    {
        var call = ApiCall.Get($"{WorkspacePath(workspaceId)}/versions");
        return (await _transport.SendAsync(call, WireJson.Default.WorkspaceVersionList, cancellationToken)).Items;
    }

    /// <summary>Applies a patch that git wrote to a workspace, all of it or nothing.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="patch">The patch: mails as <c>git format-patch</c> writes them, or a diff.</param>
    /// <param name="asCommits">Whether each mail becomes a commit; a diff cannot.</param>
    /// <param name="idempotencyKey">Names this change, so that repeating it does nothing more; made up if null.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What is changed since the workspace was made.</returns>
    public async Task<WorkspaceDiff> ApplyPatchAsync(
        string workspaceId,
        ReadOnlyMemory<byte> patch,
        bool asCommits,
        string? idempotencyKey,
        CancellationToken cancellationToken)
    {
        var key = idempotencyKey ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        var query = new Query($"{WorkspacePath(workspaceId)}/patch").With("commit", asCommits ? "true" : null).ToString();
        var call = ApiCall.Post(query) with
        {
            IsRepeatable = true,
            Timeout = _options.UploadTimeout,
            Headers = [new("Idempotency-Key", key)],
            Body = () => BytesOf(patch),
        };
        return (await _transport.SendAsync(call, WireJson.Default.AppliedPatch, cancellationToken)).Diff;
    }

    /// <summary>What changed in a workspace since it was made.</summary>
    public Task<WorkspaceDiff> GetDiffAsync(string workspaceId, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get($"{WorkspacePath(workspaceId)}/diff"), WireJson.Default.WorkspaceDiff, cancellationToken);

    /// <summary>Copies what was done in a workspace since it was made into a stream, in a form that git takes.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="form">Which form.</param>
    /// <param name="branch">What the branch of a bundle is called; null for <c>codexos/</c> and the workspace's id.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DownloadWorkAsync(
        string workspaceId, WorkForm form, string? branch, Stream destination, CancellationToken cancellationToken)
    {
        var query = form switch
        {
            WorkForm.Patch => new Query($"{WorkspacePath(workspaceId)}/patch").With("form", "mail"),
            WorkForm.Diff => new Query($"{WorkspacePath(workspaceId)}/patch").With("form", "diff"),
            WorkForm.Bundle => new Query($"{WorkspacePath(workspaceId)}/bundle").With("branch", branch),
            _ => throw new ArgumentOutOfRangeException(nameof(form)),
        };
        // Not repeatable: a second attempt would write behind what the first has already written.
        var call = new ApiCall(HttpMethod.Get, query.ToString()) { Accept = "*/*", Timeout = _options.UploadTimeout };
        return _transport.SendAsync(
            call,
            async (response, token) =>
            {
                await response.Content.CopyToAsync(destination, token);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Starts a run that packs a workspace into a compressed tar archive. Follow it as any run.</summary>
    /// <param name="workspaceId">The workspace.</param>
    /// <param name="idempotencyKey">
    /// Names this start, so that repeating it gives the same run; made up, for the retries of this call, if null.
    /// </param>
    /// <param name="cancellationToken">Cancels the call, not a run that has begun.</param>
    public Task<Run> StartExportAsync(string workspaceId, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var key = idempotencyKey ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        var call = ApiCall.Post($"{WorkspacePath(workspaceId)}/exports") with
        {
            IsRepeatable = true,
            Headers = [new("Idempotency-Key", key)],
        };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }

    /// <summary>Copies the archive that an export made into a stream.</summary>
    /// <param name="runId">The export's run, which must be complete.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DownloadExportAsync(string runId, Stream destination, CancellationToken cancellationToken) =>
        DownloadAsync($"api/v1/workspaces/exports/{Query.Segment(runId)}/file", destination, cancellationToken);

    private static string FilePath(string workspaceId, string path) =>
        new Query($"{WorkspacePath(workspaceId)}/files/content").With("path", path).ToString();

    private static ByteArrayContent BytesOf(ReadOnlyMemory<byte> content, string type = "application/octet-stream") =>
        new(content.ToArray())
        {
            Headers = { ContentType = new MediaTypeHeaderValue(type) },
        };

    private static string WorkspacePath(string workspaceId) => $"api/v1/workspaces/{Query.Segment(workspaceId)}";
}
