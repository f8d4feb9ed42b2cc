using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>What the work on a copy came to.</summary>
/// <param name="Result">What the caller is answered.</param>
/// <param name="Keep">Whether the copy is to hold; an answer that changed nothing is not stored.</param>
internal sealed record Change(ToolResult Result, bool Keep);

/// <summary>A copy of a workspace's files that a change works on.</summary>
/// <param name="Row">The workspace.</param>
/// <param name="Files">The copy, open.</param>
/// <param name="FilesPath">The copy's path.</param>
/// <param name="Before">The files as they are, open.</param>
/// <param name="Owner">The user that new files are given to; null if the server cannot choose.</param>
internal sealed record WorkingCopy(WorkspaceRow Row, Folder Files, string FilesPath, Folder Before, uint? Owner)
{
    /// <summary>The layer in which programs write, because files are shared with earlier versions; null if none is.</summary>
    public string? LayerPath { get; init; }

    /// <summary>A command that works on the copy. There is no other way to have a program write into it.</summary>
    public SandboxCommand Mount(SandboxCommand command) =>
        command with { Folder = FilesPath, Layer = LayerPath, User = Row.User };
}

/// <summary>
/// Changes a workspace exactly once per key, whatever crashes:
/// 1. wait for the workspace, 2. answer again if the key has been answered, 3. remove what a crash left, 4. copy the files, or
/// share them where programs can be given a layer over them,
/// 5. work on the copy, 6. hold it to the limits and the tenant to its quota, 7. store the answer with it, 8. make it
/// current, 9. prune. Until step 8 nothing has happened; after it everything has.
/// </summary>
internal sealed partial class WorkspaceChanges(
    WorkspacePlaces places,
    WorkspaceLocks locks,
    WorkspaceSpace space,
    ISandbox sandbox,
    IOptions<SandboxOptions> given,
    SandboxTelemetry telemetry,
    ILogger<WorkspaceChanges> log)
{
    private readonly SandboxOptions _options = given.Value;

    /// <summary>
    /// Makes one change, to the files as they are or as they were in an earlier version, after waiting for others to end.
    /// </summary>
    /// <param name="row">The workspace.</param>
    /// <param name="key">The key of the change.</param>
    /// <param name="work">Works on the copy.</param>
    /// <param name="cancellationToken">Ends the change before it takes place.</param>
    /// <param name="from">The version to start from; null for the current one.</param>
    /// <param name="waitMax">How long others are waited for; null for as long as a call may wait.</param>
    /// <param name="shareFiles">
    /// Whether the work puts new files in the place of old ones and never writes into one, as <see cref="WorkspaceFiles"/> does.
    /// Unchanged files are then the same ones in both versions, which costs neither time nor room. A program gets copies.
    /// </param>
    public async Task<Result<ToolResult>> MakeAsync(
        WorkspaceRow row,
        string key,
        Func<WorkingCopy, CancellationToken, Task<Result<Change>>> work,
        CancellationToken cancellationToken,
        string? from = null,
        TimeSpan? waitMax = null,
        bool shareFiles = false)
    {
        using var span = telemetry.StartChange(row.WorkspaceId.ToString());
        var how = "broken";
        try
        {
            // 1. Wait
            using var turn = await locks.EnterAsync(row.WorkspaceId, waitMax ?? _options.WorkspaceWaitMax, cancellationToken);
            var folder = places.Of(row);
            await using var held = turn is null ? null : folder.TryLock();
            if (held is null)
            {
                how = SandboxFaults.WorkspaceBusy.Code;
                return SandboxFaults.WorkspaceBusy;
            }

            // 2. Answer again
            var keyHash = WorkspaceFolder.HashOf(key);
            if (folder.FindOutcome(keyHash) is { } answered)
            {
                how = "repeated";
                return answered;
            }

            var result = await MakeOnCopyAsync(row, folder, keyHash, from, work, shareFiles, cancellationToken);
            how = result.TryGet(out _, out var fault) ? "made" : fault.Code;
            return result;
        }
        catch (IOException error) when (StorageFaults.IsDiskFull(error))
        {
            how = SandboxFaults.DiskFull.Code;
            return SandboxFaults.DiskFull;
        }
        finally
        {
            span?.SetTag("codexos.workspace.change.end", how);
            telemetry.Changed(how);
        }
    }

    /// <summary>Makes the files as they were in an earlier version, once for the key.</summary>
    public Task<Result<ToolResult>> RestoreAsync(
        WorkspaceRow row, string key, string version, CancellationToken cancellationToken)
    {
        var data = JsonSerializer.SerializeToElement(new { version }, Json.Options);
        var restored = new ToolResult($"The files are as they were in the version {version}.", IsError: false, data);
        return MakeAsync(
            row,
            key,
            (_, _) => Task.FromResult<Result<Change>>(new Change(restored, Keep: true)),
            cancellationToken,
            version,
            shareFiles: true);
    }

    private async Task<Result<ToolResult>> MakeOnCopyAsync(
        WorkspaceRow row,
        WorkspaceFolder folder,
        string keyHash,
        string? from,
        Func<WorkingCopy, CancellationToken, Task<Result<Change>>> work,
        bool shareFiles,
        CancellationToken cancellationToken)
    {
        var current = folder.Current()
            ?? throw new InvalidOperationException($"The files of the workspace {row.WorkspaceId} are missing.");

        // 3. Remove litter
        folder.Tidy(_options.VersionsKept, _options.OutcomesKept, cancellationToken);
        var source = from is null ? current : folder.Versions().Find(version => version.Name == from);
        if (source is null) return SandboxFaults.VersionGone(from!);
        using var before = Folder.Open(source.FilesPath);
        var size = source.ReadSize();
        var freeBytes = before.Disk().FreeBytes;
        if (freeBytes < _options.DiskFreeBytesMin) return SandboxFaults.DiskFull;

        var version = folder.Begin(current.Number + 1, keyHash);
        long? noted = null;
        try
        {
            var layer = shareFiles ? null : await LayerOfAsync(version, size, cancellationToken);
            var isCopied = !shareFiles && layer is null;
            if (isCopied && freeBytes < _options.DiskFreeBytesMin + size.Bytes) return SandboxFaults.DiskFull;

            // 4. Copy
            using var files = Folder.Open(version.FilesPath);
            var owner = places.OwnerOf(row);
            await Task.Run(
                () => Tree.Copy(before, files, owner, _options.WorkspaceDepthMax + 1, cancellationToken, !isCopied),
                cancellationToken);
            if (owner is { } user) Folder.Give(files.Handle, user);

            // 5. Work
            var copy = new WorkingCopy(row, files, version.FilesPath, before, owner) { LayerPath = layer };
            if (!(await work(copy, cancellationToken)).TryGet(out var change, out var fault)) return fault;
            if (!change.Keep) return change.Result;
            if (from is null && !SettingsGuard.Enforce(copy, _options.ProtectedNames, _options.WorkspaceDepthMax, change)
                .TryGet(out change, out fault)) return fault;

            // 6. Limits
            size = await Task.Run(
                () => Tree.Measure(files, _options.WorkspaceDepthMax, cancellationToken), cancellationToken);
            if (Exceeded(size) is { } exceeded) return exceeded;
            // The way back is open to a tenant whose quota is used up, too.
            var taken = await space.TakeAsync(row, size.Bytes, mayExceed: from is not null, cancellationToken);
            if (!taken.TryGet(out var figure, out fault)) return fault;
            noted = figure;

            // 7. Store the answer, and how to go back
            var answer = change.Result with { Undo = WorkspaceRestore.To(row.WorkspaceId, current) };
            version.WriteOutcome(answer);
            version.WriteSize(size);

            // 8. Make current. From here on nobody may turn back.
            cancellationToken.ThrowIfCancellationRequested();
            folder.MakeCurrent(version, _options.SyncToDisk);
            return answer;
        }
        finally
        {
            // 9. Prune, or remove the copy that is not to hold
            CleanUp(folder, version);
            if (noted is { } was && folder.Current() != version) await space.NoteAsync(row, was, CancellationToken.None);
        }
    }

    /// <summary>Which limit a tree exceeds, or null.</summary>
    public Fault? Exceeded(TreeSize size)
    {
        if (size.Bytes > _options.WorkspaceBytesMax)
            return SandboxFaults.WorkspaceTooLarge($"{_options.WorkspaceBytesMax} bytes");
        if (size.Files > _options.WorkspaceFilesMax)
            return SandboxFaults.WorkspaceTooLarge($"{_options.WorkspaceFilesMax} files and folders");
        return size.IsTooDeep
            ? SandboxFaults.WorkspaceTooLarge($"{_options.WorkspaceDepthMax} folders inside each other")
            : null;
    }

    /// <summary>
    /// Where a program is to write. A layer costs some milliseconds whatever the size, a copy more with each file and byte. Over
    /// a file with several names a layer would make several files of it.
    /// </summary>
    private async ValueTask<string?> LayerOfAsync(
        WorkspaceVersion version, TreeSize size, CancellationToken cancellationToken)
    {
        const long fileCostBytes = 8 << 10;
        if (size.SharesFiles is not false || size.Bytes + (size.Files * fileCostBytes) < _options.LayerBytesMin) return null;
        var place = Path.Combine(version.Path, "trial");
        return await sandbox.CanLayerAsync(place, cancellationToken) ? version.LayerPath : null;
    }

    private void CleanUp(WorkspaceFolder folder, WorkspaceVersion made)
    {
        try
        {
            // The disk is asked, not a variable: even a failing step 8 may have made the version current.
            if (folder.Current() != made) folder.Remove(made, CancellationToken.None);
            else folder.Tidy(_options.VersionsKept, _options.OutcomesKept, CancellationToken.None);
        }
        catch (IOException error)
        {
            // The next change, or the next start, removes it.
            LogLitter(error, folder.Path);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old versions below {Path} could not be removed yet.")]
    private partial void LogLitter(Exception error, string path);
}
