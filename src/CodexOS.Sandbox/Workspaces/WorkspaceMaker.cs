using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Makes workspaces, of an upload, of a sample or of another workspace:
/// 1. reserve a row and a user, 2. fill the first version, 3. hold it to the limits and the quota, 4. make it a repository
/// with a commit, 5. make the version current, 6. mark the row as ready. A row that never becomes ready is removed, files and
/// all.
/// </summary>
internal sealed class WorkspaceMaker(
    IDbContextFactory<SandboxDbContext> databases,
    Database server,
    TenantPlaces databasePlaces,
    TenantContext tenants,
    WorkspacePlaces places,
    WorkspaceLocks locks,
    WorkspaceChanges changes,
    WorkspaceSpace space,
    Samples samples,
    Git git,
    TenantQuotas quotas,
    TimeProvider clock,
    IOptions<SandboxOptions> given,
    SandboxTelemetry telemetry)
{
    private const int ReserveTriesMax = 10;
    private const string BundleName = "incoming.bundle";
    private readonly SandboxOptions _options = given.Value;
    private readonly ConcurrentDictionary<WorkspaceId, bool> _making = [];

    /// <summary>Whether a workspace is being made now.</summary>
    public bool IsMaking(WorkspaceId id) => _making.ContainsKey(id);

    /// <summary>Makes a workspace of a tar archive.</summary>
    public Task<Result<WorkspaceRow>> ImportAsync(Stream archive, bool isCompressed, CancellationToken cancellationToken) =>
        MakeAsync(
            WorkspaceId.New(clock),
            "upload",
            (files, owner) => new TarImport(_options).UnpackAsync(archive, isCompressed, files, owner, cancellationToken),
            cancellationToken);

    /// <summary>Makes a workspace of a branch of a git bundle.</summary>
    /// <param name="bundle">The bundle; it needs no commit that is not in it.</param>
    /// <param name="branch">Which branch; empty for the one that the bundle puts first.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    public Task<Result<WorkspaceRow>> UnbundleAsync(byte[] bundle, string branch, CancellationToken cancellationToken) =>
        MakeAsync(
            WorkspaceId.New(clock),
            "bundle",
            (files, owner) => Task.FromResult(
                WorkspaceFiles.Write(files, WorkspacePath.Parse(BundleName).Value, bundle, owner)),
            cancellationToken,
            (row, path) => git.UnbundleAsync(row.User, path, BundleName, branch, cancellationToken));

    /// <summary>Makes a workspace of a sample; with a key that the tenant used before, finds the one it made then.</summary>
    public async Task<Result<WorkspaceRow>> CopySampleAsync(string name, string? key, CancellationToken cancellationToken)
    {
        if (samples.PathOf(name) is not { } path)
        {
            var known = string.Join(", ", samples.All.Select(sample => sample.Name));
            return new Fault(
                "sandbox.sample_not_found",
                FaultKind.NotFound,
                known.Length == 0 ? "There are no samples in this installation." : $"There is no such sample. There are: {known}.");
        }

        return key is null
            ? await MakeAsync(WorkspaceId.New(clock), $"sample:{name}", Copy, cancellationToken)
            : await MakeOnceAsync(IdOf(tenants.Required, key), $"sample:{name}", Copy, cancellationToken);

        async Task<Result<Done>> Copy(Folder files, uint? owner)
        {
            using var sample = Folder.Open(path);
            await Task.Run(
                () => Tree.Copy(sample, files, owner, _options.WorkspaceDepthMax, cancellationToken), cancellationToken);
            return Done.Value;
        }
    }

    /// <summary>Makes a workspace of a version of another as it is, once for the key.</summary>
    public Task<Result<WorkspaceRow>> CopyVersionAsync(
        WorkspaceRow from, WorkspaceVersion version, string key, CancellationToken cancellationToken) =>
        MakeOnceAsync(
            IdOf(from.TenantId, key),
            $"fork:{from.WorkspaceId}",
            async (files, owner) =>
            {
                using var source = Folder.Open(version.FilesPath);
                await Task.Run(
                    () => Tree.Copy(source, files, owner, _options.WorkspaceDepthMax + 1, cancellationToken), cancellationToken);
                return Done.Value;
            },
            cancellationToken,
            // The copy of a workspace is a repository, and what was not committed there is not here.
            (_, _) => Task.FromResult<Result<string>>(from.BaseCommit),
            version.ReadSize().Bytes);

    /// <summary>
    /// The id of a workspace with a key is a hash of tenant and key (a UUID version 8, RFC 9562), so that whoever asks again,
    /// after a crash too, comes to the same one.
    /// </summary>
    private static WorkspaceId IdOf(TenantId tenant, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}|workspace|{key}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new WorkspaceId(new Guid(hash.AsSpan(0, 16), bigEndian: true));
    }

    /// <summary>Makes a workspace unless it is there; who comes while it is being made waits for it.</summary>
    private async Task<Result<WorkspaceRow>> MakeOnceAsync(
        WorkspaceId id,
        string origin,
        Func<Folder, uint?, Task<Result<Done>>> fill,
        CancellationToken cancellationToken,
        Func<WorkspaceRow, string, Task<Result<string>>>? prepare = null,
        long bytesMin = 1)
    {
        using var turn = await locks.EnterAsync(id, _options.WorkspaceWaitMax, cancellationToken);
        if (turn is null) return SandboxFaults.WorkspaceBusy;
        await using (var database = await databases.CreateDbContextAsync(cancellationToken))
        {
            var known = await database.Workspaces.AsNoTracking()
                .SingleOrDefaultAsync(row => row.WorkspaceId == id, cancellationToken);
            if (known is not null && known.Origin != origin) return SandboxFaults.KeyReused;
            if (known is { IsReady: true }) return known;
            // A crash left half a copy: it is removed, and the copy is made anew under the same id.
            if (known is not null) await GiveUpAsync(known);
        }

        return await MakeAsync(id, origin, fill, cancellationToken, prepare, bytesMin);
    }

    private async Task<Result<WorkspaceRow>> MakeAsync(
        WorkspaceId id,
        string origin,
        Func<Folder, uint?, Task<Result<Done>>> fill,
        CancellationToken cancellationToken,
        Func<WorkspaceRow, string, Task<Result<string>>>? prepare = null,
        long bytesMin = 1)
    {
        prepare ??= (made, path) => git.PrepareAsync(made.User, path, cancellationToken);
        var how = "broken";
        // 1. Reserve, unless it is known already that there is no room for it
        if (await space.CheckAsync(bytesMin, cancellationToken) is { } used) return used;
        if (!(await ReserveAsync(id, origin, cancellationToken)).TryGet(out var row, out var full)) return full;
        try
        {
            // 2 to 6.
            var result = await FillAsync(row, fill, prepare, cancellationToken);
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
            telemetry.Imported(how);
            if (!row.IsReady) await GiveUpAsync(row);
            _making.TryRemove(row.WorkspaceId, out _);
        }
    }

    private async Task<Result<WorkspaceRow>> FillAsync(
        WorkspaceRow row,
        Func<Folder, uint?, Task<Result<Done>>> fill,
        Func<WorkspaceRow, string, Task<Result<string>>> prepare,
        CancellationToken cancellationToken)
    {
        var folder = places.Of(row);
        folder.Make();
        var version = folder.Begin(0, WorkspaceFolder.HashOf("made"));
        using var files = Folder.Open(version.FilesPath);
        if (files.Disk().FreeBytes < _options.DiskFreeBytesMin) return SandboxFaults.DiskFull;
        var owner = places.OwnerOf(row);
        if (owner is { } user) Folder.Give(files.Handle, user);

        // 2. Fill
        if (!(await fill(files, owner)).TryGet(out _, out var fault)) return fault;

        // 3. Limits
        var size = Tree.Measure(files, _options.WorkspaceDepthMax, cancellationToken);
        if (changes.Exceeded(size) is { } exceeded) return exceeded;
        var taken = await space.TakeAsync(row, size.Bytes, mayExceed: false, cancellationToken);
        if (!taken.TryGet(out _, out fault)) return fault;

        // 4. Repository
        if (!(await prepare(row, version.FilesPath)).TryGet(out var commit, out fault)) return fault;

        // 5. Current; what git made of it counts as well
        size = Tree.Measure(files, _options.WorkspaceDepthMax, cancellationToken);
        if (changes.Exceeded(size) is { } grown) return grown;
        taken = await space.TakeAsync(row, size.Bytes, mayExceed: false, cancellationToken);
        if (!taken.TryGet(out _, out fault)) return fault;
        version.WriteSize(size);
        folder.MakeCurrent(version, _options.SyncToDisk);

        // 6. Ready
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        database.Attach(row);
        row.BaseCommit = commit;
        row.IsReady = true;
        try
        {
            await database.SaveChangesAsync(cancellationToken);
        }
        catch
        {
            row.IsReady = false;
            throw;
        }

        return row;
    }

    private async Task<Result<WorkspaceRow>> ReserveAsync(
        WorkspaceId id, string origin, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var database = await databases.CreateDbContextAsync(cancellationToken);
            var own = await database.Workspaces.CountAsync(cancellationToken);
            if (quotas.Check(WorkspacesQuota.QuotaName, own) is { } full) return full;
            await using var turn = await TakeTurnAsync(cancellationToken);
            var last = await LastUserAsync(cancellationToken);
            if (last + 1 >= _options.UserIdFirst + (long)_options.UserIdsMax)
            {
                return new Fault(
                    "sandbox.too_many_workspaces",
                    FaultKind.LimitReached,
                    "All user ids for workspaces are taken. Raise Sandbox:UserIdsMax.");
            }

            var row = new WorkspaceRow
            {
                WorkspaceId = id,
                TenantId = tenants.Required,
                // As precise as it is stored, so that it is always shown the same.
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
                Origin = origin,
                UserNumber = last + 1,
            };
            database.Add(row);
            _making[row.WorkspaceId] = true;
            try
            {
                await database.SaveChangesAsync(cancellationToken);
                return row;
            }
            catch (DbUpdateException) when (attempt < ReserveTriesMax)
            {
                // Somebody else took the number in between.
                _making.TryRemove(row.WorkspaceId, out _);
            }
        }
    }

    /// <summary>
    /// Users are unique across tenants, so all rows in all databases count. The first number is for what has no workspace.
    /// </summary>
    private async Task<long> LastUserAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(SandboxWork.Workspaces);
        var last = (long)_options.UserIdFirst;
        foreach (var place in databasePlaces.All)
        {
            using var there = databasePlaces.Enter(place);
            await using var database = await databases.CreateDbContextAsync(cancellationToken);
            var number = await database.Workspaces.IgnoreQueryFilters()
                .MaxAsync(row => (long?)row.UserNumber, cancellationToken);
            if (number > last) last = number.Value;
        }

        return last;
    }

    /// <summary>
    /// One database sees to it that a number is taken once; among several, one maker at a time takes one. The turn ends with
    /// the connection that is returned; null where there is one database.
    /// </summary>
    private async Task<DbConnection?> TakeTurnAsync(CancellationToken cancellationToken)
    {
        if (!server.HasShards) return null;
        // Not the pool's: the lock is the session's, and ends with it.
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(server.PostgresConnectionString) { Pooling = false }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(74145705517427)", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task GiveUpAsync(WorkspaceRow row)
    {
        places.Of(row).RemoveAll(CancellationToken.None);
        using var entered = tenants.Enter(row.TenantId);
        await using var database = await databases.CreateDbContextAsync(CancellationToken.None);
        await database.Workspaces
            .Where(each => each.WorkspaceId == row.WorkspaceId && !each.IsReady)
            .ExecuteDeleteAsync(CancellationToken.None);
    }
}
