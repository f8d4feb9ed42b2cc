using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Secrets;

/// <summary>
/// Gives requests of runs the secrets of their tenant. Each is read and opened when it is used, so that a removed one is
/// gone with the next request.
/// </summary>
internal sealed class VaultSecrets(IDbContextFactory<TrustDb> contexts, IVault vault, TenantContext tenants) : ISecretStore
{
    /// <inheritdoc />
    public async ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Secrets.AnyAsync(row => row.Name == name, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<Result<SecretHeader>?> ReadAsync(
        string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Secrets.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return null;
        var rule = SecretStore.RuleOf(row);
        // Where it may not go, it is not even opened.
        if (rule.WhyNot(name, host, isEncrypted) is { } refused) return refused;
        var opened = await vault.OpenAsync(db, row, it => it.Value, cancellationToken);
        return opened.TryGet(out var value, out var fault) ? rule.HeaderOf(name, value) : fault;
    }
}
