using System.IO.MemoryMappedFiles;
using System.Runtime.Intrinsics;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>Vectors in a file that is still being written, mapped while lists and codes are made of them.</summary>
internal sealed unsafe class RowTable : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly float* _start;

    public RowTable(string path, long offset, int count, int dimension)
    {
        (Count, Dimension) = (count, dimension);
        if (count == 0) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1);
        _map = MemoryMappedFile.CreateFromFile(
            file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = (float*)(start + offset);
    }

    public int Count { get; }

    public int Dimension { get; }

    public ReadOnlySpan<float> this[int index] => new(At(index), Dimension);

    /// <summary>Where a vector begins.</summary>
    public float* At(int index) => _start + ((long)index * Dimension);

    /// <summary>The mean of all vectors.</summary>
    public float[] Mean()
    {
        var sums = new double[Dimension];
        for (var i = 0; i < Count; i++) Add(this[i], sums);
        var divisor = Math.Max(1, Count);
        return Array.ConvertAll(sums, sum => (float)(sum / divisor));
    }

    private static void Add(ReadOnlySpan<float> added, Span<double> sums)
    {
        var j = 0;
        for (; j + Vector256<float>.Count <= added.Length; j += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(added[j..]));
            var first = sums[j..];
            var second = sums[(j + Vector256<double>.Count)..];
            (Vector256.Create<double>(first) + low).CopyTo(first);
            (Vector256.Create<double>(second) + high).CopyTo(second);
        }

        for (; j < added.Length; j++) sums[j] += added[j];
    }

    public void Dispose()
    {
        if (_view is null) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map!.Dispose();
    }
}
