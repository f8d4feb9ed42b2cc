using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Identity;

/// <summary>
/// A dictionary that forgets instead of growing. It keeps two generations: when the young one holds half the limit it
/// becomes the old one, and what was in the old one and has not been asked for since is gone. Not thread-safe.
/// </summary>
internal sealed class BoundedCache<TKey, TValue>(int entriesMax)
    where TKey : notnull
{
    private readonly int _youngMax = Math.Max(1, entriesMax / 2);
    private Dictionary<TKey, TValue> _young = [];
    private Dictionary<TKey, TValue> _old = [];

    /// <summary>How many entries are held.</summary>
    public int Count => _young.Count + _old.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_young.TryGetValue(key, out value)) return true;
        if (!_old.TryGetValue(key, out value)) return false;
        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        _old.Remove(key);
        if (_young.Count >= _youngMax && !_young.ContainsKey(key)) (_young, _old) = ([], _young);
        _young[key] = value;
    }

    public void Remove(TKey key)
    {
        _young.Remove(key);
        _old.Remove(key);
    }

    public void RemoveWhere(Func<TValue, bool> condition)
    {
        foreach (var generation in (Dictionary<TKey, TValue>[])[_young, _old])
        {
            foreach (var (key, value) in generation)
                if (condition(value)) generation.Remove(key);
        }
    }
}
