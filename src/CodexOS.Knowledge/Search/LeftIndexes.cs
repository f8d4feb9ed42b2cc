using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// Removes the indexes of bases that were deleted at another server: that one has removed its own, and what this one has of them
/// is words of documents that are to be gone.
/// </summary>
internal sealed partial class LeftIndexes(
    IndexKeeper indexes, IDbContextFactory<KnowledgeDb> contexts, DataDirectory data, TenantContext tenants,
    IHostApplicationLifetime lifetime, IOptions<KnowledgeOptions> options, TimeProvider clock, ILogger<LeftIndexes> log)
    : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!data.IsShared) return;
        try
        {
            await lifetime.WhenStartedAsync(stoppingToken);
            using var tick = new PeriodicTimer(options.Value.IndexSweepInterval, clock);
            do await SweepAsync(stoppingToken);
            while (await tick.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start begins with it.
        }
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var all = data.In("index");
        if (!Directory.Exists(all)) return;
        foreach (var folder in Directory.EnumerateDirectories(all))
        {
            if (!TenantId.TryParse(Path.GetFileName(folder), null, out var tenant)) continue;
            try
            {
                await SweepAsync(tenant, folder, cancellationToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // A database that does not answer says nothing of what is in it.
                LogFailed(error, tenant);
            }
        }
    }

    private async Task SweepAsync(TenantId tenant, string folder, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        // What is on the disk first: a base is in the database before it has an index.
        var here = Directory.EnumerateDirectories(folder)
            .Select(static one => KnowledgeBaseId.TryParse(Path.GetFileName(one), null, out var id) ? id : (KnowledgeBaseId?)null)
            .OfType<KnowledgeBaseId>().ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var there = await db.Bases.Select(static row => row.BaseId).ToListAsync(cancellationToken);
        foreach (var id in here.Except(there))
        {
            await indexes.RemoveAsync(tenant, id, cancellationToken);
            LogRemoved(id);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The index of {KnowledgeBase}, which was deleted at another server, is removed.")]
    private partial void LogRemoved(KnowledgeBaseId knowledgeBase);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It could not be told which knowledge bases of {Tenant} were deleted.")]
    private partial void LogFailed(Exception error, TenantId tenant);
}
