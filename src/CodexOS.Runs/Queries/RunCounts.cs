using System.Collections.Concurrent;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Queries;

/// <summary>
/// Counts the present tenant's runs by status. However often it is asked and however many runs there are, at most about a
/// tenth of the time goes into counting: an answer is kept for ten times as long as it took.
/// </summary>
internal sealed class RunCounts(
    IDbContextFactory<RunsDbContext> contexts, TenantContext tenants, TimeProvider clock)
{
    private const int TenantsMax = 1_024;
    private static readonly TimeSpan KeepMin = TimeSpan.FromMilliseconds(500);
    private readonly ConcurrentDictionary<TenantId, Counted> _known = new();

    /// <summary>How many runs have each status, those without a run left out.</summary>
    public async Task<IReadOnlyList<StatusCount>> ReadAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        if (_known.TryGetValue(tenant, out var known) && clock.GetElapsedTime(known.At) < known.Keep)
            return known.Counts;
        var began = clock.GetTimestamp();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var counts = await db.Runs
            .GroupBy(run => run.Status)
            .Select(group => new StatusCount(group.Key, group.Count()))
            .ToListAsync(cancellationToken);
        counts.Sort((one, other) => one.Status.CompareTo(other.Status));
        var keep = clock.GetElapsedTime(began) * 10;
        if (_known.Count >= TenantsMax) _known.Clear();
        _known[tenant] = new Counted(counts, clock.GetTimestamp(), keep > KeepMin ? keep : KeepMin);
        return counts;
    }

    private sealed record Counted(IReadOnlyList<StatusCount> Counts, long At, TimeSpan Keep);
}
