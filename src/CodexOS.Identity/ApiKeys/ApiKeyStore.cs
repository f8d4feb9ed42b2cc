using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Identity.Projects;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.ApiKeys;

/// <summary>Makes, lists and revokes the API keys of the present tenant.</summary>
internal sealed class ApiKeyStore(
    IDbContextFactory<IdentityDbContext> databases, IAuditLog audit, ApiKeyDirectory directory, TenantContext tenants,
    IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly IdentityOptions _options = options.Value;

    /// <summary>Said of a key that is not there, and of one that is not the caller's.</summary>
    public static Fault NotFound { get; } = new(
        "identity.api_key_not_found", FaultKind.NotFound, "There is no such API key, or it is not yours.");

    /// <summary>The keys of an owner, or of everybody, newest first.</summary>
    public async Task<IReadOnlyList<ApiKeySummary>> ListAsync(
        UserId? owner, ApiKeyId? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var keys = db.ApiKeys.AsNoTracking();
        if (owner is { } one) keys = keys.Where(key => key.UserId == one || key.ServiceAccountId == one);
        if (before is { } last) keys = keys.Where(key => key.ApiKeyId.CompareTo(last) < 0);
        var rows = await keys.OrderByDescending(key => key.ApiKeyId).Take(countMax)
            .Select(key => new
            {
                Key = key,
                Name = db.Users.Where(user => user.UserId == key.UserId).Select(user => user.DisplayName).FirstOrDefault()
                    ?? db.ServiceAccounts.Where(account => account.ServiceAccountId == key.ServiceAccountId)
                        .Select(account => account.Name).FirstOrDefault(),
                Replaces = db.ApiKeys.Where(old => old.ReplacedBy == key.ApiKeyId).Select(old => (ApiKeyId?)old.ApiKeyId)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return [.. rows.Select(row => ViewOf(row.Key, row.Name ?? "", row.Replaces, now))];
    }

    /// <summary>Makes a key for the signed-in person.</summary>
    public Task<Result<CreatedApiKey>> CreateAsync(
        CreateApiKeyRequest request, Actor actor, CancellationToken cancellationToken) => CreateAsync(
        request, actor, new Owner(actor.Caller.User, actor.Caller.Name, SubjectKind.User),
        request.Scopes ?? [.. PermissionTable.All.Where(actor.Caller.MaySomewhere)],
        HeldBy(actor.Caller), cancellationToken);

    /// <summary>Makes a key for a service account, of what both it and whoever makes it may do.</summary>
    public async Task<Result<CreatedApiKey>> CreateAsync(
        CreateApiKeyRequest request, Actor actor, ServiceAccountRow account, Standing standing,
        CancellationToken cancellationToken)
    {
        if (AccessFaults.OfReaching(actor, standing) is { } beyond) return beyond;
        var givable = await GivableAsync(account, standing, actor.Caller, cancellationToken);
        return await CreateAsync(
            request, actor, new Owner(account.ServiceAccountId, account.Name, SubjectKind.ServiceAccount),
            request.Scopes ?? [.. PermissionTable.All.Where(givable)], givable, cancellationToken);
    }

    /// <summary>Revokes a key: one's own, or any that the caller manages. It opens nothing from the next request on.</summary>
    public async Task<Result<Done>> RevokeAsync(ApiKeyId id, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.ApiKeys.AsNoTracking().SingleOrDefaultAsync(key => key.ApiKeyId == id, cancellationToken);
        if (row is null || !MayRevoke(row, caller)) return NotFound;
        var now = clock.GetUtcNow();
        var revoked = await db.ApiKeys.Where(key => key.ApiKeyId == id && key.RevokedAt == null)
            .ExecuteUpdateAsync(key => key.SetProperty(over => over.RevokedAt, now), cancellationToken);
        if (revoked == 1)
        {
            await audit.RecordAsync(
                AuditEntry.Done("api_keys.revoke").On("api_key", id.ToString()).With("owner", OwnerOf(row).ToString()),
                db, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        directory.Forget(id);
        return Done.Value;
    }

    private async Task<Result<CreatedApiKey>> CreateAsync(
        CreateApiKeyRequest request, Actor actor, Owner owner, IReadOnlyCollection<string> scopes,
        Func<string, bool> isHeld, CancellationToken cancellationToken)
    {
        if (AccessFaults.OfGiving(scopes, isHeld) is { } beyond) return beyond;
        if (scopes.Count == 0) return NoScopes;
        var lifetime = request.ExpiresInDays is { } days ? TimeSpan.FromDays(days) : _options.ApiKeyLifetime;
        if (lifetime > _options.ApiKeyLifetimeMax) return TooLong();

        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        // One that was replaced is on its way out, and is counted where it is replaced.
        var live = await db.ApiKeys.CountAsync(
            key => (key.UserId == owner.Id || key.ServiceAccountId == owner.Id)
                && key.RevokedAt == null && key.ExpiresAt > now && key.ReplacedBy == null,
            cancellationToken);
        if (live >= _options.ApiKeysPerOwnerMax) return TooMany(live);

        var key = ApiKey.New();
        var row = new ApiKeyRow
        {
            ApiKeyId = ApiKeyId.New(clock),
            TenantId = tenants.Required,
            KeyHash = key.Hash,
            Hint = key.Hint,
            Name = request.Name.Trim(),
            UserId = owner.Kind is SubjectKind.User ? owner.Id : null,
            ServiceAccountId = owner.Kind is SubjectKind.ServiceAccount ? owner.Id : null,
            Scopes = PermissionList.Write(scopes),
            CreatedAt = now,
            CreatedBy = actor.Caller.User,
            ExpiresAt = now + lifetime,
        };
        db.ApiKeys.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(MadeEntryOf(row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new CreatedApiKey(key.Reveal(), ViewOf(row, owner.Name, replaces: null, now));
    }

    /// <summary>What the audit log is told of a key that was made.</summary>
    public static AuditEntry MadeEntryOf(ApiKeyRow row) =>
        AuditEntry.Done("api_keys.create").On("api_key", row.ApiKeyId.ToString())
            .With("owner", OwnerOf(row).ToString()).With("scopes", row.Scopes)
            .With("expires_at", row.ExpiresAt.ToString("O"));

    /// <summary>
    /// The scopes that somebody may give a key of a service account: what the account holds, for everything or on some things
    /// and in projects, as far as they hold it on the same.
    /// </summary>
    public async Task<Func<string, bool>> GivableAsync(
        ServiceAccountRow account, Standing standing, Caller giver, CancellationToken cancellationToken)
    {
        var id = account.ServiceAccountId;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var grants = await db.Grants.Where(grant => grant.SubjectId == id).AsNoTracking().ToListAsync(cancellationToken);
        var projects = await ProjectRoles.ReadAsync(db, id, cancellationToken);
        var onThings = grants
            .Select(static grant => new ResourceGrant(new Resource(grant.ResourceKind, grant.ResourceName), grant.Permission))
            .Concat(projects.SelectMany(
                static project => project.Permissions.Select(permission => new ResourceGrant(project.Itself, permission))))
            .ToLookup(static grant => grant.Permission, static grant => grant.Resource, StringComparer.Ordinal);
        return permission => giver.May(permission)
            ? standing.Permissions.Contains(permission) || onThings.Contains(permission)
            : !standing.Permissions.Contains(permission) && onThings.Contains(permission)
                && onThings[permission].All(thing => giver.May(permission, thing));
    }

    /// <summary>What somebody holds for everything or for something: a scope alone gives neither.</summary>
    public static Func<string, bool> HeldBy(Caller caller) => caller.MaySomewhere;

    private static bool MayRevoke(ApiKeyRow row, Caller caller) =>
        row.UserId == caller.User || row.ServiceAccountId == caller.User || caller.May("api_keys:manage")
        || (row.ServiceAccountId is not null && caller.May("service_accounts:write"));

    public static UserId OwnerOf(ApiKeyRow row) => (row.UserId ?? row.ServiceAccountId)!.Value;

    public static ApiKeySummary ViewOf(ApiKeyRow row, string ownerName, ApiKeyId? replaces, DateTimeOffset now) => new(
        row.ApiKeyId, row.Name, row.Hint, OwnerOf(row), ownerName,
        row.UserId is null ? SubjectKind.ServiceAccount : SubjectKind.User,
        [.. PermissionList.Read(row.Scopes).Order(StringComparer.Ordinal)],
        row.RevokedAt is not null ? ApiKeyState.Revoked : row.ExpiresAt <= now ? ApiKeyState.Expired : ApiKeyState.Active,
        row.CreatedAt, row.ExpiresAt, row.LastUsedAt, row.RevokedAt, replaces, row.ReplacedBy);

    private static Fault NoScopes { get; } = new(
        "identity.no_scopes", FaultKind.Invalid, "A key that may do nothing is of no use. Give it at least one scope.");

    private Fault TooLong() => new(
        "identity.api_key_too_long",
        FaultKind.Invalid,
        $"A key lasts at most {_options.ApiKeyLifetimeMax.TotalDays:0.##} days here (Identity:ApiKeyLifetimeMax).");

    private static Fault TooMany(int live) => new(
        "identity.too_many_api_keys",
        FaultKind.LimitReached,
        $"There are {live} keys in use, which is the most for one owner. Revoke one that is not needed.");

    private sealed record Owner(UserId Id, string Name, SubjectKind Kind);
}
