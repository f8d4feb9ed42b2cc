using System.Diagnostics;
using System.Linq.Expressions;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.Scim.Users;

/// <summary>Reads the members of the present tenant as SCIM describes them; all of them are users, whoever made them.</summary>
internal sealed class ScimUserReader(
    IDbContextFactory<IdentityDbContext> databases, IVault vault, ScimRoutes routes, TenantContext tenants)
{
    private const string Table = "scim_users";
    private const string Column = "external_id";

    private static readonly string[] s_attributes = ["id", "userName", "externalId", "emails.value", "active"];

    /// <summary>What a list can be sorted by; what is sealed cannot.</summary>
    public static IReadOnlyList<string> Sortable { get; } =
        ["id", "userName", "displayName", "name.formatted", "emails", "emails.value", "active", "meta.created", "meta.lastModified"];

    /// <summary>By id, which is the order in which their accounts were made, unless another order is asked for.</summary>
    public async Task<Result<ScimList<ScimUser>>> ListAsync(
        string? filter, ScimPage page, ScimSort sort, CancellationToken cancellationToken)
    {
        if (!ScimFilter.Parse(filter, s_attributes).TryGet(out var conditions, out var fault)) return fault;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        IQueryable<MembershipRow> rows = db.Memberships;
        foreach (var (attribute, condition) in conditions)
        {
            var narrowed = await WhereAsync(db, rows, attribute, condition, cancellationToken);
            if (narrowed.Fault is { } refusal) return refusal;
            rows = narrowed.Rows!;
        }

        var count = await rows.CountAsync(cancellationToken);
        var ids = await Sorted(db, rows, sort).Skip(page.StartIndex - 1).Take(page.Count).Select(static row => row.UserId)
            .ToListAsync(cancellationToken);
        var users = await ReadAsync(db, db.Memberships.Where(row => ids.Contains(row.UserId)), cancellationToken);
        return page.Of([.. users.OrderBy(user => ids.IndexOf(user.Id))], count);
    }

    /// <summary>One of them; null if there is none of this id.</summary>
    public async Task<ScimUser?> FindAsync(UserId id, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await FindAsync(db, id, cancellationToken);
    }

    public async Task<ScimUser?> FindAsync(IdentityDbContext db, UserId id, CancellationToken cancellationToken) =>
        (await ReadAsync(db, db.Memberships.Where(row => row.UserId == id), cancellationToken)).SingleOrDefault();

    /// <summary>In the order that is asked for; those that are the same there are in the order in which they were made.</summary>
    private static IOrderedQueryable<MembershipRow> Sorted(IdentityDbContext db, IQueryable<MembershipRow> rows, ScimSort sort)
    {
        IOrderedQueryable<MembershipRow> By<TKey>(Expression<Func<MembershipRow, TKey>> key) =>
            sort.IsDescending ? rows.OrderByDescending(key) : rows.OrderBy(key);
        return (sort.By switch
        {
            null or "id" => By(static row => row.UserId),
            "userName" or "emails" or "emails.value" => By(
                row => db.Users.Where(user => user.UserId == row.UserId).Select(static user => user.EmailKey).First()),
#pragma warning disable CA1304, CA1311 // The database lowers it, and EF Core knows no other words for that.
            "displayName" or "name.formatted" => By(
                row => db.Users.Where(user => user.UserId == row.UserId)
                    .Select(static user => user.DisplayName.ToLower()).First()),
#pragma warning restore CA1304, CA1311
            "active" => By(row => row.State == MemberState.Active
                || db.ScimUsers.Any(said => said.UserId == row.UserId && said.LacksRole && said.IsWanted)),
            "meta.created" => By(static row => row.CreatedAt),
            "meta.lastModified" => By(
                row => db.ScimUsers.Where(said => said.UserId == row.UserId)
                    .Select(static said => (DateTimeOffset?)said.ChangedAt).FirstOrDefault() ?? row.CreatedAt),
            _ => throw new UnreachableException($"Nothing is sorted by {sort.By}."),
        }).ThenBy(static row => row.UserId);
    }

    /// <summary>What a person's id at the provider is found by. The first time makes a key: ask before a transaction.</summary>
    public Task<byte[]> IndexOfAsync(string externalId, CancellationToken cancellationToken) =>
        vault.IndexAsync(tenants.Required, Table, Column, externalId, cancellationToken);

    private async Task<(IQueryable<MembershipRow>? Rows, Fault? Fault)> WhereAsync(
        IdentityDbContext db, IQueryable<MembershipRow> rows, string attribute, ScimCondition condition,
        CancellationToken cancellationToken)
    {
        if (attribute is "active")
        {
            if (ScimFilter.FlagOf(condition) is not { } active) return (null, ScimFaults.BadFilter("active is true or false."));
            var wanted = db.ScimUsers.Where(static said => said.LacksRole && said.IsWanted);
            return (
                active
                    ? rows.Where(row => row.State == MemberState.Active || wanted.Any(said => said.UserId == row.UserId))
                    : rows.Where(row => row.State != MemberState.Active && !wanted.Any(said => said.UserId == row.UserId)),
                null);
        }

        if (condition.Text is not { } text) return (null, ScimFaults.BadFilter($"{attribute} is compared with a text in quotes."));
        switch (attribute)
        {
            case "id":
                var id = UserId.TryParse(text, null, out var parsed) ? parsed : default;
                return (rows.Where(row => row.UserId == id), null);
            case "externalId":
                var index = await IndexOfAsync(text, cancellationToken);
                var named = db.ScimUsers.Where(said => said.ExternalIdIndex == index);
                return (rows.Where(row => named.Any(said => said.UserId == row.UserId)), null);
            default:
                var key = EmailKey.Of(text);
                return (rows.Where(row => db.Users.Any(user => user.UserId == row.UserId && user.EmailKey == key)), null);
        }
    }

    private async Task<List<ScimUser>> ReadAsync(
        IdentityDbContext db, IQueryable<MembershipRow> members, CancellationToken cancellationToken)
    {
        var rows = await (
            from member in members
            join user in db.Users on member.UserId equals user.UserId
            from said in db.ScimUsers.Where(one => one.UserId == member.UserId).DefaultIfEmpty()
            orderby member.UserId
            select new { Member = member, User = user, Said = said })
            .AsNoTracking().ToListAsync(cancellationToken);
        var ids = rows.ConvertAll(static row => row.User.UserId);
        var groups = (await (
            from place in db.ScimGroupMembers
            join one in db.ScimGroups on place.GroupId equals one.GroupId
            where ids.Contains(place.UserId)
            orderby one.GroupId
            select new { place.UserId, one.GroupId, one.DisplayName }).ToListAsync(cancellationToken))
            .ToLookup(static row => row.UserId, row => new ScimMembership(row.GroupId, row.DisplayName, routes.Of(row.GroupId)));
        var users = new List<ScimUser>(rows.Count);
        foreach (var row in rows)
        {
            var profile = await OpenAsync(db, row.Said, cancellationToken);
            users.Add(ViewOf(row.User, row.Member, row.Said, profile, [.. groups[row.User.UserId]]));
        }

        return users;
    }

    private async Task<ScimProfile> OpenAsync(IdentityDbContext db, ScimUserRow? said, CancellationToken cancellationToken)
    {
        if (said?.Profile is null) return ScimProfile.Empty;
        return (await vault.OpenAsync(db, said, it => it.Profile, cancellationToken)).TryGet(out var stored, out var fault)
            ? ScimProfile.Read(stored)
            : throw new FaultException(fault);
    }

    private ScimUser ViewOf(
        UserRow user, MembershipRow member, ScimUserRow? said, ScimProfile profile, IReadOnlyList<ScimMembership> groups)
    {
        var shown = ShownOf(user, member, said, profile, groups);
        return shown with { Meta = shown.Meta with { Version = ScimVersion.Of(shown) } };
    }

    private ScimUser ShownOf(
        UserRow user, MembershipRow member, ScimUserRow? said, ScimProfile profile, IReadOnlyList<ScimMembership> groups) => new(
        [ScimSchemas.User], user.UserId, user.Email,
        new ScimName(user.DisplayName) { GivenName = profile.GivenName, FamilyName = profile.FamilyName },
        user.DisplayName, [new ScimEmail(user.Email, "work", true)],
        member.State is MemberState.Active || said is { LacksRole: true, IsWanted: true },
        groups, new ScimMeta("User", member.CreatedAt, said?.ChangedAt ?? member.CreatedAt, routes.Of(user.UserId)))
        {
            ExternalId = profile.ExternalId,
        };
}
