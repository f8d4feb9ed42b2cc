using System.Text.Json;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Members;
using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tenants;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Scim.Users;

/// <summary>
/// Makes, changes and removes members of the present tenant as its identity provider says. Accounts are only made, joined and
/// renamed where the tenant has verified the domain of their address; of an account that belongs to other tenants too, nothing
/// but the membership here is touched. There is always an owner who can sign in.
/// </summary>
internal sealed class ScimUserStore(
    IDbContextFactory<IdentityDbContext> databases, ScimUserReader reader, IVault vault, TenantQuotas quotas, IAuditLog audit,
    KnownCallers callers, TenantContext tenants, IOptions<ScimOptions> options, TimeProvider clock)
{
    public async Task<Result<ScimUser>> CreateAsync(JsonElement body, CancellationToken cancellationToken)
    {
        // 1. Who it is to be
        if (!UserWish.Read(body).TryGet(out var wish, out var fault)) return fault;
        var key = EmailKey.Of(wish.UserName);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if ((await RoleMappings.ReadAsync(db, cancellationToken)).Of(key) is not { } mapping) return ScimFaults.ForeignDomain;
        var known = await FindAccountAsync(db, key, cancellationToken);
        if (await db.Memberships.AnyAsync(row => row.UserId == known, cancellationToken)) return ScimFaults.UserExists;
        if (!(await RoleAsync(db, mapping, [], cancellationToken)).TryGet(out var role, out fault)) return fault;

        // 2. What is kept of them; what seals cannot run inside of a transaction
        var (now, user) = (clock.GetUtcNow(), known ?? UserId.New(clock));
        var said = new ScimUserRow
        {
            TenantId = tenants.Required,
            UserId = user,
            IsWanted = wish.Active ?? true,
            LacksRole = role is null,
            ChangedAt = now,
        };
        await WriteProfileAsync(db, said, wish, cancellationToken);

        // 3. Account, membership and record in one transaction
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, said.TenantId, cancellationToken);
        var members = await db.Memberships.CountAsync(cancellationToken);
        if (quotas.Check(MembersQuota.QuotaName, members) is { } full) return full;
        if (known is null) db.Users.Add(AccountOf(user, wish, now));
        var member = new MembershipRow
        {
            TenantId = said.TenantId,
            UserId = user,
            // Who has no role is disabled, and may do nothing whatever stands here.
            Role = role is null ? Role.Viewer : role.BuiltIn,
            RoleId = role?.Own,
            State = said is { IsWanted: true, LacksRole: false } ? MemberState.Active : MemberState.Disabled,
            CreatedAt = now,
        };
        db.Memberships.Add(member);
        db.ScimUsers.Add(said);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ScimFaults.UserExists;
        }

        var entry = AuditEntry.Done("members.provision").On("user", user.ToString())
            .With("account", known is null ? "made" : "joined").With("role", role?.Standing.Role ?? "none")
            .With("state", Word(member.State)).WithPersonal("email", wish.UserName);
        await audit.RecordAsync(entry with { Subject = user.ToString() }, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(user);
        return await ViewAsync(db, user, cancellationToken);
    }

    /// <summary>Puts what the provider says in place of what is there.</summary>
    public Task<Result<ScimUser>> ReplaceAsync(
        UserId id, Result<JsonElement> body, ScimDemand demand, CancellationToken cancellationToken) =>
        ChangeAsync(
            id, demand,
            present =>
            {
                if (!body.TryGet(out var json, out var fault)) return fault;
                return UserWish.Read(json).TryGet(out var wish, out fault) ? wish.InPlaceOf(present) : fault;
            },
            cancellationToken);

    /// <summary>Changes what the provider names, and nothing else.</summary>
    public Task<Result<ScimUser>> PatchAsync(
        UserId id, Result<JsonElement> body, ScimDemand demand, CancellationToken cancellationToken) =>
        ChangeAsync(
            id, demand,
            present =>
            {
                if (!body.TryGet(out var json, out var fault)) return fault;
                return ScimPatch.Parse(json, options.Value.PatchOperationsMax).TryGet(out var operations, out fault)
                    ? present.Apply(operations)
                    : fault;
            },
            cancellationToken);

    /// <summary>
    /// Takes a member out of the tenant, with their sessions, keys and grants in it. The person's account stays, since it may
    /// belong to other tenants.
    /// </summary>
    public async Task<Result<Done>> DeleteAsync(UserId id, ScimDemand demand, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await IsOtherAsync(db, id, demand, cancellationToken)) return ScimFaults.Changed;
        if (await MemberStore.TakeOutAsync(db, id, clock.GetUtcNow(), cancellationToken) == 0) return ScimFaults.UserNotFound;
        if (!await MemberStore.HasOwnerAsync(db, cancellationToken)) return MemberStore.LastOwner;
        await audit.RecordAsync(
            AuditEntry.Done("members.remove").On("user", id.ToString()).With("by", "scim"), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return Done.Value;
    }

    private async Task<Result<ScimUser>> ChangeAsync(
        UserId id, ScimDemand demand, Func<UserWish, Result<UserWish>> decide, CancellationToken cancellationToken)
    {
        // 1. Who it is, and what they are to be
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (await reader.FindAsync(db, id, cancellationToken) is not { } present) return ScimFaults.UserNotFound;
        if (!demand.Allows(present.Meta.Version)) return ScimFaults.Changed;
        var before = UserWishOf(present);
        if (!decide(before).TryGet(out var wish, out var fault)) return fault;

        // 2. What is kept of them; what seals cannot run inside of a transaction
        ScimUserRow? kept = null;
        if (ScimProfile.Of(wish) != ScimProfile.Of(before))
            await WriteProfileAsync(db, kept = RowOf(id, present), wish, cancellationToken);

        // 3. What changes, in one transaction
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await db.Memberships.SingleOrDefaultAsync(row => row.UserId == id, cancellationToken) is not { } member)
            return ScimFaults.UserNotFound;
        if (await IsOtherAsync(db, id, demand, cancellationToken)) return ScimFaults.Changed;
        var said = await db.ScimUsers.SingleOrDefaultAsync(row => row.UserId == id, cancellationToken);
        var account = await db.Users.SingleAsync(row => row.UserId == id, cancellationToken);
        var entry = AuditEntry.Done("members.update").On("user", id.ToString()).With("by", "scim") with { Subject = id.ToString() };
        if (kept is not null)
        {
            if (said is null) db.ScimUsers.Add(said = kept);
            else (said.Profile, said.ExternalIdIndex) = (kept.Profile, kept.ExternalIdIndex);
            entry = entry.With("profile", "changed");
        }

        var renamed = await RenameAsync(db, account, member, before, wish, entry, cancellationToken);
        if (!renamed.TryGet(out entry, out fault)) return fault;
        var isActive = member.State is MemberState.Active || said is { LacksRole: true, IsWanted: true };
        if (wish.Active is { } active && active != isActive)
        {
            var set = await SetActiveAsync(db, account, member, said, active, entry, cancellationToken);
            if (!set.TryGet(out entry, out fault)) return fault;
        }

        // 4. Nothing to change is nothing to record
        if (!db.ChangeTracker.HasChanges()) return present;
        if (said is not null) said.ChangedAt = clock.GetUtcNow();
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ScimFaults.AddressTaken;
        }

        if (!await MemberStore.HasOwnerAsync(db, cancellationToken)) return MemberStore.LastOwner;
        await audit.RecordAsync(entry, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        callers.Forget(id);
        return await ViewAsync(db, id, cancellationToken);
    }

    /// <summary>
    /// Whether somebody is another version by now than the request wants to change; asked for in the turn, where nobody else
    /// changes them.
    /// </summary>
    private async Task<bool> IsOtherAsync(
        IdentityDbContext db, UserId id, ScimDemand demand, CancellationToken cancellationToken) =>
        demand.Tags is not null && await reader.FindAsync(db, id, cancellationToken) is { } now
            && !demand.Allows(now.Meta.Version);

    /// <summary>The account of an address, whose tenants are not known before, so that it is looked for in all of them.</summary>
    private async Task<UserId?> FindAccountAsync(IdentityDbContext db, string emailKey, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.Users.Where(row => row.EmailKey == emailKey).Select(row => (UserId?)row.UserId)
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Gives an account the provider's name and address for it, as far as that is the tenant's to decide.</summary>
    private async Task<Result<AuditEntry>> RenameAsync(
        IdentityDbContext db, UserRow account, MembershipRow member, UserWish before, UserWish wish, AuditEntry entry,
        CancellationToken cancellationToken)
    {
        var key = EmailKey.Of(wish.UserName);
        var isMoved = key != account.EmailKey;
        if (!isMoved && wish.ShownAs == before.ShownAs) return entry;
        var mappings = await RoleMappings.ReadAsync(db, cancellationToken);
        var isShared = await MemberStore.IsElsewhereAsync(db, tenants, account.UserId, cancellationToken);
        var isOwn = !isShared && mappings.Of(account.EmailKey) is not null;
        if (isOwn && wish.ShownAs != account.DisplayName)
        {
            account.DisplayName = wish.ShownAs;
            entry = entry.With("name", "changed");
        }

        if (!isMoved) return entry;
        // Whoever has the address can have a new password mailed to it, so that giving another one gives the account away.
        if (member.Role is Role.Owner) return ScimFaults.AddressOfOwner;
        if (isShared) return ScimFaults.AddressElsewhere;
        if (!isOwn || mappings.Of(key) is null) return ScimFaults.ForeignDomain;
        if (await FindAccountAsync(db, key, cancellationToken) is not null) return ScimFaults.AddressTaken;
        await db.PasswordResets.Where(row => row.UserId == account.UserId).ExecuteDeleteAsync(cancellationToken);
        entry = entry.WithPersonal("email_before", account.Email).WithPersonal("email", wish.UserName);
        (account.Email, account.EmailKey) = (wish.UserName, key);
        return entry;
    }

    /// <summary>Lets a member in, or keeps them out and ends all that lets them in at present.</summary>
    private async Task<Result<AuditEntry>> SetActiveAsync(
        IdentityDbContext db, UserRow account, MembershipRow member, ScimUserRow? said, bool active, AuditEntry entry,
        CancellationToken cancellationToken)
    {
        if (said is { LacksRole: true })
        {
            said.IsWanted = active;
            if (!active) return entry.With("wanted", "no");
            // A group may have come to give a role since.
            var groups = await ScimRoles.GroupsOfAsync(db, account.UserId, cancellationToken);
            var mapping = (await RoleMappings.ReadAsync(db, cancellationToken)).Of(account.EmailKey);
            if (!(await RoleAsync(db, mapping, groups, cancellationToken)).TryGet(out var role, out var fault)) return fault;
            if (role is null) return entry.With("wanted", "yes");
            (member.Role, member.RoleId, said.LacksRole) = (role.BuiltIn, role.Own, false);
            entry = entry.With("role", role.Standing.Role);
        }

        member.State = active ? MemberState.Active : MemberState.Disabled;
        entry = entry.With("state", Word(member.State));
        if (active) return entry;
        var ended = await MemberStore.EndAccessAsync(db, account.UserId, clock.GetUtcNow(), cancellationToken);
        return entry.With("sessions_ended", $"{ended}");
    }

    private async Task<Result<ScimUser>> ViewAsync(IdentityDbContext db, UserId id, CancellationToken cancellationToken) =>
        await reader.FindAsync(db, id, cancellationToken) is { } found ? found : ScimFaults.UserNotFound;

    private async Task WriteProfileAsync(
        IdentityDbContext db, ScimUserRow row, UserWish wish, CancellationToken cancellationToken)
    {
        row.Profile = await vault.SealAsync(db, row, it => it.Profile, ScimProfile.Of(wish).Write(), cancellationToken);
        row.ExternalIdIndex = wish.ExternalId is { } id
            ? await reader.IndexOfAsync(id, cancellationToken)
            : null;
    }

    private static async Task<Result<AssignedRole?>> RoleAsync(
        IdentityDbContext db, RoleMapping? mapping, HashSet<string> groups, CancellationToken cancellationToken)
    {
        if (mapping?.RoleOf(groups) is not { } name) return (AssignedRole?)null;
        return (await RoleStore.FindAsync(db, name, cancellationToken)).TryGet(out var role, out var fault) ? role : fault;
    }

    private ScimUserRow RowOf(UserId id, ScimUser present) => new()
    {
        TenantId = tenants.Required,
        UserId = id,
        IsWanted = present.Active,
        LacksRole = false,
        ChangedAt = clock.GetUtcNow(),
    };

    private static UserRow AccountOf(UserId id, UserWish wish, DateTimeOffset now) => new()
    {
        UserId = id,
        Email = wish.UserName,
        EmailKey = EmailKey.Of(wish.UserName),
        DisplayName = wish.ShownAs,
        State = UserState.Active,
        CreatedAt = now,
    };

    private static UserWish UserWishOf(ScimUser user) => new()
    {
        UserName = user.UserName,
        ExternalId = user.ExternalId,
        DisplayName = user.DisplayName,
        GivenName = user.Name.GivenName,
        FamilyName = user.Name.FamilyName,
        Active = user.Active,
    };

    private static string Word(MemberState state) => state.ToString().ToLowerInvariant();
}
