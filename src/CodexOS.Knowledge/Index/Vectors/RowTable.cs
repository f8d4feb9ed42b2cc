using System.IO.MemoryMappedFiles;

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
        for (var i = 0; i < Count; i++)
        {
            var row = this[i];
            for (var j = 0; j < Dimension; j++) sums[j] += row[j];
        }

        var divisor = Math.Max(1, Count);
        return Array.ConvertAll(sums, sum => (float)(sum / divisor));
    }

    public void Dispose()
    {
        if (_view is null) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map!.Dispose();
    }
}
