using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Retention;

/// <summary>What the options say, for every tenant.</summary>
internal sealed class OptionRetention(RetentionDefaults given, IEnumerable<IRetainedData> others) : IRetentionPolicies
{
    public static RetentionDefaults DefaultsOf(RunsOptions options) => new(
        options.ArchiveAfter > TimeSpan.Zero ? options.ArchiveAfter : null,
        options.DeleteAfter > TimeSpan.Zero ? options.DeleteAfter : null,
        options.KeysKept);

    public Task<RetentionPolicy> ReadAsync(CancellationToken cancellationToken)
    {
        var limited = others.Where(static one => one.Rule.Default is not null);
        return Task.FromResult(new RetentionPolicy(given.ArchiveAfter, given.DeleteAfter, given.KeysKept)
        {
            Others = limited.ToImmutableSortedDictionary(
                static one => one.Rule.Kind, static one => one.Rule.Default!.Value, StringComparer.Ordinal),
        });
    }
}

/// <summary>Starts retention for a tenant.</summary>
internal sealed class RetentionRuns(
    IRuns runs, IRetentionPolicies policies, TenantContext tenants, RunsOptions options, TimeProvider clock)
{
    private const int StepsMax = 1_000_000;

    /// <summary>Starts a run that does what the tenant's policy says.</summary>
    public async Task<Result<Run>> StartAsync(
        TenantId tenant, UserId by, string? idempotencyKey, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        var input = await ReadInputAsync(cancellationToken);
        return await runs.StartAsync(
            new RunStart(
                tenant, by, RetentionProgram.RunKind, "retention", 1, "Retention",
                JsonSerializer.SerializeToElement(input, Json.Options),
                JsonSerializer.SerializeToElement(new RetentionGrant(true), Json.Options),
                new RunLimits(StepsMax, options.RetentionTimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
    }

    /// <summary>What is old now in the present tenant.</summary>
    public async Task<RetentionInput> ReadInputAsync(CancellationToken cancellationToken)
    {
        var (policy, now) = (await policies.ReadAsync(cancellationToken), clock.Milliseconds());
        return new RetentionInput(now - policy.ArchiveAfter, now - policy.DeleteAfter, now - policy.KeysKept)
        {
            OthersBefore = policy.Others.ToImmutableSortedDictionary(
                static one => one.Key, one => now - one.Value, StringComparer.Ordinal),
        };
    }
}

/// <summary>
/// Makes the partitions of the months to come, and starts retention for every tenant that has something old: soon after
/// the start, and every day. The key that it starts them with holds for the day, so several processes start one run.
/// </summary>
internal sealed partial class RetentionTimer(
    IDbContextFactory<RunsDbContext> contexts, RetentionRuns retention, Partitions partitions,
    IEnumerable<IRetainedData> others, IEnumerable<ISubjectDirectory> directories, TenantContext tenants, TenantPlaces places,
    RunsOptions options, TimeProvider clock, ILogger<RetentionTimer> log) : BackgroundService
{
    private const int TenantsMax = 100_000;

    /// <summary>A start is busy enough with runs that were under way.</summary>
    private static readonly TimeSpan StartDelay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await TryAsync(partitions.MakeAsync, stoppingToken);
        await Task.Delay(StartDelay, clock, stoppingToken);
        using var timer = new PeriodicTimer(options.RetentionInterval, clock);
        do
        {
            await TryAsync(partitions.MakeAsync, stoppingToken);
            await TryAsync(StartAllAsync, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        try
        {
            await work(stopping);
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            LogFailed(error);
        }
    }

    private async Task StartAllAsync(CancellationToken cancellationToken)
    {
        HashSet<TenantId> found = [];
        using (tenants.EnterWork(RunsWork.Retention))
        {
            foreach (var place in places.All)
            {
                using var there = places.Enter(place);
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                found.UnionWith(await db.Runs.IgnoreQueryFilters().Where(run => run.EndedAt != null)
                    .Select(run => run.TenantId).Distinct().OrderBy(tenant => tenant).Take(TenantsMax)
                    .ToListAsync(cancellationToken));
            }
        }

        // Persons are known in tenants too in which nothing was ever run.
        foreach (var directory in directories) found.UnionWith(await directory.TenantsAsync(cancellationToken));

        var today = clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var tenant in found)
        {
            using var entered = tenants.Enter(tenant);
            if (!await HasOldAsync(cancellationToken)) continue;
            var started = await retention.StartAsync(tenant, default, $"retention|{today}", cancellationToken);
            if (!started.TryGet(out _, out var fault)) LogRefused(tenant, fault.Code);
        }
    }

    private async Task<bool> HasOldAsync(CancellationToken cancellationToken)
    {
        var input = await retention.ReadInputAsync(cancellationToken);
        foreach (var other in others)
        {
            if (input.OthersBefore.TryGetValue(other.Rule.Kind, out var before)
                && await other.HasOlderAsync(before, cancellationToken))
            {
                return true;
            }
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return (input.ArchiveEndedBefore is { } archive
                && await db.Runs.AnyAsync(run => run.Archive == null && run.EndedAt < archive, cancellationToken))
            || (input.DeleteEndedBefore is { } delete
                && await db.Runs.AnyAsync(run => run.ArchivedAt != null && run.EndedAt < delete, cancellationToken))
            || await db.Runs.AnyAsync(run => run.Archive != null && run.ArchivedAt == null, cancellationToken)
            || await db.Trash.AnyAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retention could not be started; it is tried again the next time.")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retention of {Tenant} was refused ({Code}).")]
    private partial void LogRefused(TenantId tenant, string code);
}
