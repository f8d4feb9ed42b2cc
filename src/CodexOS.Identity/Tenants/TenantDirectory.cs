using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Tenants;

/// <summary>A tenant, as the installation's owner sees it: that it is there, and nothing of what is in it.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Home">Whether it is the first one, to which the installation belongs.</param>
/// <param name="Members">How many people belong to it.</param>
/// <param name="CreatedAt">Since when it is there.</param>
/// <param name="DisabledAt">Since when nobody signs in to it, or null.</param>
public sealed record TenantSummary(
    TenantId Id, string Name, bool Home, int Members, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt)
{
    /// <summary>The database in which its work lies: <c>home</c>, or the name of a shard.</summary>
    public string Place { get; init; } = CodexOS.Platform.Storage.Place.HomeName;
}

/// <summary>A tenant that was just made.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="OwnerLink">What makes its first owner.</param>
public sealed record TenantCreated(TenantSummary Tenant, OwnerLink OwnerLink);

/// <summary>Makes, lists and disables tenants. It looks into none of them.</summary>
internal sealed partial class TenantDirectory(
    IDbContextFactory<IdentityDbContext> databases, OwnerLinks links, KnownCallers callers, TenantContext tenants,
    TenantPlaces places, IAuditLog audit, IOptions<IdentityOptions> options, TimeProvider clock, ILogger<TenantDirectory> log)
    : ITenantRegister
{
    private static readonly Fault NotFound = new(
        "identity.tenant_not_found", FaultKind.NotFound, "There is no such tenant. GET /api/v1/tenants lists them.");

    private static readonly Fault HomeStays = new(
        "identity.home_tenant",
        FaultKind.Conflict,
        "The installation belongs to its first tenant, which cannot be disabled. codexos maintenance on keeps everybody out.");

    /// <summary>One page, oldest first.</summary>
    public async Task<Result<Page<TenantSummary>>> ListAsync(PageRequest page, CancellationToken cancellationToken)
    {
        if (!page.KeyAfter<TenantId>().TryGet(out var after, out var fault)) return fault;
        using var work = tenants.EnterWork(IdentityWork.Tenants);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var all = db.Tenants.AsNoTracking();
        if (after is { } last) all = all.Where(row => row.TenantId.CompareTo(last) > 0);
        var rows = await Summaries(db, all.OrderBy(row => row.TenantId).Take(page.Limit + 1)).ToListAsync(cancellationToken);
        return page.PageOf(rows.ConvertAll(Placed), row => row.Id.ToString());
    }

    /// <summary>One tenant.</summary>
    public async Task<Result<TenantSummary>> GetAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Tenants);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await Summaries(db, db.Tenants.AsNoTracking().Where(row => row.TenantId == tenant))
            .SingleOrDefaultAsync(cancellationToken) is { } found
            ? Placed(found)
            : NotFound;
    }

    /// <inheritdoc />
    public async Task<RegisteredTenant?> FindAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await GetAsync(tenant, cancellationToken)).TryGet(out var found, out _)
            ? new RegisteredTenant(found.Id, found.Name, found.Home)
            : null;

    /// <summary>Makes a tenant and the link that makes its owner.</summary>
    public async Task<Result<TenantCreated>> CreateAsync(string name, Caller by, CancellationToken cancellationToken)
    {
        if (await CountAsync(cancellationToken) >= options.Value.TenantsMax)
        {
            return new Fault(
                "identity.too_many_tenants",
                FaultKind.LimitReached,
                $"There are {options.Value.TenantsMax} tenants already. Raise Identity:TenantsMax to have more.");
        }

        var tenant = TenantId.New(clock);
        using var entered = tenants.Enter(tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = new TenantRow { TenantId = tenant, Name = name.Trim(), CreatedAt = clock.GetUtcNow() };
        db.Tenants.Add(row);
        var link = await links.AddAsync(db, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await RecordAsync("tenants.create", tenant, by, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogCreated(tenant, by.User);
        return new TenantCreated(new TenantSummary(tenant, row.Name, false, 0, row.CreatedAt, null), link);
    }

    /// <summary>Makes another link for a tenant's owner; those before it end.</summary>
    public async Task<Result<OwnerLink>> LinkAsync(TenantId tenant, Caller by, CancellationToken cancellationToken)
    {
        if (!(await GetAsync(tenant, cancellationToken)).TryGet(out _, out var fault)) return fault;
        using var entered = tenants.Enter(tenant);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var link = await links.AddAsync(db, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await RecordAsync("tenants.link_owner", tenant, by, db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        LogLinked(tenant, by.User);
        return link;
    }

    /// <summary>Keeps everybody out of a tenant from the next request on, or lets them in again.</summary>
    public async Task<Result<TenantSummary>> DisableAsync(
        TenantId tenant, bool disabled, Caller by, CancellationToken cancellationToken)
    {
        if (!(await GetAsync(tenant, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        if (found.Home) return HomeStays;
        if (disabled == (found.DisabledAt is not null)) return found;
        DateTimeOffset? at = disabled ? clock.GetUtcNow() : null;
        using (tenants.Enter(tenant))
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            await db.Tenants.Where(row => row.TenantId == tenant)
                .ExecuteUpdateAsync(row => row.SetProperty(one => one.DisabledAt, at), cancellationToken);
            await RecordAsync(disabled ? "tenants.disable" : "tenants.enable", tenant, by, db, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        callers.Forget(tenant);
        LogDisabled(tenant, disabled, by.User);
        return found with { DisabledAt = at };
    }

    /// <summary>It is the installation's owner who did it, so it is in their log.</summary>
    private Task RecordAsync(
        string action, TenantId tenant, Caller by, IdentityDbContext db, CancellationToken cancellationToken) =>
        audit.RecordAsync(
            AuditEntry.Done(action).On("tenant", tenant.ToString()).In(by.Tenant), db, cancellationToken);

    /// <inheritdoc />
    public async Task<int> CountAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.Tenants);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Tenants.CountAsync(cancellationToken);
    }

    private TenantSummary Placed(TenantSummary found) => found with { Place = places.NameOf(found.Id) };

    private static IQueryable<TenantSummary> Summaries(IdentityDbContext db, IQueryable<TenantRow> rows) =>
        rows.Select(row => new TenantSummary(
                row.TenantId,
                row.Name,
                row.IsHome,
                db.Memberships.Count(member => member.TenantId == row.TenantId),
                row.CreatedAt,
                row.DisabledAt))
            .IgnoreQueryFilters();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tenant} was made by {User}.")]
    private partial void LogCreated(TenantId tenant, UserId user);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tenant} got a new owner's link from {User}.")]
    private partial void LogLinked(TenantId tenant, UserId user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Tenant} is disabled: {Disabled}, by {User}.")]
    private partial void LogDisabled(TenantId tenant, bool disabled, UserId user);
}
