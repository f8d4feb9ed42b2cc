using System.Collections.Immutable;
using System.Diagnostics;
using System.Linq.Expressions;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Members;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Scim.Groups;

/// <summary>
/// The groups of the present tenant at its identity provider. A change gives its people the roles that the tenant's single
/// sign-on connections give for groups; a group that gives none is kept all the same.
/// </summary>
internal sealed class ScimGroupStore(
    IDbContextFactory<IdentityDbContext> databases, ScimRoles roles, ScimRoutes routes, IAuditLog audit, KnownCallers callers,
    TenantContext tenants, IOptions<ScimOptions> options, TimeProvider clock)
{
    private const int IdsPerEntry = 25;
    private const int IdsAtOnce = 200;

    private static readonly string[] s_attributes = ["id", "displayName", "externalId", "members.value"];

    /// <summary>What a list can be sorted by.</summary>
    public static IReadOnlyList<string> Sortable { get; } =
        ["id", "displayName", "externalId", "meta.created", "meta.lastModified"];

    /// <summary>By id, which is the order in which they were made, unless another order is asked for.</summary>
    /// <param name="filter">Which of them; null for all.</param>
    /// <param name="page">Which part.</param>
    /// <param name="sort">In which order.</param>
    /// <param name="withMembers">Whether who is in them is asked for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<ScimList<ScimGroup>>> ListAsync(
        string? filter, ScimPage page, ScimSort sort, bool withMembers, CancellationToken cancellationToken)
    {
        if (!ScimFilter.Parse(filter, s_attributes).TryGet(out var conditions, out var fault)) return fault;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        IQueryable<ScimGroupRow> rows = db.ScimGroups;
        foreach (var (attribute, condition) in conditions)
        {
            if (condition.Text is not { } text) return ScimFaults.BadFilter($"{attribute} is compared with a text in quotes.");
            rows = Where(db, rows, attribute, text);
        }

        var count = await rows.CountAsync(cancellationToken);
        IQueryable<ScimGroupRow> found = Sorted(rows, sort).Skip(page.StartIndex - 1).Take(page.Count);
        if (withMembers) found = found.Take(await FittingAsync(db, found, cancellationToken));
        var ids = await found.Select(static row => row.GroupId).ToListAsync(cancellationToken);
        var groups = await ReadAsync(db, db.ScimGroups.Where(row => ids.Contains(row.GroupId)), withMembers, cancellationToken);
        return page.Of([.. groups.OrderBy(group => ids.IndexOf(group.Id))], count);
    }

    /// <summary>In the order that is asked for; what has no value comes last, and first the other way round.</summary>
    private static IOrderedQueryable<ScimGroupRow> Sorted(IQueryable<ScimGroupRow> rows, ScimSort sort)
    {
        IOrderedQueryable<ScimGroupRow> By<TKey>(Expression<Func<ScimGroupRow, TKey>> key) =>
            sort.IsDescending ? rows.OrderByDescending(key) : rows.OrderBy(key);
        return (sort.By switch
        {
            null or "id" => By(static row => row.GroupId),
            "displayName" => By(static row => row.DisplayName),
            "externalId" => sort.IsDescending
                ? By(static row => row.ExternalId == null).ThenByDescending(static row => row.ExternalId)
                : By(static row => row.ExternalId == null).ThenBy(static row => row.ExternalId),
            "meta.created" => By(static row => row.CreatedAt),
            "meta.lastModified" => By(static row => row.ChangedAt),
            _ => throw new UnreachableException($"Nothing is sorted by {sort.By}."),
        }).ThenBy(static row => row.GroupId);
    }

    /// <summary>One of them.</summary>
    public async Task<Result<ScimGroup>> FindAsync(ScimGroupId id, bool withMembers, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await ViewAsync(db, id, withMembers, cancellationToken);
    }

    public async Task<Result<ScimGroup>> CreateAsync(JsonElement body, CancellationToken cancellationToken)
    {
        if (!GroupWish.Read(body).TryGet(out var wish, out var fault)) return fault;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await db.ScimGroups.CountAsync(cancellationToken) >= options.Value.GroupsPerTenantMax)
            return ScimFaults.TooManyGroups(options.Value.GroupsPerTenantMax);
        var now = clock.GetUtcNow();
        var row = new ScimGroupRow
        {
            GroupId = ScimGroupId.New(clock),
            TenantId = tenants.Required,
            DisplayName = wish.DisplayName,
            ExternalId = wish.ExternalId,
            CreatedAt = now,
            ChangedAt = now,
        };
        db.ScimGroups.Add(row);
        return await WriteAsync(db, row, new GroupWish("", null, []), wish, "scim_groups.create", cancellationToken)
            is { } unwritten
                ? unwritten
                : await ViewAsync(db, row.GroupId, true, cancellationToken);
    }

    /// <summary>Puts what the provider says in place of what is there.</summary>
    public async Task<Result<ScimGroup>> ReplaceAsync(
        ScimGroupId id, Result<JsonElement> body, ScimDemand demand, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var change = ChangeAsync(
            db, id, demand, _ => body.TryGet(out var json, out var fault) ? GroupWish.Read(json) : fault, cancellationToken);
        return await change is { } unchanged ? unchanged : await ViewAsync(db, id, true, cancellationToken);
    }

    /// <summary>Changes what the provider names, and nothing else.</summary>
    public async Task<Result<Done>> PatchAsync(
        ScimGroupId id, Result<JsonElement> body, ScimDemand demand, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var change = ChangeAsync(
            db, id, demand,
            present =>
            {
                if (!body.TryGet(out var json, out var fault)) return fault;
                return ScimPatch.Parse(json, options.Value.PatchOperationsMax).TryGet(out var operations, out fault)
                    ? present.Apply(operations)
                    : fault;
            },
            cancellationToken);
        return await change is { } unchanged ? unchanged : Done.Value;
    }

    /// <summary>Deletes a group; its people lose the role that it gave.</summary>
    public async Task<Result<Done>> DeleteAsync(ScimGroupId id, ScimDemand demand, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await db.ScimGroups.AsNoTracking().SingleOrDefaultAsync(row => row.GroupId == id, cancellationToken) is not { } row)
            return ScimFaults.GroupNotFound;
        var people = await MembersOfAsync(db, id, cancellationToken);
        if (!demand.Allows(ScimVersion.Of(row.Revision, people.Count))) return ScimFaults.Changed;
        await db.ScimGroupMembers.Where(member => member.GroupId == id).ExecuteDeleteAsync(cancellationToken);
        await db.ScimGroups.Where(one => one.GroupId == id).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(EntryOf("scim_groups.delete", row), db, cancellationToken);
        var changed = await roles.ApplyAsync(db, people, ScimRoles.NamesOf([row]), id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        changed.ForEach(callers.Forget);
        return Done.Value;
    }

    private async Task<Fault?> ChangeAsync(
        IdentityDbContext db, ScimGroupId id, ScimDemand demand, Func<GroupWish, Result<GroupWish>> decide,
        CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await MemberStore.TakeTurnAsync(db, tenants.Required, cancellationToken);
        if (await db.ScimGroups.SingleOrDefaultAsync(row => row.GroupId == id, cancellationToken) is not { } row)
            return ScimFaults.GroupNotFound;
        var before = new GroupWish(row.DisplayName, row.ExternalId, await MembersOfAsync(db, id, cancellationToken));
        if (!demand.Allows(ScimVersion.Of(row.Revision, before.Members.Count))) return ScimFaults.Changed;
        if (!decide(before).TryGet(out var wish, out var fault)) return fault;
        return await WriteAsync(db, row, before, wish, "scim_groups.update", cancellationToken);
    }

    /// <summary>Writes a group in the context's transaction, gives its people their roles, and commits.</summary>
    private async Task<Fault?> WriteAsync(
        IdentityDbContext db, ScimGroupRow row, GroupWish before, GroupWish wish, string action,
        CancellationToken cancellationToken)
    {
        // 1. Who comes and who goes
        var (added, removed) = (wish.Members.Except(before.Members), before.Members.Except(wish.Members));
        var membersMax = options.Value.MembersPerGroupMax;
        if (wish.Members.Count > membersMax) return ScimFaults.TooManyMembers(membersMax);
        if (await UnknownOfAsync(db, added, cancellationToken) is { } unknown)
            return ScimFaults.UnknownMember(unknown.ToString());
        var isRenamed = (wish.DisplayName, wish.ExternalId) != (before.DisplayName, before.ExternalId);
        if (!isRenamed && added.IsEmpty && removed.IsEmpty) return null;

        // 2. The group
        var names = ScimRoles.NamesOf([row]);
        (row.DisplayName, row.ExternalId, row.ChangedAt) = (wish.DisplayName, wish.ExternalId, clock.GetUtcNow());
        row.Revision++;
        names.UnionWith(ScimRoles.NamesOf([row]));
        db.ScimGroupMembers.AddRange(added.Select(user => new ScimGroupMemberRow
        {
            GroupId = row.GroupId,
            UserId = user,
            TenantId = row.TenantId,
        }));
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return ScimFaults.GroupExists;
        }

        foreach (var some in removed.Chunk(IdsAtOnce))
        {
            await db.ScimGroupMembers.Where(member => member.GroupId == row.GroupId && some.Contains(member.UserId))
                .ExecuteDeleteAsync(cancellationToken);
        }

        // 3. What follows from it
        await audit.RecordAsync(EntryOf(action, row), db, cancellationToken);
        await RecordAsync(db, "scim_groups.add_members", row, added, cancellationToken);
        await RecordAsync(db, "scim_groups.remove_members", row, removed, cancellationToken);
        var people = isRenamed ? wish.Members.Union(before.Members) : added.Union(removed);
        var changed = await roles.ApplyAsync(db, people, names, row.GroupId, cancellationToken);
        await db.Database.CurrentTransaction!.CommitAsync(cancellationToken);
        changed.ForEach(callers.Forget);
        return null;
    }

    /// <summary>How many groups of a page have together no more people than one group may have; one at least.</summary>
    private async Task<int> FittingAsync(IdentityDbContext db, IQueryable<ScimGroupRow> page, CancellationToken cancellationToken)
    {
        var sizes = await page.Select(row => db.ScimGroupMembers.Count(member => member.GroupId == row.GroupId))
            .ToListAsync(cancellationToken);
        var (fitting, people) = (0, 0L);
        while (fitting < sizes.Count && (people += sizes[fitting]) <= options.Value.MembersPerGroupMax) fitting++;
        return Math.Max(1, fitting);
    }

    /// <summary>One of those who are no members of the tenant; null if all are.</summary>
    private static async Task<UserId?> UnknownOfAsync(
        IdentityDbContext db, IEnumerable<UserId> users, CancellationToken cancellationToken)
    {
        foreach (var some in users.Chunk(IdsAtOnce))
        {
            var known = await db.Memberships.Where(row => some.Contains(row.UserId)).Select(static row => row.UserId)
                .ToListAsync(cancellationToken);
            if (known.Count < some.Length) return some.Except(known).First();
        }

        return null;
    }

    /// <summary>Records who came or went, some in each entry: what an entry holds has a limit.</summary>
    private async Task RecordAsync(
        IdentityDbContext db, string action, ScimGroupRow row, IEnumerable<UserId> users, CancellationToken cancellationToken)
    {
        foreach (var some in users.Order().Chunk(IdsPerEntry))
            await audit.RecordAsync(EntryOf(action, row).With("members", string.Join(' ', some)), db, cancellationToken);
    }

    private static IQueryable<ScimGroupRow> Where(
        IdentityDbContext db, IQueryable<ScimGroupRow> rows, string attribute, string text)
    {
        switch (attribute)
        {
            case "id":
                var id = ScimGroupId.TryParse(text, null, out var group) ? group : default;
                return rows.Where(row => row.GroupId == id);
            case "members.value":
                var user = UserId.TryParse(text, null, out var member) ? member : default;
                return rows.Where(row => db.ScimGroupMembers.Any(one => one.GroupId == row.GroupId && one.UserId == user));
            case "externalId":
                return rows.Where(row => row.ExternalId == text);
            default:
                return rows.Where(row => row.DisplayName == text);
        }
    }

    private static async Task<ImmutableHashSet<UserId>> MembersOfAsync(
        IdentityDbContext db, ScimGroupId id, CancellationToken cancellationToken) =>
    [
        .. await db.ScimGroupMembers.Where(member => member.GroupId == id).Select(static member => member.UserId)
            .ToListAsync(cancellationToken),
    ];

    private async Task<Result<ScimGroup>> ViewAsync(
        IdentityDbContext db, ScimGroupId id, bool withMembers, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(db, db.ScimGroups.Where(row => row.GroupId == id), withMembers, cancellationToken);
        return found is [var group] ? group : ScimFaults.GroupNotFound;
    }

    private async Task<List<ScimGroup>> ReadAsync(
        IdentityDbContext db, IQueryable<ScimGroupRow> groups, bool withMembers, CancellationToken cancellationToken)
    {
        var rows = await groups.OrderBy(static row => row.GroupId).AsNoTracking().ToListAsync(cancellationToken);
        if (!withMembers)
        {
            var ids = rows.ConvertAll(static row => row.GroupId);
            var counts = await db.ScimGroupMembers.Where(member => ids.Contains(member.GroupId))
                .GroupBy(static member => member.GroupId).Select(static some => new { some.Key, Count = some.Count() })
                .ToDictionaryAsync(static one => one.Key, static one => one.Count, cancellationToken);
            return rows.ConvertAll(row => ViewOf(row, [], counts.GetValueOrDefault(row.GroupId)));
        }

        var members = (await (
            from member in db.ScimGroupMembers
            join user in db.Users on member.UserId equals user.UserId
            where groups.Any(row => row.GroupId == member.GroupId)
            orderby user.UserId
            select new { member.GroupId, user.UserId, user.DisplayName }).ToListAsync(cancellationToken))
            .ToLookup(static row => row.GroupId);
        return rows.ConvertAll(row => ViewOf(
            row,
            [.. members[row.GroupId].Select(one => new ScimGroupMember(one.UserId, one.DisplayName, "User", routes.Of(one.UserId)))],
            members[row.GroupId].Count()));
    }

    private ScimGroup ViewOf(ScimGroupRow row, IReadOnlyList<ScimGroupMember> members, int count) => new(
        [ScimSchemas.Group], row.GroupId, row.DisplayName, members,
        new ScimMeta("Group", row.CreatedAt, row.ChangedAt, routes.Of(row.GroupId))
        {
            Version = ScimVersion.Of(row.Revision, count),
        })
    {
        ExternalId = row.ExternalId,
    };

    private static AuditEntry EntryOf(string action, ScimGroupRow row) =>
        AuditEntry.Done(action).On("scim_group", row.GroupId.ToString()).With("name", row.DisplayName)
            .With("external_id", row.ExternalId ?? "none");
}
