using System.Runtime.CompilerServices;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Evidence;

/// <summary>Who has access at present, what the roles are, and how people get in.</summary>
internal sealed class IdentityEvidence(
    AccessReviewReader reviews, RoleStore roles, SignInPolicyStore policy, IDbContextFactory<IdentityDbContext> databases)
    : IEvidenceSource
{
    /// <inheritdoc />
    public IReadOnlyList<EvidenceDocument> Documents =>
    [
        new("access-review", "Every member, service account, grant, API key and application, as they are now.", ReviewAsync),
        EvidenceDocument.Of<TenantRole>("roles", "The roles and what their holders may do, as they are now.", ReadRolesAsync),
        EvidenceDocument.Of<SignInPolicy>("sign-in-policy", "What is asked of a sign-in, as it is now.", ReadPolicyAsync),
        EvidenceDocument.Of<EvidenceConnection>(
            "single-sign-on", "The single sign-on connections with their domains, as they are now, without secrets.",
            ReadConnectionsAsync),
    ];

    private async Task<Result<EvidenceItems>> ReviewAsync(EvidenceScope scope, CancellationToken cancellationToken) =>
        (await reviews.ReadAsync(AuditActor.Of(scope.By), cancellationToken)).TryGet(out var review, out var fault)
            ? new EvidenceItems(review.Entries.ToAsyncEnumerable())
            : fault;

    private async IAsyncEnumerable<TenantRole> ReadRolesAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var role in await roles.ListAsync(cancellationToken)) yield return role;
    }

    private async IAsyncEnumerable<SignInPolicy> ReadPolicyAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await policy.ReadAsync(cancellationToken);
    }

    private async IAsyncEnumerable<EvidenceConnection> ReadConnectionsAsync(
        EvidenceScope scope, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var domains = (await db.SsoDomains.AsNoTracking().OrderBy(static row => row.Domain).ToListAsync(cancellationToken))
            .ToLookup(static row => row.ConnectionId);
        var rows = await db.SsoConnections.AsNoTracking().OrderBy(static row => row.ConnectionId).ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            yield return new EvidenceConnection(
                row.ConnectionId, row.Name, row.Issuer, row.Enabled, row.Enforced, row.Provisioning, row.DefaultRole,
                row.AcceptsSecondFactor, row.CreatedAt, row.ChangedAt,
                [
                    .. domains[row.ConnectionId].Select(
                        static one => new EvidenceDomain(one.Domain, one.VerifiedAt, one.VerifiedBy)),
                ]);
        }
    }
}

/// <summary>A single sign-on connection in a bundle of evidence.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Issuer">The provider.</param>
/// <param name="Enabled">Whether it is used.</param>
/// <param name="Enforced">Whether members of its domains cannot sign in with a password.</param>
/// <param name="Provisioning">Whether somebody who has no account gets one.</param>
/// <param name="DefaultRole">The role of whoever is in no listed group; null refuses them.</param>
/// <param name="AcceptsSecondFactor">Whether a second factor that was given at the provider counts.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When it was changed last.</param>
/// <param name="Domains">The domains that lead to it.</param>
internal sealed record EvidenceConnection(
    SsoConnectionId Id, string Name, string Issuer, bool Enabled, bool Enforced, bool Provisioning, string? DefaultRole,
    bool AcceptsSecondFactor, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt, IReadOnlyList<EvidenceDomain> Domains);

/// <summary>A domain of a connection in a bundle of evidence.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="VerifiedAt">When it was shown to be the tenant's; null until then.</param>
/// <param name="VerifiedBy">How it was shown.</param>
internal sealed record EvidenceDomain(string Domain, DateTimeOffset? VerifiedAt, DomainProof? VerifiedBy);
