using System.Collections.Immutable;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Retention;

/// <summary>How long the present tenant keeps its data: as it has set it, and else as the options say.</summary>
internal sealed class TenantRetention(
    IDbContextFactory<PrivacyDb> contexts, IEnumerable<IRetainedData> others, IAuditLog audit, TenantContext tenants,
    RetentionDefaults runs, IOptions<PrivacyOptions> options, TimeProvider clock) : IRetentionPolicies
{
    private readonly ImmutableArray<RetentionRule> _rules =
    [
        new(
            "runs",
            "Runs that have ended, with their events, payloads and archives.",
            runs.DeleteAfter,
            TimeSpan.FromDays(1)),
        .. others.Select(static other => other.Rule),
    ];

    /// <inheritdoc />
    public async Task<RetentionPolicy> ReadAsync(CancellationToken cancellationToken)
    {
        var set = await ReadSetAsync(cancellationToken);
        var kept = _rules.ToDictionary(static rule => rule.Kind, rule => KeptOf(rule, set), StringComparer.Ordinal);
        var archive = runs.ArchiveAfter;
        var delete = kept[_rules[0].Kind];
        // Only what is archived is deleted, so it is archived in time for that.
        if (delete is { } days && (archive is null || archive > days)) archive = days;
        return new RetentionPolicy(archive, delete, runs.KeysKept)
        {
            Others = _rules.Skip(1).Where(rule => kept[rule.Kind] is not null).ToImmutableSortedDictionary(
                static rule => rule.Kind, rule => kept[rule.Kind]!.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Every kind, with how long it is kept.</summary>
    public async Task<IReadOnlyList<RetentionState>> ListAsync(CancellationToken cancellationToken)
    {
        var set = await ReadSetAsync(cancellationToken);
        return [.. _rules.Select(rule => StateOf(rule, set))];
    }

    /// <summary>Sets how long a kind is kept; null leaves it to the options again.</summary>
    public async Task<Result<RetentionState>> SetAsync(
        string kind, int? days, Caller caller, CancellationToken cancellationToken)
    {
        if (_rules.FirstOrDefault(rule => rule.Kind == kind) is not { } rule) return PrivacyFaults.BadKind;
        var (least, most) = (DaysOf(rule.Least), DaysOf(options.Value.RetentionMax));
        if (days < least || days > most) return PrivacyFaults.BadDays(least, most);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Retention.Where(row => row.Kind == kind).ExecuteDeleteAsync(cancellationToken);
        if (days is { } wanted)
        {
            db.Retention.Add(new RetentionRow
            {
                TenantId = tenants.Required,
                Kind = kind,
                Days = wanted,
                ChangedAt = clock.GetUtcNow(),
                ChangedBy = caller.User,
            });
            await db.SaveChangesAsync(cancellationToken);
        }

        await audit.RecordAsync(
            AuditEntry.Done("privacy.set_retention").On("retention", kind).With("days", days is { } set ? $"{set}" : "default"), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return StateOf(rule, await ReadSetAsync(cancellationToken));
    }

    private async Task<Dictionary<string, int>> ReadSetAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Retention.ToDictionaryAsync(
            static row => row.Kind, static row => row.Days, StringComparer.Ordinal, cancellationToken);
    }

    private RetentionState StateOf(RetentionRule rule, Dictionary<string, int> set) => new(
        rule.Kind,
        rule.Summary,
        KeptOf(rule, set) is { } kept ? DaysOf(kept) : null,
        rule.Default is { } given ? DaysOf(given) : null,
        set.ContainsKey(rule.Kind),
        DaysOf(rule.Least),
        DaysOf(options.Value.RetentionMax));

    private static TimeSpan? KeptOf(RetentionRule rule, Dictionary<string, int> set) =>
        set.TryGetValue(rule.Kind, out var days) ? TimeSpan.FromDays(days) : rule.Default;

    private static int DaysOf(TimeSpan time) => (int)Math.Ceiling(time.TotalDays);
}
