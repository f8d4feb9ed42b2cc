using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Documents;

/// <summary>The documents of knowledge bases.</summary>
internal sealed class DocumentStore(
    IDbContextFactory<KnowledgeDb> contexts, BaseContent content, IndexKeeper indexes, IAuditLog audit,
    TenantQuotas quotas, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private readonly Headroom<KnowledgeBaseId> _documents = new();
    private readonly Headroom<TenantId> _bytes = new();

    /// <summary>
    /// Adds a document, or another content of one that is there under this name. The same content with the same facts changes
    /// nothing: a folder can be sent again and again.
    /// </summary>
    public async Task<Result<AddedDocument>> AddAsync(
        BaseRow place, NewDocument document, UserId by, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hashed = await content.FingerprintAsync(db, place, document.Content, cancellationToken);
        if (!hashed.TryGet(out var fingerprint, out var fault)) return fault;
        var row = await db.Documents.SingleOrDefaultAsync(
            one => one.BaseId == place.BaseId && one.Name == document.Name, cancellationToken);
        // What somebody else put there is not a source's to change. The other way round the document leaves its source.
        if (row is not null && document.Source is not null && row.SourceId != document.Source)
            return Sources.SourceFaults.NameTaken;
        if (row is not null && row.Fingerprint == fingerprint && IsSame(row, document) && row.State is not DocumentState.Failed)
            return new AddedDocument(DocumentView.Of(row), DocumentChange.Unchanged);
        if (row is null)
        {
            var most = options.Value.DocumentsPerBaseMax;
            if (!await _documents.TakeAsync(place.BaseId, most, 1, async () =>
                await db.Documents.CountAsync(one => one.BaseId == place.BaseId, cancellationToken)))
                return KnowledgeFaults.TooManyDocuments(most);
        }

        var growth = document.Content.Length - (row?.SizeBytes ?? 0);
        var bytesMax = quotas.LimitOf(place.TenantId, DocumentBytesQuota.QuotaName);
        if (growth > 0 && !await _bytes.TakeAsync(
            place.TenantId, bytesMax, growth, () => DocumentBytesQuota.UsedAsync(db, cancellationToken)))
            return quotas.Exceeded(DocumentBytesQuota.QuotaName, bytesMax);

        var id = row?.DocumentId ?? DocumentId.New(clock);
        var kept = await content.WriteAsync(db, place, id, ContentPart.File, document.Content, cancellationToken);
        if (!kept.TryGet(out var blob, out fault)) return fault;
        var now = clock.GetUtcNow();
        var (before, change) = (row?.ContentBlob, row is null ? DocumentChange.Added : DocumentChange.Replaced);
        if (row is null)
        {
            row = new DocumentRow
            {
                DocumentId = id,
                TenantId = place.TenantId,
                BaseId = place.BaseId,
                Name = document.Name,
                MediaType = "",
                Version = 0,
                Fingerprint = "",
                SizeBytes = 0,
                ContentBlob = "",
                State = DocumentState.Pending,
                Readers = "[]",
                Metadata = "{}",
                CreatedAt = now,
                ChangedAt = now,
                AddedBy = by,
            };
            db.Documents.Add(row);
        }

        (row.MediaType, row.Fingerprint, row.SizeBytes, row.ContentBlob) =
            (document.MediaType, fingerprint, document.Content.Length, blob);
        (row.Version, row.State, row.FaultCode, row.FaultMessage) = (row.Version + 1, DocumentState.Pending, null, null);
        (row.Readers, row.Metadata, row.At) = (Write(document.Readers), Write(document.Metadata), document.At);
        (row.ChangedAt, row.AddedBy, row.SourceId) = (now, by, document.Source);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            // Somebody else added this name or replaced its content at the same time: theirs stands, and this comes after it.
            await content.RemoveAsync(place.TenantId, blob, cancellationToken);
            return await AddAsync(place, document, by, cancellationToken);
        }

        if (before is not null) await content.RemoveAsync(place.TenantId, before, cancellationToken);
        return new AddedDocument(DocumentView.Of(row), change);
    }

    public async Task<Result<DocumentRow>> FindAsync(BaseRow place, string id, CancellationToken cancellationToken)
    {
        if (!DocumentId.TryParse(id, null, out var document)) return KnowledgeFaults.DocumentNotFound;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Documents.AsNoTracking().SingleOrDefaultAsync(
            row => row.DocumentId == document && row.BaseId == place.BaseId, cancellationToken) is { } found
            ? found
            : KnowledgeFaults.DocumentNotFound;
    }

    /// <summary>A document by name or id.</summary>
    public async Task<Result<DocumentRow>> FindNamedAsync(BaseRow place, string nameOrId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Documents.AsNoTracking().SingleOrDefaultAsync(
            row => row.BaseId == place.BaseId && row.Name == nameOrId, cancellationToken) is { } found
            ? found
            : await FindAsync(place, nameOrId, cancellationToken);
    }

    /// <summary>One more than a page of documents, in the order in which they were added.</summary>
    public async Task<List<DocumentRow>> ListAsync(
        BaseRow place, DocumentState? state, DocumentId? after, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Documents.AsNoTracking().Where(row => row.BaseId == place.BaseId);
        if (state is { } wanted) rows = rows.Where(row => row.State == wanted);
        if (after is { } last) rows = rows.Where(row => row.DocumentId.CompareTo(last) > 0);
        return await rows.OrderBy(static row => row.DocumentId).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Lets a document that could not be read, or was read, be read once more.</summary>
    public async Task<Result<DocumentRow>> RetryAsync(BaseRow place, string id, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(place, id, cancellationToken)).TryGet(out var found, out var fault)) return fault;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Documents.SingleAsync(one => one.DocumentId == found.DocumentId, cancellationToken);
        (row.State, row.FaultCode, row.FaultMessage, row.ChangedAt) = (DocumentState.Pending, null, null, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        return row;
    }

    /// <summary>Deletes a document: first it is found no more, then its content goes, then its row.</summary>
    public async Task<Result<bool>> DeleteAsync(BaseRow place, string id, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(place, id, cancellationToken)).TryGet(out var row, out var fault)) return fault;
        var published = await indexes.PublishAsync(place, [], [row.DocumentId], cancellationToken);
        if (!published.TryGet(out _, out fault)) return fault;
        foreach (var blob in row.Blobs) await content.RemoveAsync(place.TenantId, blob, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Documents.Where(one => one.DocumentId == row.DocumentId).ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("knowledge.delete_document").On("knowledge", place.Name).With("document", row.DocumentId.ToString()), db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Takes away documents that come from a source. Those that do not, or are gone, are left.</summary>
    /// <returns>How many there were.</returns>
    public async Task<Result<int>> WithdrawAsync(
        BaseRow place, SourceId source, IReadOnlyCollection<DocumentId> ids, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = ids.Count == 0
            ? []
            : await db.Documents.AsNoTracking().Where(one => ids.Contains(one.DocumentId) && one.SourceId == source)
                .ToListAsync(cancellationToken);
        if (rows.Count == 0) return 0;
        var found = rows.ConvertAll(static one => one.DocumentId);
        if (!(await indexes.PublishAsync(place, [], found, cancellationToken)).TryGet(out _, out var fault)) return fault;
        foreach (var blob in rows.SelectMany(static row => row.Blobs))
            await content.RemoveAsync(place.TenantId, blob, cancellationToken);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Documents.Where(one => found.Contains(one.DocumentId) && one.SourceId == source)
            .ExecuteDeleteAsync(cancellationToken);
        await audit.RecordAsync(
            AuditEntry.Done("knowledge.withdraw_documents").On("knowledge", place.Name).With("source", source.ToString())
                .With("count", rows.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows.Count;
    }

    private static bool IsSame(DocumentRow row, NewDocument document) =>
        row.Readers == Write(document.Readers) && row.Metadata == Write(document.Metadata) && row.At == document.At;

    private static string Write<T>(T value) => JsonSerializer.Serialize(value, Json.Options);
}

/// <summary>A document that is to be added.</summary>
/// <param name="Name">Its name with its folders.</param>
/// <param name="MediaType">What it is said to be; empty where nothing is said.</param>
/// <param name="Content">The file.</param>
/// <param name="Readers">Who alone may read it; nobody is everybody who may read the base.</param>
/// <param name="Metadata">Pairs that searches can ask for.</param>
/// <param name="At">The time that it speaks of.</param>
internal sealed record NewDocument(
    string Name, string MediaType, ReadOnlyMemory<byte> Content, IReadOnlyList<UserId> Readers,
    SortedDictionary<string, string> Metadata, DateTimeOffset? At)
{
    /// <summary>The source that it comes from; null if somebody adds it.</summary>
    public SourceId? Source { get; init; }
}
