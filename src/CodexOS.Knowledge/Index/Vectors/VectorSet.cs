using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>A passage with the cosine of its vector to a query's.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NearPassage(int Passage, float Cosine);

/// <summary>
/// The vectors of a segment's passages, mapped. A search goes through short codes first, of all vectors or of the lists
/// whose centres are nearest, and compares only the best of those exactly.
/// </summary>
internal sealed unsafe class VectorSet : IDisposable
{
    /// <summary>So few are compared exactly at once.</summary>
    public const int ExactCountMax = 1_000;

    private readonly SectionFile _file;
    private readonly MappedArray<float> _rows, _centroids;
    private readonly MappedArray<ulong> _codes;
    private readonly MappedArray<sbyte> _smallRows;
    private readonly MappedArray<int> _listStarts, _listPassages;
    private readonly SignCode _signs;

    private VectorSet(SectionFile file)
    {
        _file = file;
        Facts = file.Array<VectorFacts>(VectorSections.Facts)[0];
        _rows = file.Array<float>(VectorSections.Rows);
        _centroids = file.Array<float>(VectorSections.Centroids);
        _codes = file.Array<ulong>(VectorSections.Codes);
        _smallRows = file.Array<sbyte>(VectorSections.SmallRows);
        _listStarts = file.Array<int>(VectorSections.ListStarts);
        _listPassages = file.Array<int>(VectorSections.ListPassages);
        _signs = new SignCode(file.Array<float>(VectorSections.Mean).Slice(0, Facts.Dimension).ToArray());
    }

    public VectorFacts Facts { get; }

    /// <summary>Checks and opens a file of vectors, which must be of the embedder that is set up.</summary>
    public static Result<VectorSet> Open(string path, EmbedderKey embedder)
    {
        if (!SectionFile.Open(path, VectorSections.FileKind).TryGet(out var file, out var fault)) return fault;
        var key = file.Array<byte>(VectorSections.Key);
        var stored = Encoding.UTF8.GetString(key.Slice(0, (int)key.Length));
        if (stored == embedder.ToString()) return new VectorSet(file);
        file.Dispose();
        return IndexFaults.OtherEmbedder(stored, embedder.ToString());
    }

    /// <summary>The vector of a passage.</summary>
    public ReadOnlySpan<float> Row(int passage) => _rows.Slice((long)passage * Facts.Dimension, Facts.Dimension);

    /// <summary>The cosine of a passage's vector to a query's, both of length one.</summary>
    public float CosineOf(ReadOnlySpan<float> query, int passage)
    {
        fixed (float* at = query) return Kernels.Dot(at, RowAt(passage), Facts.Dimension);
    }

    /// <summary>The allowed passages with the greatest cosines, the greatest first.</summary>
    public List<NearPassage> Search(ReadOnlySpan<float> query, ulong[] allowed, int countMax) =>
        Search(query, allowed, countMax, Facts.ProbedLists, Math.Max(Facts.RescoredCount, 2 * countMax));

    /// <summary>The same with other settings, to find out which are good.</summary>
    public List<NearPassage> Search(ReadOnlySpan<float> query, ulong[] allowed, int countMax, int probedLists, int rescored)
    {
        var allowedCount = Bits.Count(allowed);
        // Filters that leave little are best followed one by one.
        if (allowedCount <= Math.Max(ExactCountMax, rescored)) return Exact(query, allowed, countMax);
        fixed (float* at = query)
        {
            if (Facts.UsesSmallRows != 0) return Rescored(at, NearSmallRows(query, allowed, probedLists, rescored), countMax);
        }

        var nearest = new NearestCodes(rescored, BitCount);
        Collect(query, allowed, probedLists, 0, nearest);
        var top = new TopNear(countMax);
        foreach (var near in nearest.Kept()) top.Add(near.Passage, CosineOf(query, near.Passage));
        return top.Sorted();
    }

    /// <summary>
    /// Whether a search among several segments can look at the codes of this one together with those of the others: it has
    /// codes, and more than a few passages may be found.
    /// </summary>
    public bool HasCodesFor(ulong[] allowed) => Facts.UsesSmallRows == 0 && Bits.Count(allowed) > ExactCountMax;

    /// <summary>How many bits a code has.</summary>
    public int BitCount => _signs.BitCount;

    /// <summary>Adds the allowed passages whose codes are nearest, as those of a segment.</summary>
    public void Collect(ReadOnlySpan<float> query, ulong[] allowed, int view, NearestCodes nearest) =>
        Collect(query, allowed, Facts.ProbedLists, view, nearest);

    /// <summary>The allowed passages with the greatest cosines, found by comparing all.</summary>
    public List<NearPassage> Exact(ReadOnlySpan<float> query, ulong[] allowed, int countMax)
    {
        var top = new TopNear(countMax);
        fixed (float* at = query)
        {
            for (var i = 0; i < allowed.Length; i++)
            {
                for (var word = allowed[i]; word != 0; word &= word - 1)
                {
                    var passage = (i << 6) | BitOperations.TrailingZeroCount(word);
                    top.Add(passage, Kernels.Dot(at, RowAt(passage), Facts.Dimension));
                }
            }
        }

        return top.Sorted();
    }

    /// <summary>
    /// The same for several queries and all passages, by as many threads as there are: each takes some of the queries, and some
    /// passages at a time are compared with all of these while they are near.
    /// </summary>
    public List<List<NearPassage>> Exact(List<float[]> queries, int countMax)
    {
        const int BlockSize = 64;
        var tops = queries.ConvertAll(_ => new TopNear(countMax));
        var share = Math.Max(1, (queries.Count + Environment.ProcessorCount - 1) / Environment.ProcessorCount);
        Parallel.For(0, (queries.Count + share - 1) / share, part =>
        {
            var (first, behind) = (part * share, Math.Min(queries.Count, (part + 1) * share));
            for (var block = 0; block < Facts.Count; block += BlockSize)
            {
                var end = Math.Min(Facts.Count, block + BlockSize);
                for (var i = first; i < behind; i++)
                {
                    fixed (float* at = queries[i])
                    {
                        for (var passage = block; passage < end; passage++)
                            tops[i].Add(passage, Kernels.Dot(at, RowAt(passage), Facts.Dimension));
                    }
                }
            }
        });
        return tops.ConvertAll(static top => top.Sorted());
    }

    public void Dispose() => _file.Dispose();

    private float* RowAt(int passage) => _rows.Start + ((long)passage * Facts.Dimension);

    private void Collect(ReadOnlySpan<float> query, ulong[] allowed, int probedLists, int view, NearestCodes nearest)
    {
        var code = stackalloc ulong[_signs.WordCount];
        _signs.Write(query, new Span<ulong>(code, _signs.WordCount));
        if (Facts.ListCount == 0)
        {
            NearCodes(code, 0, Facts.Count, allowed, view, nearest);
            return;
        }

        fixed (float* at = query)
        {
            foreach (var list in NearestLists(at, probedLists))
                NearCodes(code, _listStarts[list], _listStarts[list + 1], allowed, view, nearest);
        }
    }

    private void NearCodes(ulong* query, int from, int to, ulong[] allowed, int view, NearestCodes nearest)
    {
        var words = _signs.WordCount;
        var code = _codes.Start + ((long)from * words);
        for (var i = from; i < to; i++, code += words)
        {
            var distance = Kernels.Distance(query, code, words);
            if (distance >= nearest.Limit) continue;
            var passage = Facts.ListCount == 0 ? i : _listPassages[i];
            if (Bits.Has(allowed, passage)) nearest.Add(distance, view, passage);
        }
    }

    private List<int> NearestLists(float* query, int count)
    {
        var top = new TopNear(Math.Min(count, Facts.ListCount));
        var list = 0;
        for (; list + 4 <= Facts.ListCount; list += 4)
        {
            var four = Kernels.DotFour(query, _centroids.Start + ((long)list * Facts.Dimension), Facts.Dimension);
            for (var i = 0; i < 4; i++) top.Add(list + i, four[i]);
        }

        for (; list < Facts.ListCount; list++)
            top.Add(list, Kernels.Dot(query, _centroids.Start + ((long)list * Facts.Dimension), Facts.Dimension));
        return top.Sorted().ConvertAll(static one => one.Passage);
    }

    private int[] NearSmallRows(ReadOnlySpan<float> query, ulong[] allowed, int probedLists, int rescored)
    {
        var small = stackalloc sbyte[Facts.Dimension];
        SmallRow.Write(query, SmallRow.ScaleOf(query), new Span<sbyte>(small, Facts.Dimension));
        var top = new TopNear(rescored);
        fixed (float* at = query)
        {
            var ranges = Facts.ListCount == 0
                ? [(0, Facts.Count)]
                : NearestLists(at, probedLists).ConvertAll(list => (_listStarts[list], _listStarts[list + 1]));
            foreach (var (from, to) in ranges)
            {
                for (var i = from; i < to; i++)
                {
                    var product = Kernels.Dot(small, _smallRows.Start + ((long)i * Facts.Dimension), Facts.Dimension);
                    if (product < top.CosineMin) continue;
                    var passage = Facts.ListCount == 0 ? i : _listPassages[i];
                    if (Bits.Has(allowed, passage)) top.Add(passage, product);
                }
            }
        }

        return [.. top.Sorted().Select(static one => one.Passage)];
    }

    private List<NearPassage> Rescored(float* query, ReadOnlySpan<int> passages, int countMax)
    {
        var top = new TopNear(countMax);
        foreach (var passage in passages) top.Add(passage, Kernels.Dot(query, RowAt(passage), Facts.Dimension));
        return top.Sorted();
    }
}
