using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Retention;

/// <summary>The options' policy, the same for every tenant.</summary>
internal sealed class OptionRetention(RunsOptions options) : IRetentionPolicies
{
    public RetentionPolicy Of(TenantId tenant) => new(
        options.ArchiveAfter > TimeSpan.Zero ? options.ArchiveAfter : null,
        options.DeleteAfter > TimeSpan.Zero ? options.DeleteAfter : null,
        options.KeysKept);
}

/// <summary>Starts retention for a tenant.</summary>
internal sealed class RetentionRuns(IRuns runs, IRetentionPolicies policies, RunsOptions options, TimeProvider clock)
{
    private const int StepsMax = 1_000_000;

    /// <summary>Starts a run that does what the tenant's policy says.</summary>
    public Task<Result<Run>> StartAsync(
        TenantId tenant, UserId by, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var input = InputOf(tenant);
        return runs.StartAsync(
            new RunStart(
                tenant, by, RetentionProgram.RunKind, "retention", 1, "Retention of runs",
                JsonSerializer.SerializeToElement(input, Json.Options),
                JsonSerializer.SerializeToElement(new RetentionGrant(true), Json.Options),
                new RunLimits(StepsMax, options.RetentionTimeMax, TokensMax: 1, CostMaxMicroUsd: 0),
                RunLabels.None, idempotencyKey),
            cancellationToken);
    }

    /// <summary>What is old now.</summary>
    public RetentionInput InputOf(TenantId tenant)
    {
        var (policy, now) = (policies.Of(tenant), clock.Milliseconds());
        return new RetentionInput(now - policy.ArchiveAfter, now - policy.DeleteAfter, now - policy.KeysKept);
    }
}

/// <summary>
/// Makes the partitions of the months to come, and starts retention for every tenant that has something old: soon after
/// the start, and every day. The key that it starts them with holds for the day, so several processes start one run.
/// </summary>
internal sealed partial class RetentionTimer(
    IDbContextFactory<RunsDbContext> contexts, RetentionRuns retention, Partitions partitions, TenantContext tenants,
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
        List<TenantId> ended;
        using (tenants.EnterWork(RunsWork.Retention))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            ended = await db.Runs.IgnoreQueryFilters().Where(run => run.EndedAt != null)
                .Select(run => run.TenantId).Distinct().Take(TenantsMax)
                .ToListAsync(cancellationToken);
        }

        var today = clock.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var tenant in ended)
        {
            using var entered = tenants.Enter(tenant);
            if (!await HasOldAsync(tenant, cancellationToken)) continue;
            var started = await retention.StartAsync(tenant, default, $"retention|{today}", cancellationToken);
            if (!started.TryGet(out _, out var fault)) LogRefused(tenant, fault.Code);
        }
    }

    private async Task<bool> HasOldAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var input = retention.InputOf(tenant);
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
