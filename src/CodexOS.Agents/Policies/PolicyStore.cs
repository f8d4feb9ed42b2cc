using CodexOS.Agents.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Agents.Policies;

/// <summary>
/// Keeps the policies of the present tenant: versions that never change, of which the newest holds for new runs. A run pins
/// what holds when it is started.
/// </summary>
internal sealed class PolicyStore(
    IDbContextFactory<AgentsDb> contexts,
    IToolCatalogue tools,
    TenantContext tenants,
    IAuditLog audit,
    IOptions<AgentsOptions> options,
    TimeProvider clock)
{
    private const int TriesMax = 5;

    /// <summary>Checks a policy and makes it the newest version, unless it means the same.</summary>
    public async Task<Result<PolicyVersion>> ApplyAsync(string text, Caller caller, CancellationToken cancellationToken)
    {
        var known = await tools.ReadAsync(cancellationToken);
        if (!PolicyReader.Read(text, known).TryGet(out var policy, out var fault)) return fault;
        var document = policy.Canonical();
        var digest = CanonicalJson.Hash(document);
        for (var attempt = 1; ; attempt++)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var newest = await NewestAsync(db, cancellationToken);
            if (newest?.Digest == digest) return PolicyVersion.Of(newest, changed: false);
            if (newest?.Version >= options.Value.VersionsPerAgentMax) return TooMany();
            var row = new PolicyRow
            {
                TenantId = tenants.Required,
                Version = (newest?.Version ?? 0) + 1,
                Text = text,
                Document = document,
                Digest = digest,
                CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
                CreatedBy = caller.User.ToString(),
            };
            db.Policies.Add(row);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            try
            {
                await db.SaveChangesAsync(cancellationToken);
                await audit.RecordAsync(
                    AuditEntry.Done("policy.apply").On("policy", $"{row.Version}").With("digest", digest), db, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return PolicyVersion.Of(row, changed: true);
            }
            catch (DbUpdateException error) when (Conflicts.Caused(error) && attempt < TriesMax)
            {
                // Somebody else applied one in between: look again at what is newest now.
            }
        }
    }

    /// <summary>A version, the newest if none is named; of a tenant without a policy, the default as version 0.</summary>
    public async Task<Result<PolicyVersion>> FindAsync(int? version, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = version is { } wanted
            ? await db.Policies.AsNoTracking().SingleOrDefaultAsync(row => row.Version == wanted, cancellationToken)
            : await NewestAsync(db, cancellationToken);
        if (row is not null) return PolicyVersion.Of(row, changed: false);
        return version is null or 0
            ? PolicyVersion.Default
            : new Fault("agents.policy_not_found", FaultKind.NotFound, $"There is no version {version} of the policy.");
    }

    /// <summary>Versions, newest first, before a version.</summary>
    public async Task<List<PolicyVersion>> ListAsync(int? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Policies.AsNoTracking();
        if (before is { } number) rows = rows.Where(row => row.Version < number);
        var found = await rows.OrderByDescending(static row => row.Version).Take(countMax).ToListAsync(cancellationToken);
        return [.. found.Select(static row => PolicyVersion.Of(row, changed: false))];
    }

    /// <summary>What a run is to hold: the tenant's newest policy, narrowed by the agent's own.</summary>
    public async Task<Result<PinnedPolicy>> PinAsync(Policy? agent, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await NewestAsync(db, cancellationToken);
        var tenant = newest is null ? Policy.Default : Policy.FromCanonical(newest.Document);
        var rules = tenant;
        if (agent is not null)
        {
            (rules, var uncovered) = PolicyMerge.Narrow(tenant, agent);
            if (!uncovered.IsEmpty)
            {
                return new Fault(
                    "agents.policy_too_wide",
                    FaultKind.Conflict,
                    $"The agent's policy lists what the tenant's does not cover: {string.Join(", ", uncovered)}. Take it out, "
                    + "or have it added to the tenant's policy.");
            }
        }

        return new PinnedPolicy(newest?.Version ?? 0, CanonicalJson.Hash(rules.Canonical()), rules);
    }

    private static Task<PolicyRow?> NewestAsync(AgentsDb db, CancellationToken cancellationToken) =>
        db.Policies.AsNoTracking().OrderByDescending(static row => row.Version).FirstOrDefaultAsync(cancellationToken);

    private Fault TooMany() => new(
        "agents.too_many_versions",
        FaultKind.LimitReached,
        $"The policy has {options.Value.VersionsPerAgentMax} versions, which is the most.");
}
