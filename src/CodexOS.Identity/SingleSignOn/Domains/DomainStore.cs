using System.Buffers.Text;
using System.Security.Cryptography;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SingleSignOn.Domains;

/// <summary>
/// The domains of the present tenant. One leads to its connection only once it is shown to be the tenant's: by a TXT record, or
/// by the word of the installation's owner. In the whole installation one tenant has it.
/// </summary>
internal sealed class DomainStore(
    IDbContextFactory<IdentityDbContext> databases, ITxtRecords records, IAuditLog audit, TenantContext tenants,
    IOptions<SingleSignOnOptions> options, TimeProvider clock)
{
    private const string RecordLabel = "_codexos-challenge.";
    private const string ProofPrefix = "codexos-domain=";
    private const int ProofBytes = 18;

    public async Task<Result<SsoDomain>> AddAsync(AddSsoDomainRequest request, CancellationToken cancellationToken)
    {
        if (!HostName.Parse(request.Domain.Trim()).TryGet(out var host, out var fault))
            return ConnectionFaults.BadDomain(fault.Message);
        var domain = host.Ascii;
        if (!domain.Contains('.', StringComparison.Ordinal)) return ConnectionFaults.BadDomain("It has two labels at least.");
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await db.SsoConnections.AnyAsync(row => row.ConnectionId == request.Connection, cancellationToken))
            return ConnectionFaults.NotFound;
        if (await db.SsoDomains.CountAsync(cancellationToken) >= options.Value.DomainsPerTenantMax)
            return ConnectionFaults.TooManyDomains(options.Value.DomainsPerTenantMax);
        var row = new SsoDomainRow
        {
            TenantId = tenants.Required,
            Domain = domain,
            ConnectionId = request.Connection,
            Proof = ProofPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ProofBytes)),
            CreatedAt = clock.GetUtcNow(),
        };
        db.SsoDomains.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ConnectionFaults.DomainExists;
        }

        await audit.RecordAsync(
            AuditEntry.Done("sso_domains.create").On("sso_domain", domain).With("connection", row.ConnectionId.ToString()), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }

    /// <summary>Looks for the TXT record that shows whose a domain is.</summary>
    public async Task<Result<SsoDomain>> VerifyAsync(string domain, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, domain, cancellationToken) is not { } row) return ConnectionFaults.DomainNotFound;
        if (row.VerifiedAt is not null) return ViewOf(row);
        var found = await records.FindAsync(RecordLabel + row.Domain, cancellationToken);
        return found.Contains(row.Proof, StringComparer.Ordinal)
            ? await SetVerifiedAsync(db, row, DomainProof.Dns, cancellationToken)
            : ConnectionFaults.NotProven(RecordLabel + row.Domain, row.Proof);
    }

    /// <summary>Takes the word of the installation's owner for it. The caller has entered the tenant.</summary>
    public async Task<Result<SsoDomain>> ConfirmAsync(string domain, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(db, domain, cancellationToken) is not { } row) return ConnectionFaults.DomainNotFound;
        return row.VerifiedAt is null
            ? await SetVerifiedAsync(db, row, DomainProof.Installation, cancellationToken)
            : ViewOf(row);
    }

    /// <summary>Removes a domain; its addresses lead nowhere from then on. Who is linked already stays so.</summary>
    public async Task<Result<Done>> RemoveAsync(string domain, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await FindAsync(db, domain, cancellationToken) is not { } row) return ConnectionFaults.DomainNotFound;
        await db.SsoDomains.Where(one => one.Domain == row.Domain).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("sso_domains.delete").On("sso_domain", row.Domain).With("connection", row.ConnectionId.ToString()),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Done.Value;
    }

    /// <summary>The domain of an address in its one spelling, or null.</summary>
    public static string? DomainOf(string email)
    {
        var at = email.LastIndexOf('@');
        return at > 0 && HostName.Parse(email[(at + 1)..].Trim()).TryGet(out var host, out _) ? host.Ascii : null;
    }

    public static SsoDomain ViewOf(SsoDomainRow row) => new(
        row.Domain, row.ConnectionId, RecordLabel + row.Domain, row.Proof, row.VerifiedAt, row.VerifiedBy);

    private static async Task<SsoDomainRow?> FindAsync(
        IdentityDbContext db, string domain, CancellationToken cancellationToken) =>
        HostName.Parse(domain).TryGet(out var host, out _)
            ? await db.SsoDomains.AsNoTracking().SingleOrDefaultAsync(row => row.Domain == host.Ascii, cancellationToken)
            : null;

    private async Task<Result<SsoDomain>> SetVerifiedAsync(
        IdentityDbContext db, SsoDomainRow row, DomainProof proof, CancellationToken cancellationToken)
    {
        (row.VerifiedAt, row.VerifiedBy) = (clock.GetUtcNow(), proof);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.SsoDomains.Update(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ConnectionFaults.DomainTaken;
        }

        await audit.RecordAsync(
            AuditEntry.Done("sso_domains.verify").On("sso_domain", row.Domain)
                .With("by", proof.ToString().ToLowerInvariant()).With("connection", row.ConnectionId.ToString()),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ViewOf(row);
    }
}
