using System.Text.Json;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Sources;

/// <summary>The sources of knowledge bases.</summary>
internal sealed class SourceStore(
    IDbContextFactory<KnowledgeDb> contexts, SourceCheck check, Syncs syncs, SourceFolders kept, DocumentStore documents,
    IAuditLog audit, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private const int DocumentsAtOnce = 100;

    public async Task<Result<SourceRow>> FindAsync(BaseRow place, string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Sources.AsNoTracking().SingleOrDefaultAsync(
            row => row.BaseId == place.BaseId && row.Name == name, cancellationToken) is { } found
            ? await syncs.SettledAsync(found, cancellationToken)
            : SourceFaults.NotFound;
    }

    public async Task<Result<KnowledgeSource>> GetAsync(BaseRow place, string name, CancellationToken cancellationToken) =>
        (await FindAsync(place, name, cancellationToken)).TryGet(out var row, out var fault)
            ? (await ViewAsync([row], cancellationToken))[0]
            : fault;

    /// <summary>One more than a page of sources, by name.</summary>
    public async Task<IReadOnlyList<KnowledgeSource>> ListAsync(
        BaseRow place, PageRequest page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Sources.AsNoTracking().Where(row => row.BaseId == place.BaseId);
        if (page.After is { } last) rows = rows.Where(row => row.Name.CompareTo(last) > 0);
        var found = await rows.OrderBy(static row => row.Name).Take(page.Limit + 1).ToListAsync(cancellationToken);
        for (var at = 0; at < found.Count; at++) found[at] = await syncs.SettledAsync(found[at], cancellationToken);
        return await ViewAsync(found, cancellationToken);
    }

    public async Task<Result<KnowledgeSource>> CreateAsync(
        BaseRow place, CreateSourceRequest request, UserId by, CancellationToken cancellationToken)
    {
        if (!(await check.CheckAsync(request.Place!, place.TenantId, cancellationToken)).TryGet(out var where, out var fault))
            return fault;
        var now = clock.GetUtcNow();
        var planned = Schedules.Check(request.Schedule, options.Value.SyncIntervalMin, now);
        if (!planned.TryGet(out var schedule, out fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Sources.AnyAsync(one => one.BaseId == place.BaseId && one.Name == request.Name, cancellationToken))
            return SourceFaults.Exists(request.Name!);
        if (await db.Sources.CountAsync(one => one.BaseId == place.BaseId, cancellationToken) is var count
            && count >= options.Value.SourcesPerBaseMax)
        {
            return SourceFaults.TooMany(options.Value.SourcesPerBaseMax);
        }

        var row = new SourceRow
        {
            SourceId = SourceId.New(clock),
            TenantId = place.TenantId,
            BaseId = place.BaseId,
            Name = request.Name!,
            Kind = SourceCheck.KindOf(where)!.Value,
            Place = Write(where),
            Schedule = schedule is null ? null : Write(schedule),
            NextAt = Schedules.Next(schedule, now),
            CreatedAt = now,
            CreatedBy = by,
        };
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Sources.Add(row);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return SourceFaults.Exists(row.Name);
        }

        await audit.RecordAsync(Entry("knowledge.create_source", place, row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await ViewAsync([row], cancellationToken))[0];
    }

    public async Task<Result<KnowledgeSource>> ChangeAsync(
        BaseRow place, string name, ChangeSourceRequest request, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(place, name, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        var now = clock.GetUtcNow();
        var (where, schedule) = (PlaceOf(found), ScheduleOf(found));
        if (request.Place is { } wanted)
        {
            // What a sync that is under way still fetches would be of the place before.
            if (found.IsSyncing) return SourceFaults.Syncing;
            if (!(await check.CheckAsync(wanted, place.TenantId, cancellationToken)).TryGet(out where, out fault)) return fault;
            if (SourceCheck.KindOf(where) != found.Kind)
                return SourceFaults.Bad("its kind cannot change; make another source and delete this one");
        }

        if (request.Schedule is not null
            && !Schedules.Check(request.Schedule, options.Value.SyncIntervalMin, now).TryGet(out schedule, out fault))
        {
            return fault;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Sources.SingleOrDefaultAsync(one => one.SourceId == found.SourceId, cancellationToken) is not { } row)
            return SourceFaults.NotFound;
        var changes = request.Schedule is not null || request.IsPaused is { } paused && paused != row.IsPaused;
        (row.Place, row.Schedule) = (Write(where), schedule is null ? null : Write(schedule));
        row.IsPaused = request.IsPaused ?? row.IsPaused;
        if (changes) row.NextAt = row.IsPaused ? null : Schedules.Next(schedule, now);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(Entry("knowledge.change_source", place, row), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (await ViewAsync([row], cancellationToken))[0];
    }

    /// <summary>
    /// Deletes a source; its documents go with it, or stay as if somebody had added them. The row goes last, so that a deletion
    /// that was interrupted can be asked for again.
    /// </summary>
    public async Task<Result<bool>> DeleteAsync(
        BaseRow place, string name, bool withDocuments, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(place, name, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        if (row.IsSyncing) return SourceFaults.Syncing;
        kept.Remove(row.SourceId);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        while (withDocuments)
        {
            var ids = await db.Documents.Where(one => one.SourceId == row.SourceId).OrderBy(static one => one.DocumentId)
                .Take(DocumentsAtOnce).Select(static one => one.DocumentId).ToListAsync(cancellationToken);
            if (ids.Count == 0) break;
            var withdrawn = await documents.WithdrawAsync(place, row.SourceId, ids, cancellationToken);
            if (!withdrawn.TryGet(out _, out fault)) return fault;
        }

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Documents.Where(one => one.SourceId == row.SourceId)
            .ExecuteUpdateAsync(static set => set.SetProperty(static one => one.SourceId, (SourceId?)null), cancellationToken);
        await db.SourceItems.Where(one => one.SourceId == row.SourceId).ExecuteDeleteAsync(cancellationToken);
        await db.Sources.Where(one => one.SourceId == row.SourceId).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            Entry("knowledge.delete_source", place, row).With("documents", withDocuments ? "deleted" : "kept"), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    public static SourcePlace PlaceOf(SourceRow row) => JsonSerializer.Deserialize<SourcePlace>(row.Place, Json.Options)!;

    public static SourceSchedule? ScheduleOf(SourceRow row) =>
        row.Schedule is null ? null : JsonSerializer.Deserialize<SourceSchedule>(row.Schedule, Json.Options);

    private async Task<List<KnowledgeSource>> ViewAsync(List<SourceRow> rows, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var ids = rows.ConvertAll(static row => (SourceId?)row.SourceId);
        var counts = await db.Documents.Where(one => one.SourceId != null && ids.Contains(one.SourceId))
            .GroupBy(static one => one.SourceId).Select(static group => new { group.Key, Count = group.LongCount() })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(row => new KnowledgeSource(
            row.SourceId, row.Name, row.Kind, PlaceOf(row), ScheduleOf(row),
            row.IsSyncing ? SourceState.Syncing : row.IsPaused ? SourceState.Paused : SourceState.Idle, row.NextAt,
            counts.Find(count => count.Key == row.SourceId)?.Count ?? 0, row.RunId,
            row.Result is null ? null : JsonSerializer.Deserialize<SyncResult>(row.Result, Json.Options), row.CreatedAt,
            row.CreatedBy));
    }

    private static AuditEntry Entry(string what, BaseRow place, SourceRow row) => AuditEntry.Done(what)
        .On("knowledge", place.Name).With("source", row.SourceId.ToString()).With("name", row.Name)
        .With("kind", row.Kind.ToString().ToLowerInvariant());

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, Json.Options);
}
