using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// A run of values in a mapped file. It is as long-lived as the file's mapping; whoever reads it holds the snapshot.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct MappedArray<T>(byte* start, long sizeBytes)
    where T : unmanaged
{
    private readonly T* _start = (T*)start;

    /// <summary>How many values there are.</summary>
    public long Length { get; } = sizeBytes / sizeof(T);

    /// <summary>Where the values begin.</summary>
    public T* Start => _start;

    /// <summary>One value; the index is the caller's to keep in range.</summary>
    public ref readonly T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _start[index];
    }

    /// <summary>Some of the values.</summary>
    public ReadOnlySpan<T> Slice(long from, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, Length - count);
        return new ReadOnlySpan<T>(_start + from, count);
    }
}
