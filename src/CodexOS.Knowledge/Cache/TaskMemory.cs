using System.Runtime.InteropServices;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// The vectors of tasks at hand. To read those of a key for every task anew takes far longer than to compare them, so they are
/// read whole once, and then only what has come since. Answers are never taken from here: who finds one opens its row, which may
/// have gone. What was asked for last is kept, up to <c>Knowledge:CacheMemoryBytesMax</c>, and all of it is read anew after
/// <c>Knowledge:CacheMemoryTime</c>, so that nothing that was erased elsewhere stays longer.
/// </summary>
internal sealed class TaskMemory(TenantContext tenants, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    // Rows can become visible later than others that were made after them, and clocks of servers differ a little.
    private static readonly TimeSpan s_overlap = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Place, LinkedListNode<Copy>> _known = [];
    private readonly LinkedList<Copy> _recent = [];
    private long _bytes;

    /// <summary>The tasks of a key, as the database has them.</summary>
    public async Task<TaskVectors> ReadAsync(KnowledgeDb db, byte[] key, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var place = PlaceOf(key);
        var known = Find(place, now);
        var rows = db.CachedAnswers.Where(row => row.ExactKey == key && row.ExpiresAt > now);
        if (known is not null)
        {
            var since = known.ReadAt - s_overlap;
            rows = rows.Where(row => row.CreatedAt >= since);
        }

        var read = await rows.OrderByDescending(static row => row.CreatedAt).Take(options.Value.CacheEntriesMax)
            .Select(static row => new { row.AnswerId, row.ExpiresAt, row.Vector }).ToListAsync(cancellationToken);
        var fresh = read.Where(row => known?.Tasks.Has(row.AnswerId) is not true)
            .Select(static row => new KeptTask(row.AnswerId, row.ExpiresAt, MemoryMarshal.Cast<byte, Half>(row.Vector).ToArray()))
            .ToList();
        var tasks = known is not null && fresh.Count == 0 ? known.Tasks : Joined(known, fresh, now);
        Keep(new Copy(place, tasks, now, known?.FirstReadAt ?? now));
        return tasks;
    }

    /// <summary>Forgets the tasks of a key: one of them is not in the database any more.</summary>
    public void Forget(byte[] key)
    {
        lock (_gate) Drop(PlaceOf(key));
    }

    /// <summary>Forgets everything of the present tenant.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            foreach (var place in _known.Keys.Where(place => place.Tenant == tenants.Required).ToList()) Drop(place);
        }
    }

    private TaskVectors Joined(Copy? known, List<KeptTask> fresh, DateTimeOffset now)
    {
        var all = (known?.Tasks.All ?? []).Where(task => task.ExpiresAt > now).Concat(fresh).ToList();
        all.Sort(static (one, other) => one.Answer.CompareTo(other.Answer));
        var tooMany = Math.Max(0, all.Count - options.Value.CacheEntriesMax);
        return new TaskVectors([.. all.Skip(tooMany)]);
    }

    private Place PlaceOf(byte[] key) => new(tenants.Required, Convert.ToHexString(key));

    private Copy? Find(Place place, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(place, out var node)) return null;
            if (now - node.Value.FirstReadAt < options.Value.CacheMemoryTime) return node.Value;
            Drop(place);
            return null;
        }
    }

    private void Keep(Copy copy)
    {
        lock (_gate)
        {
            Drop(copy.Place);
            if (copy.Tasks.SizeBytes > options.Value.CacheMemoryBytesMax) return;
            _known[copy.Place] = _recent.AddFirst(copy);
            for (_bytes += copy.Tasks.SizeBytes; _bytes > options.Value.CacheMemoryBytesMax;) Drop(_recent.Last!.Value.Place);
        }
    }

    private void Drop(Place place)
    {
        if (!_known.Remove(place, out var node)) return;
        _recent.Remove(node);
        _bytes -= node.Value.Tasks.SizeBytes;
    }

    private readonly record struct Place(TenantId Tenant, string Key);

    private sealed record Copy(Place Place, TaskVectors Tasks, DateTimeOffset ReadAt, DateTimeOffset FirstReadAt);
}
