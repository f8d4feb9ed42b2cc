using System.Runtime.Intrinsics;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// Vectors put in lists so that near ones share a list (k-means by cosine, from a sample; the same for the same vectors).
/// A list has a centre of length one, by which a search chooses lists.
/// </summary>
internal sealed unsafe class VectorLists
{
    private const int SampledPerList = 30;
    private const int ListCountMax = 4096;
    private const int TileSize = 16;
    private const ulong Seed = 5;

    // Which share of the sample each round looks at: while centres still move far, few vectors tell them where to.
    private static readonly double[] s_rounds = [0.25, 0.5, 0.5, 1];

    private VectorLists(float[] centroids, int[] starts, int[] passages) =>
        (Centroids, Starts, Passages) = (centroids, starts, passages);

    public int Count => Starts.Length - 1;

    public float[] Centroids { get; }

    /// <summary>Where each list begins, and behind the last its end.</summary>
    public int[] Starts { get; }

    /// <summary>The passages, list by list.</summary>
    public int[] Passages { get; }

    public static VectorLists Of(RowTable rows)
    {
        var count = Math.Min(ListCountMax, (int)(2 * Math.Sqrt(rows.Count)) & ~3);
        var state = Seed;
        var sample = new int[Math.Min(rows.Count, count * SampledPerList)];
        for (var i = 0; i < sample.Length; i++) sample[i] = SplitMix.Below(ref state, rows.Count);
        var centroids = new float[count * rows.Dimension];
        for (var list = 0; list < count; list++) rows[sample[list]].CopyTo(Centre(centroids, rows, list));
        foreach (var share in s_rounds)
        {
            var length = Math.Min(sample.Length, Math.Max(count, (int)(sample.Length * share)));
            var nearest = Nearest(rows, centroids, count, i => sample[i], length);
            Move(rows, centroids, count, sample.AsSpan(0, length), nearest, ref state);
        }

        return Sorted(centroids, count, Nearest(rows, centroids, count, static i => i, rows.Count));
    }

    private static Span<float> Centre(float[] centroids, RowTable rows, int list) =>
        centroids.AsSpan(list * rows.Dimension, rows.Dimension);

    /// <summary>The list of each vector; by as many threads as there are, since nothing else takes so long.</summary>
    private static int[] Nearest(RowTable rows, float[] centroids, int count, Func<int, int> rowOf, int rowCount)
    {
        const int ChunkSize = 1024;
        var nearest = new int[rowCount];
        Parallel.For(0, (rowCount + ChunkSize - 1) / ChunkSize, chunk =>
        {
            var end = Math.Min(rowCount, (chunk + 1) * ChunkSize);
            fixed (float* centres = centroids)
            {
                for (var i = chunk * ChunkSize; i < end; i += TileSize)
                    NearestTo(rows, centres, count, rowOf, i, nearest.AsSpan(i, Math.Min(TileSize, end - i)));
            }
        });
        return nearest;
    }

    /// <summary>
    /// The lists of a few vectors that follow one another. Four centres at a time are compared with all of them, two by two:
    /// the centres are more than the near cache holds, so going through all of them for each vector would wait for memory.
    /// </summary>
    private static void NearestTo(
        RowTable rows, float* centres, int count, Func<int, int> rowOf, int from, Span<int> nearest)
    {
        var tile = stackalloc float*[TileSize + 1];
        var cosines = stackalloc float[TileSize + 1];
        for (var i = 0; i < nearest.Length; i++) tile[i] = rows.At(rowOf(from + i));
        // The last of an odd number is compared with itself.
        tile[nearest.Length] = tile[nearest.Length - 1];
        new Span<float>(cosines, nearest.Length).Fill(float.MinValue);
        for (var list = 0; list < count; list += 4)
        {
            var four = centres + ((long)list * rows.Dimension);
            for (var i = 0; i < nearest.Length; i += 2)
            {
                var (first, second) = Kernels.DotFour(tile[i], tile[i + 1], four, rows.Dimension);
                Keep(first, list, ref cosines[i], ref nearest[i]);
                if (i + 1 < nearest.Length) Keep(second, list, ref cosines[i + 1], ref nearest[i + 1]);
            }
        }
    }

    private static void Keep(Vector128<float> four, int list, ref float best, ref int nearest)
    {
        if (!Vector128.GreaterThanAny(four, Vector128.Create(best))) return;
        for (var i = 0; i < 4; i++)
        {
            if (four[i] > best) (best, nearest) = (four[i], list + i);
        }
    }

    private static void Move(
        RowTable rows, float[] centroids, int count, ReadOnlySpan<int> sample, int[] nearest, ref ulong state)
    {
        var sizes = new int[count];
        Array.Clear(centroids);
        for (var i = 0; i < sample.Length; i++)
        {
            sizes[nearest[i]]++;
            Kernels.AddScaled(rows[sample[i]], 1, Centre(centroids, rows, nearest[i]));
        }

        for (var list = 0; list < count; list++)
        {
            // A list that nothing is near to begins anew somewhere else.
            if (sizes[list] == 0) rows[sample[SplitMix.Below(ref state, sample.Length)]].CopyTo(Centre(centroids, rows, list));
            Kernels.Normalize(Centre(centroids, rows, list));
        }
    }

    private static VectorLists Sorted(float[] centroids, int count, int[] nearest)
    {
        var starts = new int[count + 1];
        foreach (var list in nearest) starts[list + 1]++;
        for (var list = 0; list < count; list++) starts[list + 1] += starts[list];
        var next = starts.AsSpan(0, count).ToArray();
        var passages = new int[nearest.Length];
        for (var i = 0; i < nearest.Length; i++) passages[next[nearest[i]]++] = i;
        return new VectorLists(centroids, starts, passages);
    }
}
