using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SecondFactor;

/// <summary>What the present tenant asks of those who sign in. A change counts for everybody's next request.</summary>
internal sealed class SignInPolicyStore(
    IDbContextFactory<IdentityDbContext> databases, KnownCallers callers, IAuditLog audit, TenantContext tenants)
{
    public async Task<SignInPolicy> ReadAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Tenants.Where(row => row.TenantId == tenants.Required)
            .Select(row => new SignInPolicy(row.SecondFactorRequired)).SingleAsync(cancellationToken);
    }

    public async Task<Result<SignInPolicy>> UpdateAsync(
        UpdateSignInPolicyRequest request, SignedIn who, CancellationToken cancellationToken)
    {
        var required = request.SecondFactorRequired!.Value;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (required && !await db.Sessions.AnyAsync(
            row => row.SessionId == who.Session && row.SecondFactorAt != null, cancellationToken))
        {
            return SecondFactorFaults.OwnFirst;
        }

        await db.Tenants.Where(row => row.TenantId == tenants.Required).ExecuteUpdateAsync(
            row => row.SetProperty(policy => policy.SecondFactorRequired, required), cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("sign_in_policy.update").With("second_factor_required", required ? "true" : "false"), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(tenants.Required);
        return new SignInPolicy(required);
    }
}
