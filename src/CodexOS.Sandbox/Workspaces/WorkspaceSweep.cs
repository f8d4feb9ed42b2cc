using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// After the start, beside everything else: finds out what isolation this machine gives, and removes what a crash left:
/// workspaces that were never finished, and copies that never came to hold. What it finds otherwise than noted, as of
/// workspaces from before anybody noted how large they are, it notes.
/// </summary>
internal sealed partial class WorkspaceSweep(
    ISandbox sandbox,
    IDbContextFactory<SandboxDbContext> databases,
    Database server,
    DataDirectory data,
    WorkspacePlaces places,
    WorkspaceLocks locks,
    WorkspaceMaker maker,
    WorkspaceSpace space,
    TenantContext tenants,
    TenantPlaces databasePlaces,
    TimeProvider clock,
    IOptions<SandboxOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<WorkspaceSweep> log) : BackgroundService
{
    private static readonly TimeSpan s_turnMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_abandonedAfter = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await lifetime.WhenStartedAsync(stoppingToken);
        try
        {
            var report = await sandbox.ReportAsync(stoppingToken);
            if (report.Available) LogIsolation(report.Level, report.Reason);
            else LogNoIsolation(report.Reason);
            await RemoveUnfinishedAsync(stoppingToken);
            foreach (var tenant in FoldersIn(data.InShared("workspaces")))
            {
                if (FoldersIn(tenant) is not [_, ..] folders) continue;
                var rows = TenantId.TryParse(Path.GetFileName(tenant), null, out var id)
                    ? await space.ReadAsync(id, stoppingToken)
                    : new Dictionary<WorkspaceId, WorkspaceRow>();
                foreach (var workspace in folders) await TidyAsync(workspace, rows, stoppingToken);
            }
        }
        catch (Exception error) when (
            error is IOException or UnauthorizedAccessException or DbException or InvalidOperationException)
        {
            // What could not be removed now is removed at the next start; the server works without.
            LogSweepFailed(error);
        }
    }

    /// <summary>Rows of other servers on the same database, whose files are elsewhere, are left to them.</summary>
    private async Task RemoveUnfinishedAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(SandboxWork.Sweep);
        foreach (var place in databasePlaces.All)
        {
            using var there = databasePlaces.Enter(place);
            await RemoveUnfinishedHereAsync(cancellationToken);
        }
    }

    private async Task RemoveUnfinishedHereAsync(CancellationToken cancellationToken)
    {
        if (!await AnyUnfinishedAsync(cancellationToken)) return;
        await using var database = await databases.CreateDbContextAsync(cancellationToken);
        var unfinished = await database.Workspaces.IgnoreQueryFilters().Where(row => !row.IsReady).ToListAsync(cancellationToken);
        foreach (var row in unfinished)
        {
            var folder = places.Of(row);
            // In a shared directory another server may be making it right now.
            var isHere = (Directory.Exists(folder.Path) && !data.IsShared)
                || clock.GetUtcNow() - row.CreatedAt > s_abandonedAfter;
            if (!isHere || maker.IsMaking(row.WorkspaceId)) continue;
            // Somebody may have come back for it since it was read.
            using var turn = await locks.EnterAsync(row.WorkspaceId, s_turnMax, cancellationToken);
            if (turn is null || !await IsUnfinishedAsync(database, row, cancellationToken)) continue;
            folder.RemoveAll(cancellationToken);
            using var entered = tenants.Enter(row.TenantId);
            database.Remove(row);
            await database.SaveChangesAsync(cancellationToken);
            LogRemoved(row.WorkspaceId.ToString());
        }
    }

    /// <summary>Asked in plain SQL, so that a start with nothing to sweep does not load EF Core.</summary>
    private async Task<bool> AnyUnfinishedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databasePlaces.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var table = server.TableOf(SandboxDbContext.SchemaName, "workspaces");
        command.CommandText = $"SELECT 1 FROM {table} WHERE NOT is_ready LIMIT 1";
        return await command.ExecuteScalarAsync(tenants, cancellationToken) is not null;
    }

    private static Task<bool> IsUnfinishedAsync(
        SandboxDbContext database, WorkspaceRow row, CancellationToken cancellationToken) =>
        database.Workspaces.IgnoreQueryFilters().AsNoTracking().AnyAsync(
            now => now.WorkspaceId == row.WorkspaceId && now.UserNumber == row.UserNumber && !now.IsReady,
            cancellationToken);

    private async Task TidyAsync(
        string path, Dictionary<WorkspaceId, WorkspaceRow> rows, CancellationToken cancellationToken)
    {
        if (!WorkspaceId.TryParse(Path.GetFileName(path), null, out var id)) return;
        var folder = new WorkspaceFolder(path);
        // A workspace that is not made yet has no current version; its maker is at work or its row is swept above.
        if (folder.Current() is null) return;
        using var turn = await locks.EnterAsync(id, TimeSpan.FromMinutes(1), cancellationToken);
        await using var held = turn is null ? null : folder.TryLock();
        if (held is null) return;
        folder.Tidy(options.Value.VersionsKept, options.Value.OutcomesKept, cancellationToken);
        if (rows.TryGetValue(id, out var row) && folder.Current()?.ReadSize().Bytes is { } bytes && bytes != row.SizeBytes)
            await space.NoteAsync(row, bytes, cancellationToken);
    }

    private static string[] FoldersIn(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    [LoggerMessage(Level = LogLevel.Information, Message = "Programs are executed at isolation level {Level}. {Reason}")]
    private partial void LogIsolation(IsolationLevel level, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No programs are executed. {Reason}")]
    private partial void LogNoIsolation(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed the workspace {Workspace}, which was never finished.")]
    private partial void LogRemoved(string workspace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What an earlier crash left could not be removed.")]
    private partial void LogSweepFailed(Exception error);
}
