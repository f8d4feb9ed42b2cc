using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.ServiceAccounts;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.ApiKeys;

/// <summary>
/// Replaces a key without a gap: another with its name, scopes and lifetime is made, and the old one goes on for an overlap in
/// which programs change over. Whoever may make such a key may replace it: its person, and who writes service accounts. The
/// steps: find it; see that it can be replaced; see that it gives no more than whoever asks holds; put the new one beside it.
/// </summary>
internal sealed class ApiKeyRotation(
    IDbContextFactory<IdentityDbContext> databases, ApiKeyStore keys, ServiceAccountStore accounts, IAuditLog audit,
    ApiKeyDirectory directory, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private const string OwnKeys = "api_keys:write";
    private const string AccountKeys = "service_accounts:write";

    private readonly IdentityOptions _options = options.Value;

    public async Task<Result<CreatedApiKey>> RotateAsync(
        ApiKeyId id, RotateApiKeyRequest request, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        // 1. Find it.
        var old = await FindAsync(db, id, cancellationToken);
        if (old is null || !IsOf(old, actor)) return ApiKeyStore.NotFound;
        if (old.UserId is not null && actor.Caller.Lacks(OwnKeys) is { } lacking) return lacking;

        // 2. See that it can be replaced.
        var now = clock.GetUtcNow();
        if (FaultOf(old, now) is { } over) return over;

        // 3. See that it gives no more than whoever asks holds.
        if (!(await FindOwnerAsync(old, actor, cancellationToken)).TryGet(out var owner, out var fault)) return fault;
        var missing = PermissionList.Read(old.Scopes).Where(scope => !owner.Holds(scope)).Order(StringComparer.Ordinal).ToList();
        if (missing.Count > 0) return NotHeld(missing);

        // 4. Put the new one beside it.
        var until = Earlier(old.ExpiresAt, now + TimeSpan.FromSeconds(request.OverlapSeconds));
        return await PutBesideAsync(db, old, until, owner.Name, actor, now, cancellationToken);
    }

    private async Task<Result<CreatedApiKey>> PutBesideAsync(
        IdentityDbContext db, ApiKeyRow old, DateTimeOffset until, string ownerName, Actor actor, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var id = old.ApiKeyId;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var going = until > now ? await CountReplacedAsync(db, old, now, cancellationToken) : 0;
        if (going >= _options.ApiKeysPerOwnerMax) return TooManyReplaced(going);
        var key = ApiKey.New();
        var row = SuccessorOf(old, key, actor, now);
        db.ApiKeys.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        // Of two who replace a key at once, one does.
        var replaced = await db.ApiKeys
            .Where(one => one.ApiKeyId == id && one.RevokedAt == null && one.ReplacedBy == null && one.ExpiresAt > now)
            .ExecuteUpdateAsync(
                one => one.SetProperty(gone => gone.ReplacedBy, row.ApiKeyId).SetProperty(gone => gone.ExpiresAt, until),
                cancellationToken);
        if (replaced != 1)
        {
            var changed = await FindAsync(db, id, cancellationToken);
            return changed is null ? ApiKeyStore.NotFound : FaultOf(changed, now) ?? Over;
        }

        await audit.RecordAsync(ApiKeyStore.MadeEntryOf(row), db, cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("api_keys.rotate").On("api_key", id.ToString()).With("owner", ApiKeyStore.OwnerOf(old).ToString())
                .With("replaced_by", row.ApiKeyId.ToString()).With("until", until.ToString("O")),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        directory.Forget(id);
        return new CreatedApiKey(key.Reveal(), ApiKeyStore.ViewOf(row, ownerName, replaces: id, now));
    }

    /// <summary>Whether the key is the actor's to replace; for their own, they need the permission besides.</summary>
    private static bool IsOf(ApiKeyRow key, Actor actor) =>
        key.UserId == actor.Caller.User || (key.ServiceAccountId is not null && actor.Caller.May(AccountKeys));

    private static Task<ApiKeyRow?> FindAsync(IdentityDbContext db, ApiKeyId id, CancellationToken cancellationToken) =>
        db.ApiKeys.AsNoTracking().SingleOrDefaultAsync(key => key.ApiKeyId == id, cancellationToken);

    private async Task<Result<Owner>> FindOwnerAsync(ApiKeyRow key, Actor actor, CancellationToken cancellationToken)
    {
        if (key.ServiceAccountId is not { } id) return new Owner(actor.Caller.Name, ApiKeyStore.HeldBy(actor.Caller));
        if (!(await accounts.FindRowAsync(id.ToString(), cancellationToken)).TryGet(out var found, out var fault)) return fault;
        if (AccessFaults.OfReaching(actor, found.Standing) is { } beyond) return beyond;
        return new Owner(
            found.Row.Name, await keys.GivableAsync(found.Row, found.Standing, actor.Caller, cancellationToken));
    }

    private ApiKeyRow SuccessorOf(ApiKeyRow old, ApiKey key, Actor actor, DateTimeOffset now)
    {
        var lifetime = old.ExpiresAt - old.CreatedAt;
        return new ApiKeyRow
        {
            ApiKeyId = ApiKeyId.New(clock),
            TenantId = old.TenantId,
            KeyHash = key.Hash,
            Hint = key.Hint,
            Name = old.Name,
            UserId = old.UserId,
            ServiceAccountId = old.ServiceAccountId,
            Scopes = old.Scopes,
            CreatedAt = now,
            CreatedBy = actor.Caller.User,
            ExpiresAt = now + (lifetime < _options.ApiKeyLifetimeMax ? lifetime : _options.ApiKeyLifetimeMax),
        };
    }

    /// <summary>How many keys of the same owner were replaced and go on for a while.</summary>
    private static Task<int> CountReplacedAsync(
        IdentityDbContext db, ApiKeyRow key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var owner = ApiKeyStore.OwnerOf(key);
        return db.ApiKeys.CountAsync(
            one => (one.UserId == owner || one.ServiceAccountId == owner)
                && one.RevokedAt == null && one.ExpiresAt > now && one.ReplacedBy != null,
            cancellationToken);
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    /// <summary>Why a key cannot be replaced, or null.</summary>
    private static Fault? FaultOf(ApiKeyRow key, DateTimeOffset now) =>
        key.ReplacedBy is { } successor ? Replaced(successor)
        : key.RevokedAt is not null || key.ExpiresAt <= now ? Over
        : null;

    private static Fault Over { get; } = new(
        "identity.api_key_over", FaultKind.Conflict, "The key is revoked or expired, so nothing goes on from it. Make a new one.");

    private static Fault Replaced(ApiKeyId successor) => new(
        "identity.api_key_replaced", FaultKind.Conflict, $"The key was replaced by {successor} already. Replace that one.");

    private static Fault NotHeld(IEnumerable<string> scopes) => new(
        "identity.beyond_own",
        FaultKind.NotAllowed,
        $"The key has scopes that you or its owner do not hold any more: {string.Join(", ", scopes)}. Make a new key without "
        + "them, and revoke this one.");

    private static Fault TooManyReplaced(int count) => new(
        "identity.too_many_api_keys",
        FaultKind.LimitReached,
        $"There are {count} keys that were replaced and still work, which is the most for one owner. Revoke one of them, or "
        + "replace without an overlap.");

    private sealed record Owner(string Name, Func<string, bool> Holds);
}
