using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Privacy.Erasure;

/// <summary>
/// Erases again, before anything is served, whom a restored backup of the database has brought back: everybody of whose
/// erasure there is a receipt in the keys folder and none in the database. What was sealed for them is unreadable in any case.
/// </summary>
internal sealed partial class ErasureReplay(
    Receipts receipts, IEnumerable<ISubjectData> sources, IVault vault, TenantContext tenants, ILogger<ErasureReplay> log)
    : IHostedService
{
    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in receipts.All())
        {
            using var entered = tenants.Enter(tenant.Key);
            var known = await receipts.KnownAsync(cancellationToken);
            foreach (var kept in tenant.Where(kept => !known.Contains(kept.Body.Run)))
            {
                await EraseAsync(kept, cancellationToken);
                LogErased(kept.Body.Subject, tenant.Key);
            }
        }
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task EraseAsync(KeptReceipt kept, CancellationToken cancellationToken)
    {
        var subject = new DataSubject(kept.Body.Subject, null, null);
        var wish = new ErasureWish(kept.Body.DeleteRuns, kept.Body.RequestedBy);
        foreach (var source in sources)
        {
            // It was done once, so what could refuse it now is older than that. What cannot be done is in the log.
            if (!(await source.EraseAsync(subject, wish, cancellationToken)).TryGet(out _, out var fault))
                LogRefused(source.Name, subject.Id, fault.Code);
        }

        await vault.DestroyAsync(kept.Body.Tenant, subject.Id, cancellationToken);
        await receipts.RestoreAsync(kept, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Subject} of {Tenant} was erased and back in the database; they are erased again.")]
    private partial void LogErased(UserId subject, TenantId tenant);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Part} cannot erase {Subject} again ({Code}).")]
    private partial void LogRefused(string part, UserId subject, string code);
}
