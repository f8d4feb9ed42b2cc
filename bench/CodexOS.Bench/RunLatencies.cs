using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Bench;

/// <summary>How long runs took from their creation to their last event, in milliseconds, as their rows have it.</summary>
internal static class RunLatencies
{
    public static async Task<List<double>> OfAsync(BenchServer server, TenantId tenant)
    {
        var services = server.Server.Services;
        using var within = services.GetRequiredService<TenantContext>().Enter(tenant);
        await using var db = await services.GetRequiredService<IDbContextFactory<RunsDbContext>>().CreateDbContextAsync();
        var rows = await db.Runs.Where(static run => run.EndedAt != null)
            .Select(static run => new { run.CreatedAt, run.EndedAt })
            .ToListAsync();
        return rows.ConvertAll(static row => (row.EndedAt!.Value - row.CreatedAt).TotalMilliseconds);
    }
}
