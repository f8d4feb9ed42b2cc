using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Standing;

/// <summary>Finds an approval that was given in advance, and uses it up.</summary>
internal interface IStandingApprovals
{
    /// <summary>The approval of the present tenant that covers a call, with one use of it taken; null if none does.</summary>
    Task<StandingConsent?> UseAsync(EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken);
}

/// <summary>
/// Keeps approvals of the present tenant that were given in advance: for one agent, one tool, certain arguments, a time and
/// a number of uses. None covers a call that breaks a rule; the gate does not ask for that.
/// </summary>
internal sealed class StandingApprovalStore(
    IDbContextFactory<ToolsDb> contexts,
    TenantContext tenants,
    IToolCatalogue catalogue,
    IAuditLog audit,
    IOptions<ToolsOptions> options,
    TimeProvider clock) : IStandingApprovals
{
    private const int LookedAtMax = 100;

    public async Task<Result<StandingApproval>> GiveAsync(
        GiveStandingApprovalRequest wish, Caller caller, CancellationToken cancellationToken)
    {
        if ((await catalogue.ReadAsync(cancellationToken)).Find(wish.Tool!) is not { } tool)
            return new Fault("tools.unknown_tool", FaultKind.Invalid, $"There is no tool '{wish.Tool}'. GET /api/v1/tools lists them.");
        var rules = wish.Arguments ?? ImmutableDictionary<string, JsonElement>.Empty;
        foreach (var name in rules.Keys)
        {
            if (!tool.InputSchema.TryGetProperty("properties", out var known) || !known.TryGetProperty(name, out _))
            {
                return new Fault(
                    "tools.bad_standing_approval", FaultKind.Invalid, $"{tool.Name} has no argument '{name}'.");
            }
        }

        if (!CanonicalJson.Write(JsonSerializer.SerializeToElement(rules, Json.Options)).TryGet(out var arguments, out var fault))
            return fault;
        var now = Now();
        var lasts = TimeSpan.FromSeconds(wish.LastsSeconds!.Value);
        if (lasts > options.Value.StandingTimeMax || wish.UsesMax > options.Value.StandingUsesMax)
        {
            return new Fault(
                "tools.bad_standing_approval",
                FaultKind.Invalid,
                $"An approval may be given for {options.Value.StandingTimeMax.TotalDays:0.##} days and "
                + $"{options.Value.StandingUsesMax} uses at most.");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await db.StandingApprovals.CountAsync(
            row => row.RevokedAt == null && row.ExpiresAt > now && row.Uses < row.UsesMax, cancellationToken);
        if (open >= options.Value.StandingApprovalsMax)
        {
            return new Fault(
                "tools.too_many_standing_approvals",
                FaultKind.LimitReached,
                $"There are {open} approvals given in advance, which is the most. Revoke those that are not needed.");
        }

        var row = new StandingApprovalRow
        {
            Id = StandingApprovalId.New(clock),
            TenantId = tenants.Required,
            Subject = wish.Agent!,
            Tool = tool.Name,
            Arguments = arguments,
            UsesMax = wish.UsesMax!.Value,
            CreatedAt = now,
            ExpiresAt = now + lasts,
            CreatedBy = caller.User.ToString(),
            Note = wish.Note ?? "",
        };
        db.StandingApprovals.Add(row);
        await SaveAsync(db, "standing_approvals.give", row, cancellationToken);
        return ViewOf(row, now);
    }

    public async Task<List<StandingApproval>> ListAsync(
        StandingApprovalId? before, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.StandingApprovals.AsNoTracking();
        if (before is { } id)
        {
            var at = await rows.Where(row => row.Id == id).Select(row => (DateTimeOffset?)row.CreatedAt)
                .SingleOrDefaultAsync(cancellationToken);
            if (at is null) return [];
            // Those of the same millisecond are few, and told apart below.
            rows = rows.Where(row => row.CreatedAt <= at);
        }

        var now = Now();
        var found = await rows.OrderByDescending(static row => row.CreatedAt).Take(countMax + LookedAtMax)
            .ToListAsync(cancellationToken);
        return
        [
            .. found.OrderByDescending(static row => row.Id)
                .Where(row => before is not { } id || row.Id.CompareTo(id) < 0)
                .Take(countMax).Select(row => ViewOf(row, now)),
        ];
    }

    public async Task<Result<StandingApproval>> RevokeAsync(
        StandingApprovalId id, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.StandingApprovals.SingleOrDefaultAsync(row => row.Id == id, cancellationToken);
        if (row is null)
        {
            return new Fault(
                "tools.standing_approval_not_found", FaultKind.NotFound, $"There is no approval given in advance {id}.");
        }

        if (row.RevokedAt is null)
        {
            (row.RevokedAt, row.RevokedBy) = (Now(), caller.User.ToString());
            await SaveAsync(db, "standing_approvals.revoke", row, cancellationToken);
        }

        return ViewOf(row, Now());
    }

    public async Task<StandingConsent?> UseAsync(EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken)
    {
        if (ask.IsViolation) return null;
        var now = Now();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.StandingApprovals.AsNoTracking()
            .Where(row => row.Subject == call.Subject && row.Tool == ask.Tool && row.RevokedAt == null
                && row.ExpiresAt > now && row.Uses < row.UsesMax)
            .OrderBy(static row => row.ExpiresAt).Take(LookedAtMax).ToListAsync(cancellationToken);
        foreach (var row in rows)
        {
            var rules = JsonSerializer.Deserialize<ImmutableDictionary<string, JsonElement>>(row.Arguments, Json.Options);
            if (ArgumentRules.FirstBroken(rules, ask.Arguments) is not null) continue;
            // One statement takes the use, so that two calls at once never share the last one.
            var taken = await db.StandingApprovals
                .Where(it => it.Id == row.Id && it.RevokedAt == null && it.ExpiresAt > now && it.Uses < it.UsesMax)
                .ExecuteUpdateAsync(set => set.SetProperty(it => it.Uses, it => it.Uses + 1), cancellationToken);
            if (taken == 1)
                return new StandingConsent($"standing:{row.Id}", $"Given in advance by {row.CreatedBy}, use {row.Uses + 1} of {row.UsesMax}.");
        }

        return null;
    }

    private async Task SaveAsync(
        ToolsDb db, string action, StandingApprovalRow row, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done(action).On("standing_approval", row.Id.ToString())
                .With("agent", row.Subject).With("tool", row.Tool).With("uses_max", $"{row.UsesMax}"),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static StandingApproval ViewOf(StandingApprovalRow row, DateTimeOffset now) => new(
        row.Id,
        row.Subject,
        row.Tool,
        JsonElement.Parse(row.Arguments),
        row.UsesMax,
        row.Uses,
        row.CreatedAt,
        row.ExpiresAt,
        row.CreatedBy,
        row.Note,
        row.RevokedAt,
        row.RevokedAt is null && row.ExpiresAt > now && row.Uses < row.UsesMax);

    private DateTimeOffset Now() =>
        DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
}
