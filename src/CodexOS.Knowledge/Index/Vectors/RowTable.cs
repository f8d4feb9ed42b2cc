using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>Vectors in a mapped file, while lists and codes are made of them.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly unsafe struct RowTable(MappedArray<float> values, int count, int dimension)
{
    public int Count => count;

    public int Dimension => dimension;

    public ReadOnlySpan<float> this[int index] => values.Slice((long)index * dimension, dimension);

    /// <summary>Where a vector begins.</summary>
    public float* At(int index) => values.Start + ((long)index * dimension);

    /// <summary>The mean of all vectors.</summary>
    public float[] Mean()
    {
        var sums = new double[dimension];
        var divisor = Math.Max(1, count);
        for (var i = 0; i < count; i++)
        {
            var row = this[i];
            for (var j = 0; j < dimension; j++) sums[j] += row[j];
        }

        return Array.ConvertAll(sums, sum => (float)(sum / divisor));
    }
}
