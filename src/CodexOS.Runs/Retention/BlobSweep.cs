using CodexOS.Platform.Blobs;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Cluster;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Removes blobs that belong to nobody: a kill between writing a blob and its row leaves one. Every module says which blobs it
/// names, and a batch of which one module cannot say stays. A blob that was written again since the grace stays too, so whoever
/// is about to name it finds it. Tenants that the installation does not know are left alone: their rows may be elsewhere.
/// </summary>
internal sealed partial class BlobSweep(
    IBlobListing listing, IBlobRemoval removal, IEnumerable<IBlobWitness> witnesses, IEnumerable<ISubjectDirectory> directories,
    TenantContext tenants, RunsOptions options, TimeProvider clock, ILogger<BlobSweep> log)
{
    private const int BatchMax = 2_000;

    private (TenantId Tenant, string? After)? _place;

    /// <summary>Looks at some of the blobs, from where the pass before left off; after the last it begins anew.</summary>
    public async Task<BlobSweepOutcome> PassAsync(CancellationToken cancellationToken)
    {
        var unwrittenSince = clock.GetUtcNow() - options.UnownedBlobGrace;
        var (looked, removed, skipped) = (0, 0, 0);
        foreach (var (tenant, begin) in await FromPlaceAsync(cancellationToken))
        {
            using var entered = tenants.Enter(tenant);
            var (after, ownRemoved) = (begin, 0);
            while (true)
            {
                var room = Math.Min(BatchMax, options.UnownedBlobsMax - looked);
                if (room == 0)
                {
                    _place = (tenant, after);
                    Note(tenant, ownRemoved);
                    return new BlobSweepOutcome(looked, removed + ownRemoved, skipped, More: true);
                }

                var hashes = await listing.ListAsync(tenant, after, unwrittenSince, room, cancellationToken);
                looked += hashes.Count;
                if (await UnnamedAsync(tenant, hashes, cancellationToken) is not { } unnamed) skipped += hashes.Count;
                else
                {
                    foreach (var hash in unnamed)
                        if (await removal.RemoveAsync(tenant, hash, unwrittenSince, cancellationToken)) ownRemoved++;
                }

                if (hashes.Count < room) break;
                after = hashes[^1];
            }

            Note(tenant, ownRemoved);
            removed += ownRemoved;
        }

        _place = null;
        return new BlobSweepOutcome(looked, removed, skipped, More: false);
    }

    /// <summary>The tenants that are left of this round, and where the first of them goes on.</summary>
    private async Task<List<(TenantId Tenant, string? Begin)>> FromPlaceAsync(CancellationToken cancellationToken)
    {
        var known = new HashSet<TenantId>();
        foreach (var directory in directories) known.UnionWith(await directory.TenantsAsync(cancellationToken));
        return
        [
            .. known.Where(tenant => _place is not { } place || tenant.CompareTo(place.Tenant) >= 0).Order()
                .Select(tenant => (tenant, _place is { } place && tenant == place.Tenant ? place.After : null)),
        ];
    }

    /// <summary>Those that no module names; null if one could not say.</summary>
    private async Task<IReadOnlyCollection<string>?> UnnamedAsync(
        TenantId tenant, IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        var unnamed = new HashSet<string>(hashes, StringComparer.Ordinal);
        foreach (var witness in witnesses)
        {
            if (unnamed.Count == 0) break;
            try
            {
                unnamed.ExceptWith(await witness.NamedAsync([.. unnamed], cancellationToken));
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                LogSilent(error, witness.Name, hashes.Count, tenant);
                return null;
            }
        }

        return unnamed;
    }

    private void Note(TenantId tenant, int removed)
    {
        if (removed == 0) return;
        RunsTelemetry.BlobsRemoved(removed);
        LogRemoved(removed, tenant);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Count} blobs of {Tenant} that belonged to nobody.")]
    private partial void LogRemoved(int count, TenantId tenant);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Module} could not say which of {Count} blobs of {Tenant} it names, so they stay until the next time.")]
    private partial void LogSilent(Exception error, string module, int count, TenantId tenant);
}

/// <summary>What a pass came to.</summary>
/// <param name="LookedAt">How many blobs were old enough to be asked about.</param>
/// <param name="Removed">How many belonged to nobody and are gone.</param>
/// <param name="Skipped">How many stay because a module could not say.</param>
/// <param name="More">Whether the next pass goes on in the middle.</param>
internal sealed record BlobSweepOutcome(int LookedAt, int Removed, int Skipped, bool More);

/// <summary>
/// Sweeps blobs at the node that leads: a while after the start, which is busy enough, and then every interval. While two think
/// that they lead, both ask before they remove, which harms nothing.
/// </summary>
internal sealed partial class BlobSweepTimer(
    BlobSweep sweep, ClusterView cluster, RunsOptions options, TimeProvider clock, ILogger<BlobSweepTimer> log)
    : BackgroundService
{
    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.UnownedBlobInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!cluster.Leads) continue;
            try
            {
                await sweep.PassAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(error);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Blobs that belong to nobody could not be looked for; it is tried again.")]
    private partial void LogFailed(Exception error);
}
