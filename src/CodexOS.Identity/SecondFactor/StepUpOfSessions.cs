using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SecondFactor;

/// <summary>Asks the sessions of persons; API keys and applications have no second factor to give.</summary>
internal sealed class StepUpOfSessions(IDbContextFactory<IdentityDbContext> databases, SecondFactorCheck check) : IStepUp
{
    /// <inheritdoc />
    public async Task<Fault?> FaultOfAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Features.Get<SignedIn>() is not { Caller.Proof: CallerProof.Session } who) return null;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await check.FaultOfStepUpAsync(db, who, cancellationToken);
    }
}
