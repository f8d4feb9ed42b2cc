using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Members;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Scim.Groups;

/// <summary>
/// Gives people the roles of their groups, in the transaction that changes a group or what groups give. Who loses the last one
/// that gave a role, and has no default, is kept disabled until another gives one. The last owner who can sign in stays one;
/// that is recorded too.
/// </summary>
internal sealed class ScimRoles(IAuditLog audit, TimeProvider clock)
{
    private const int PeopleAtOnce = 200;

    /// <summary>The names and provider's ids of the groups that somebody is in.</summary>
    public static async Task<HashSet<string>> GroupsOfAsync(
        IdentityDbContext db, UserId user, CancellationToken cancellationToken) =>
        NamesOf(await db.ScimGroups
            .Where(row => db.ScimGroupMembers.Any(member => member.GroupId == row.GroupId && member.UserId == user))
            .AsNoTracking().ToListAsync(cancellationToken));

    /// <summary>By what a connection may name groups: their names, or the ids that the provider knows them by.</summary>
    public static HashSet<string> NamesOf(IEnumerable<ScimGroupRow> groups) => groups
        .SelectMany(static row => row.ExternalId is { } id ? (string[])[row.DisplayName, id] : [row.DisplayName])
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Sets the roles of people after a group has changed for them.</summary>
    /// <param name="db">Where the change is written already; the caller took its turn at the tenant's members.</param>
    /// <param name="people">For whom.</param>
    /// <param name="names">What the group is and was called. One that gives no role changes none.</param>
    /// <param name="group">The group.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whose role or state changed.</returns>
    public Task<List<UserId>> ApplyAsync(
        IdentityDbContext db, IReadOnlyCollection<UserId> people, IReadOnlySet<string> names, ScimGroupId group,
        CancellationToken cancellationToken) =>
        ApplyAsync(db, people, mapping => mapping.Mentions(names), ("scim_group", group.ToString()), cancellationToken);

    /// <summary>Sets the roles of people after a connection lists other groups, or another default.</summary>
    /// <param name="db">Where the change is written already.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="before">What it listed before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whose role or state changed.</returns>
    public async Task<List<UserId>> ApplyAsync(
        IdentityDbContext db, SsoConnectionRow connection, string before, CancellationToken cancellationToken)
    {
        var listed = GroupRoles.Read(before).Concat(GroupRoles.Read(connection.GroupRoles)).Select(static entry => entry.Group)
            .Distinct(StringComparer.Ordinal).ToList();
        var groups = db.ScimGroups
            .Where(row => listed.Contains(row.DisplayName) || (row.ExternalId != null && listed.Contains(row.ExternalId)));
        var people = await db.Memberships
            .Where(row => db.ScimUsers.Any(said => said.UserId == row.UserId && said.LacksRole)
                || db.ScimGroupMembers.Any(one => one.UserId == row.UserId && groups.Any(group => group.GroupId == one.GroupId)))
            .Select(static row => row.UserId).ToListAsync(cancellationToken);
        if (people.Count == 0) return people;
        await MemberStore.TakeTurnAsync(db, connection.TenantId, cancellationToken);
        return await ApplyAsync(
            db, people, mapping => mapping.Connection == connection.ConnectionId,
            ("sso_connection", connection.ConnectionId.ToString()), cancellationToken);
    }

    private async Task<List<UserId>> ApplyAsync(
        IdentityDbContext db, IReadOnlyCollection<UserId> people, Func<RoleMapping, bool> concerns,
        (string Kind, string Id) cause, CancellationToken cancellationToken)
    {
        var changed = new List<UserId>();
        var mappings = await RoleMappings.ReadAsync(db, cancellationToken);
        var roles = new Dictionary<string, AssignedRole?>(StringComparer.Ordinal);
        foreach (var some in people.Chunk(PeopleAtOnce))
        {
            foreach (var person in await ReadAsync(db, some, cancellationToken))
            {
                if (mappings.Of(person.EmailKey) is not { } mapping || !concerns(mapping)) continue;
                var role = mapping.RoleOf(person.Groups) is { } name ? await FindAsync(db, roles, name, cancellationToken) : null;
                if (await SetAsync(db, person, role, cause, cancellationToken)) changed.Add(person.Member.UserId);
            }
        }

        return changed;
    }

    private static async Task<List<Person>> ReadAsync(IdentityDbContext db, UserId[] ids, CancellationToken cancellationToken)
    {
        var groups = (await (
            from member in db.ScimGroupMembers
            join one in db.ScimGroups on member.GroupId equals one.GroupId
            where ids.Contains(member.UserId)
            select new { member.UserId, Group = one }).AsNoTracking().ToListAsync(cancellationToken))
            .ToLookup(static row => row.UserId, static row => row.Group);
        var said = await db.ScimUsers.Where(row => ids.Contains(row.UserId))
            .ToDictionaryAsync(static row => row.UserId, cancellationToken);
        var members = await (
            from member in db.Memberships
            join user in db.Users on member.UserId equals user.UserId
            where ids.Contains(member.UserId)
            orderby member.UserId
            select new { Member = member, user.EmailKey }).ToListAsync(cancellationToken);
        return members.ConvertAll(row => new Person(
            row.Member, row.EmailKey, said.GetValueOrDefault(row.Member.UserId), NamesOf(groups[row.Member.UserId])));
    }

    private static async Task<AssignedRole?> FindAsync(
        IdentityDbContext db, Dictionary<string, AssignedRole?> known, string name, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(name, out var role)) return role;
        return known[name] = (await RoleStore.FindAsync(db, name, cancellationToken)).TryGet(out role, out _) ? role : null;
    }

    private async Task<bool> SetAsync(
        IdentityDbContext db, Person person, AssignedRole? role, (string Kind, string Id) cause,
        CancellationToken cancellationToken)
    {
        var (member, said) = (person.Member, person.Said);
        var isAsItWas = role is null
            ? said is { LacksRole: true }
            : said is not { LacksRole: true } && member.Role == role.BuiltIn && member.RoleId == role.Own;
        if (isAsItWas) return false;
        var before = (member.Role, member.RoleId, member.State);
        said = Change(db, member, said, role, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        var entry = AuditEntry.Done("members.update");
        var isDone = before.Role is not Role.Owner || await MemberStore.HasOwnerAsync(db, cancellationToken);
        if (!isDone)
        {
            (member.Role, member.RoleId, member.State) = before;
            if (said is not null) said.LacksRole = false;
            await db.SaveChangesAsync(cancellationToken);
            entry = AuditEntry.Denied("members.update", MemberStore.LastOwner.Code);
        }
        else if (member.State is MemberState.Disabled)
        {
            await MemberStore.EndAccessAsync(db, member.UserId, clock.GetUtcNow(), cancellationToken);
        }

        await audit.RecordAsync(
            entry.On("user", member.UserId.ToString()).With("role", role?.Standing.Role ?? "none")
                .With("state", member.State.ToString().ToLowerInvariant()).With(cause.Kind, cause.Id),
            db, cancellationToken);
        return isDone;
    }

    /// <summary>Gives a member a role, or none, which keeps them disabled.</summary>
    /// <returns>What the provider said of the member, where that is known.</returns>
    private static ScimUserRow? Change(
        IdentityDbContext db, MembershipRow member, ScimUserRow? said, AssignedRole? role, DateTimeOffset now)
    {
        if (role is not null)
        {
            (member.Role, member.RoleId) = (role.BuiltIn, role.Own);
            if (said is not { LacksRole: true }) return said;
            said.LacksRole = false;
            member.State = said.IsWanted ? MemberState.Active : MemberState.Disabled;
            return said;
        }

        if (said is null)
        {
            said = new ScimUserRow
            {
                TenantId = member.TenantId,
                UserId = member.UserId,
                IsWanted = false,
                LacksRole = false,
                ChangedAt = now,
            };
            db.ScimUsers.Add(said);
        }

        (said.IsWanted, said.LacksRole) = (member.State is MemberState.Active, true);
        member.State = MemberState.Disabled;
        return said;
    }

    /// <summary>Somebody whose role may change.</summary>
    /// <param name="Member">The membership, tracked.</param>
    /// <param name="EmailKey">The address.</param>
    /// <param name="Said">What the provider said, tracked; null if it said nothing.</param>
    /// <param name="Groups">What their groups are called.</param>
    private sealed record Person(MembershipRow Member, string EmailKey, ScimUserRow? Said, HashSet<string> Groups);
}
