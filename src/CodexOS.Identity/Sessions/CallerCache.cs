using System.Diagnostics.CodeAnalysis;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// What was read about who makes requests, reused for a short while. Whoever changes something has it forgotten, which
/// counts from the next request on: what was read before a change and comes in after it is not kept.
/// </summary>
internal sealed class CallerCache<TKey, TEntry>(IdentityOptions options, Database database, TimeProvider clock)
    where TKey : notnull
    where TEntry : class
{
    private static readonly TimeSpan LifetimeOnSqlite = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _lifetime = options.SessionCacheLifetime
        ?? (database.Dialect is SqlDialect.Sqlite ? LifetimeOnSqlite : TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly BoundedCache<TKey, Kept> _entries = new(options.SessionCacheEntriesMax);
    private long _changes;

    /// <summary>What is known of a key, if it is still fresh.</summary>
    /// <param name="key">The key.</param>
    /// <param name="entry">What is known.</param>
    /// <param name="changes">How many changes there were so far; hand it to <see cref="Keep"/>.</param>
    public bool TryGet(TKey key, [NotNullWhen(true)] out TEntry? entry, out long changes)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            changes = _changes;
            entry = _entries.TryGet(key, out var kept) && kept.FreshUntil > now ? kept.Entry : null;
            return entry is not null;
        }
    }

    /// <summary>
    /// Keeps what was read. If something changed meanwhile, what was read may be from before: it is good for the request
    /// that read it, which came before the change was answered, but not for the next one.
    /// </summary>
    public void Keep(TKey key, TEntry entry, long changes)
    {
        if (_lifetime <= TimeSpan.Zero) return;
        var freshUntil = clock.GetUtcNow() + _lifetime;
        lock (_gate)
        {
            if (changes == _changes) _entries.Set(key, new Kept(entry, freshUntil));
        }
    }

    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _changes++;
            _entries.Remove(key);
        }
    }

    public void Forget(Func<TEntry, bool> condition)
    {
        lock (_gate)
        {
            _changes++;
            _entries.RemoveWhere(kept => condition(kept.Entry));
        }
    }

    private sealed record Kept(TEntry Entry, DateTimeOffset FreshUntil);
}
