using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Members;
using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tenants;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SingleSignOn.Entry;

/// <summary>Whose account a sign-in is, and what has to be written before it is.</summary>
/// <param name="User">The account.</param>
/// <param name="IsNew">Whether it has to be made.</param>
/// <param name="IsMember">Whether it belongs to the tenant already.</param>
/// <param name="IsLinked">Whether the provider's subject is known to be it.</param>
/// <param name="Role">The role that the groups give; null leaves the member the role that they have.</param>
internal sealed record SsoAccount(UserId User, bool IsNew, bool IsMember, bool IsLinked, AssignedRole? Role);

/// <summary>
/// Finds the account of somebody whom a provider of the present tenant vouches for. Its subject decides; an address does so once,
/// and only if the provider has verified it and the connection has its domain. An account of another tenant is never taken.
/// </summary>
internal sealed class SsoAccounts(
    IDbContextFactory<IdentityDbContext> databases, TenantQuotas quotas, IAuditLog audit, TenantContext tenants,
    TimeProvider clock)
{
    private const int NameLengthMax = 100;

    public async Task<Result<SsoAccount>> FindAsync(
        SsoConnectionRow connection, ProviderClaims claims, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var linked = await db.SsoAccounts
            .Where(row => row.ConnectionId == connection.ConnectionId && row.Subject == claims.Subject)
            .Select(row => (UserId?)row.UserId)
            .SingleOrDefaultAsync(cancellationToken);
        var found = linked is { } user
            ? new Candidate(user, IsLinked: true)
            : await FindByEmailAsync(db, connection, claims, cancellationToken);
        if (!found.TryGet(out var candidate, out var fault)) return fault;
        return await DecideAsync(db, connection, claims, candidate, cancellationToken);
    }

    /// <summary>Writes down, in the caller's transaction, what makes the account one that can sign in here.</summary>
    public async Task<Fault?> WriteAsync(
        IdentityDbContext db, SsoConnectionRow connection, ProviderClaims claims, SsoAccount account,
        CancellationToken cancellationToken)
    {
        var (now, tenant) = (clock.GetUtcNow(), connection.TenantId);
        await MemberStore.TakeTurnAsync(db, tenant, cancellationToken);
        if (account.IsNew)
        {
            var email = claims.Email!.Trim();
            db.Users.Add(new UserRow
            {
                UserId = account.User,
                Email = email,
                EmailKey = EmailKey.Of(email),
                DisplayName = NameOf(claims),
                State = UserState.Active,
                CreatedAt = now,
            });
        }

        if (!account.IsLinked)
        {
            db.SsoAccounts.Add(new SsoAccountRow
            {
                ConnectionId = connection.ConnectionId,
                Subject = claims.Subject,
                TenantId = tenant,
                UserId = account.User,
                CreatedAt = now,
            });
        }

        if (account.IsMember) return await ChangeRoleAsync(db, connection, account, cancellationToken);
        var members = await db.Memberships.CountAsync(cancellationToken);
        if (quotas.Check(MembersQuota.QuotaName, members) is { } full) return full;
        var role = account.Role!;
        db.Memberships.Add(new MembershipRow
        {
            TenantId = tenant,
            UserId = account.User,
            Role = role.BuiltIn,
            RoleId = role.Own,
            CreatedAt = now,
        });
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("members.join").By(AuditActor.Of(account.User))
                .On("sso_connection", connection.ConnectionId.ToString()).With("role", role.Standing.Role)
                .WithPersonal("email", claims.Email ?? "unknown"),
            db, cancellationToken);
        return null;
    }

    /// <summary>The account of an address that may decide: verified, and in a verified domain of the connection.</summary>
    private async Task<Result<Candidate>> FindByEmailAsync(
        IdentityDbContext db, SsoConnectionRow connection, ProviderClaims claims, CancellationToken cancellationToken)
    {
        if (claims.Email is not { Length: > 0 and <= EmailKey.LengthMax } email || !claims.IsEmailVerified)
            return SsoFaults.EmailUnverified;
        // What is not one plain address lies in no domain.
        if (Mailbox.Of(email) is null
            || DomainStore.DomainOf(email) is not { } domain
            || !await db.SsoDomains.AnyAsync(
                row => row.Domain == domain && row.VerifiedAt != null && row.ConnectionId == connection.ConnectionId,
                cancellationToken))
        {
            return SsoFaults.ForeignDomain;
        }

        var key = EmailKey.Of(email);
        // Whoever belongs to no tenant or to another one is seen by this work alone.
        UserId? user;
        using (tenants.EnterWork(IdentityWork.SignIn))
        {
            user = await db.Users.Where(row => row.EmailKey == key).Select(row => (UserId?)row.UserId)
                .SingleOrDefaultAsync(cancellationToken);
        }

        if (user is not { } known) return new Candidate(null, IsLinked: false);
        if (await db.SsoAccounts.AnyAsync(
            row => row.ConnectionId == connection.ConnectionId && row.UserId == known, cancellationToken))
        {
            return SsoFaults.LinkedOtherwise;
        }

        return await IsElsewhereOnlyAsync(db, connection.TenantId, known, cancellationToken)
            ? SsoFaults.AccountElsewhere
            : new Candidate(known, IsLinked: false);
    }

    /// <summary>Whether the account may sign in, and as what.</summary>
    private async Task<Result<SsoAccount>> DecideAsync(
        IdentityDbContext db, SsoConnectionRow connection, ProviderClaims claims, Candidate candidate,
        CancellationToken cancellationToken)
    {
        var member = candidate.User is { } known
            ? await db.Memberships.AsNoTracking().SingleOrDefaultAsync(row => row.UserId == known, cancellationToken)
            : null;
        // Whom SCIM made and gave no role waits for one, which the groups of this sign-in may give.
        var waits = await db.ScimUsers.AnyAsync(
            row => row.UserId == candidate.User && row.LacksRole && row.IsWanted, cancellationToken);
        if ((member?.State is MemberState.Disabled && !waits)
            || await IsOutOfUseAsync(db, candidate.User, cancellationToken))
        {
            return SsoFaults.Disabled;
        }

        if (member is null && !connection.Provisioning) return SsoFaults.NotProvisioned;
        var roles = GroupRoles.Read(connection.GroupRoles);
        AssignedRole? role = null;
        if (member is null || waits || roles.Count > 0)
        {
            var groups = candidate.User is { } person ? await ScimRoles.GroupsOfAsync(db, person, cancellationToken) : [];
            groups.UnionWith(claims.Groups ?? []);
            if (GroupRoles.RoleOf(roles, groups, connection.DefaultRole) is not { } name) return SsoFaults.NoRole;
            if (!(await RoleStore.FindAsync(db, name, cancellationToken)).TryGet(out role, out var fault)) return fault;
        }

        return new SsoAccount(
            candidate.User ?? UserId.New(clock), candidate.User is null, member is not null, candidate.IsLinked, role);
    }

    /// <summary>Gives a member the role that their groups give, unless that would leave the tenant without an owner.</summary>
    private async Task<Fault?> ChangeRoleAsync(
        IdentityDbContext db, SsoConnectionRow connection, SsoAccount account, CancellationToken cancellationToken)
    {
        var row = await db.Memberships.SingleOrDefaultAsync(member => member.UserId == account.User, cancellationToken);
        if (row is null) return SsoFaults.Raced;
        var (before, ownBefore) = (row.Role, row.RoleId);
        var waiting = await db.ScimUsers.SingleOrDefaultAsync(
            said => said.UserId == account.User && said.LacksRole && said.IsWanted, cancellationToken);
        if (account.Role is not { } role || (waiting is null && role.BuiltIn == before && role.Own == ownBefore))
        {
            await db.SaveChangesAsync(cancellationToken);
            return null;
        }

        (row.Role, row.RoleId) = (role.BuiltIn, role.Own);
        if (waiting is not null) (row.State, waiting.LacksRole) = (MemberState.Active, false);
        await db.SaveChangesAsync(cancellationToken);
        var entry = AuditEntry.Done("members.update");
        if (!await MemberStore.HasOwnerAsync(db, cancellationToken))
        {
            (row.Role, row.RoleId) = (before, ownBefore);
            await db.SaveChangesAsync(cancellationToken);
            entry = AuditEntry.Denied("members.update", MemberStore.LastOwner.Code);
        }

        await audit.RecordAsync(
            entry.By(AuditActor.System).On("user", account.User.ToString()).With("role", role.Standing.Role)
                .With("sso_connection", connection.ConnectionId.ToString()),
            db, cancellationToken);
        return null;
    }

    private async Task<bool> IsOutOfUseAsync(IdentityDbContext db, UserId? user, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.Users.AnyAsync(row => row.UserId == user && row.State != UserState.Active, cancellationToken);
    }

    private async Task<bool> IsElsewhereOnlyAsync(
        IdentityDbContext db, TenantId here, UserId user, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var memberships = db.Memberships.IgnoreQueryFilters().Where(row => row.UserId == user);
        return await memberships.AnyAsync(cancellationToken)
            && !await memberships.AnyAsync(row => row.TenantId == here, cancellationToken);
    }

    private static string NameOf(ProviderClaims claims)
    {
        var name = string.IsNullOrWhiteSpace(claims.Name) ? claims.Email!.Split('@')[0] : claims.Name.Trim();
        return new string([.. name.Where(static letter => !char.IsControl(letter)).Take(NameLengthMax)]);
    }

    private sealed record Candidate(UserId? User, bool IsLinked);
}
