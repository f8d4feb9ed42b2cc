using System.Collections.Concurrent;
using System.Globalization;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// Brings the index of a base up to what other servers have read: where several work on one database, each has an index of its
/// own of every base that it is asked about. Documents that were recorded since it last looked are put in from their stored
/// texts; it looks when somebody searches, and a search waits for it a moment.
/// </summary>
internal sealed partial class IndexFollower : IDisposable
{
    private const int DocumentsMax = 200;
    private const int ChangesMax = 50_000;
    private const int PutMax = 200_000;

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_waitMax = TimeSpan.FromSeconds(1);

    // Clocks of servers differ a little, and what is recorded becomes visible a little later than it says.
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_rounding = TimeSpan.FromMilliseconds(1);

    private readonly KnowledgeIndex _index;
    private readonly string _file;
    private readonly IndexedDocuments _documents;
    private readonly IDbContextFactory<KnowledgeDb> _contexts;
    private readonly TenantContext _tenants;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<DocumentId, DateTimeOffset> _put = new();
    private Task _following = Task.CompletedTask;
    private long? _lookedAt;
    private DateTimeOffset _seen;

    /// <summary>Follows what is recorded.</summary>
    /// <param name="index">The index.</param>
    /// <param name="folder">Where it lies; up to when it has followed is kept beside it.</param>
    /// <param name="since">When it was made anew, if it was just now.</param>
    /// <param name="documents">What an index holds of documents.</param>
    /// <param name="contexts">The documents.</param>
    /// <param name="tenants">Lets the work in the background see those of the base's tenant.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">What goes wrong.</param>
    public IndexFollower(
        KnowledgeIndex index, string folder, DateTimeOffset since, IndexedDocuments documents,
        IDbContextFactory<KnowledgeDb> contexts, TenantContext tenants, TimeProvider clock, ILogger log)
    {
        (_index, _file, _documents, _contexts, _tenants) = (index, FileOf(folder), documents, contexts, tenants);
        (_clock, _log, _seen) = (clock, log, Read(FileOf(folder)) ?? since);
        if (!File.Exists(_file)) Write();
    }

    /// <summary>Whether it is known up to when an index has followed.</summary>
    public static bool Knows(string folder) => Read(FileOf(folder)) is not null;

    /// <summary>The index is deleted.</summary>
    public static void Forget(string folder)
    {
        if (File.Exists(FileOf(folder))) File.Delete(FileOf(folder));
    }

    /// <summary>This server has put documents in itself, and has recorded them.</summary>
    public void Note(IEnumerable<DocumentId> recorded, DateTimeOffset at)
    {
        // What is put in once more does no harm. So it is with what was followed while this server read it anew, since it is
        // not known which of the two came last.
        if (_put.Count >= PutMax) _put.Clear();
        foreach (var document in recorded)
            if (!_put.TryAdd(document, at)) _put.TryRemove(document, out _);
    }

    /// <summary>Looks what others have recorded, unless that was done a moment ago, and waits for it a moment.</summary>
    public async Task CatchUpAsync(BaseRow place, CancellationToken cancellationToken)
    {
        var following = Following(place);
        if (following.IsCompleted) return;
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(following, Task.Delay(s_waitMax, _clock, wait.Token));
        await wait.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc />
    public void Dispose() => _closing.Cancel();

    private Task Following(BaseRow place)
    {
        lock (_gate)
        {
            var isRecent = _lookedAt is { } last && _clock.GetElapsedTime(last) < s_every;
            if (!_following.IsCompleted || isRecent || _closing.IsCancellationRequested) return _following;
            _lookedAt = _clock.GetTimestamp();
            return _following = Task.Run(() => FollowAsync(place, _closing.Token));
        }
    }

    private async Task FollowAsync(BaseRow place, CancellationToken closing)
    {
        try
        {
            using var entered = _tenants.Enter(place.TenantId);
            await using var db = await _contexts.CreateDbContextAsync(closing);
            var from = _seen - s_overlap;
            var changes = await db.Documents.AsNoTracking()
                .Where(row => row.BaseId == place.BaseId && row.ChangedAt > from && row.State == DocumentState.Indexed)
                .OrderBy(static row => row.ChangedAt).Take(ChangesMax)
                .Select(static row => new { row.DocumentId, row.ChangedAt })
                .ToListAsync(closing);
            foreach (var some in changes.Where(one => !IsPut(one.DocumentId, one.ChangedAt)).Chunk(DocumentsMax))
            {
                var ids = Array.ConvertAll(some, static one => one.DocumentId);
                var rows = await db.Documents.AsNoTracking()
                    .Where(row => ids.Contains(row.DocumentId) && row.State == DocumentState.Indexed).ToListAsync(closing);
                var read = await _documents.ReadAsync(db, place, rows, _index.Models.Current, closing);
                if (!read.TryGet(out var passages, out var fault)
                    || !_index.Publish(passages, [.. rows.Select(static row => row.DocumentId.Value)], closing)
                        .TryGet(out _, out fault))
                {
                    if (fault.Code != IndexFaults.Closed.Code) LogBehind(place.BaseId, fault.ToString());
                    return;
                }

                foreach (var row in rows) _put[row.DocumentId] = row.ChangedAt;
            }

            if (changes is not [.., { ChangedAt: var newest }]) return;
            if (newest <= _seen) return;
            _seen = newest;
            Write();
            foreach (var (document, at) in _put)
                if (at < _seen - (2 * s_overlap)) _put.TryRemove(document, out _);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The index is closed.
        }
        catch (Exception error)
        {
            // The next search tries again; until then it finds what was there.
            LogBehind(place.BaseId, error.Message);
        }
    }

    private bool IsPut(DocumentId document, DateTimeOffset at) =>
        _put.TryGetValue(document, out var put) && at <= put + s_rounding;

    /// <summary>Beside the folder, in which there is nothing but what the index names.</summary>
    private static string FileOf(string folder) => folder + ".followed";

    private static DateTimeOffset? Read(string file) =>
        File.Exists(file) && DateTimeOffset.TryParseExact(
            File.ReadAllText(file), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var seen) ? seen : null;

    private void Write()
    {
        File.WriteAllText(_file + ".new", _seen.ToString("O", CultureInfo.InvariantCulture));
        File.Move(_file + ".new", _file, overwrite: true);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The index of {KnowledgeBase} is behind what other servers have read: {Reason}")]
    private partial void LogBehind(KnowledgeBaseId knowledgeBase, string reason);
}
