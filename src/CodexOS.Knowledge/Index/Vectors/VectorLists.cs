namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// Vectors put in lists so that near ones share a list (k-means by cosine, from a sample; the same for the same vectors).
/// A list has a centre of length one, by which a search chooses lists.
/// </summary>
internal sealed unsafe class VectorLists
{
    private const int Rounds = 5;
    private const int SampledPerList = 40;
    private const int ListCountMax = 4096;
    private const ulong Seed = 5;

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
        for (var round = 0; round < Rounds; round++)
        {
            var nearest = Nearest(rows, centroids, count, i => sample[i], sample.Length);
            Move(rows, centroids, count, sample, nearest, ref state);
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
            fixed (float* centres = centroids)
            {
                for (var i = chunk * ChunkSize; i < Math.Min(rowCount, (chunk + 1) * ChunkSize); i++)
                    nearest[i] = NearestTo(rows.At(rowOf(i)), centres, count, rows.Dimension);
            }
        });
        return nearest;
    }

    private static int NearestTo(float* row, float* centres, int count, int dimension)
    {
        var (best, bestCosine) = (0, float.MinValue);
        for (var list = 0; list < count; list += 4)
        {
            var four = Kernels.DotFour(row, centres + ((long)list * dimension), dimension);
            for (var i = 0; i < 4; i++)
            {
                if (four[i] > bestCosine) (best, bestCosine) = (list + i, four[i]);
            }
        }

        return best;
    }

    private static void Move(RowTable rows, float[] centroids, int count, int[] sample, int[] nearest, ref ulong state)
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
