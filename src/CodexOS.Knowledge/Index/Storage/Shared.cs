namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Something that several generations of the index use, and that is let go when the last of them ends.</summary>
internal sealed class Shared<T>(T value)
    where T : class, IDisposable
{
    private int _users;

    public T Value { get; } = value;

    public void Acquire() => Interlocked.Increment(ref _users);

    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) Value.Dispose();
    }
}
