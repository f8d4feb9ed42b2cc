using System.Collections.Concurrent;

namespace CodexOS.Knowledge.Documents;

/// <summary>
/// Spares counting all there is for everything that is added. What a count finds to be left of a limit is given out in part
/// before the next count: so little that ten servers that add at the same time, and do not know of each other, stay below it.
/// </summary>
/// <typeparam name="TKey">What the limit is of.</typeparam>
internal sealed class Headroom<TKey>
    where TKey : notnull
{
    private const int Servers = 10;
    private const int KeysMax = 10_000;

    private readonly ConcurrentDictionary<TKey, Room> _rooms = new();

    /// <summary>Whether there is room for more; nothing is said to be too much without a count.</summary>
    /// <param name="key">What the limit is of.</param>
    /// <param name="limit">How much there may be.</param>
    /// <param name="adding">How much is added.</param>
    /// <param name="count">Counts what is there.</param>
    public async Task<bool> TakeAsync(TKey key, long limit, long adding, Func<Task<long>> count)
    {
        while (_rooms.TryGetValue(key, out var room) && room.Limit == limit && room.Left >= adding)
        {
            if (_rooms.TryUpdate(key, room with { Left = room.Left - adding }, room)) return true;
        }

        var left = limit - await count() - adding;
        if (left < 0) return false;
        if (_rooms.Count >= KeysMax) _rooms.Clear();
        _rooms[key] = new Room(limit, left / Servers);
        return true;
    }

    private sealed record Room(long Limit, long Left);
}
