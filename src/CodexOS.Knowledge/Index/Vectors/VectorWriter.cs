using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Vectors;

/// <summary>
/// Writes a file of vectors. The vectors themselves go to the disk as they come; then, read from there, they get their
/// codes and lists, and a sample of them tells which settings find what an exact search finds.
/// </summary>
internal sealed class VectorWriter(EmbedderKey key, int listsCountMin = VectorWriter.ListsCountMin)
{
    /// <summary>From so many on, vectors are put in lists by nearness.</summary>
    public const int ListsCountMin = 50_000;

    private const double RecallMin = 0.99;
    private const double CodeRecallMin = 0.95;

    /// <summary>Writes the file of the vectors that are given to the sink; gives the settings it is searched with.</summary>
    public Result<VectorFacts> Write(string path, Action<VectorSink> source)
    {
        var facts = Write(path, source, usesSmallRows: false);
        if (facts.Count <= VectorSet.ExactCountMax) return Finish(path, facts);
        if (!Tuned(path, facts).TryGet(out facts, out var fault)) return fault;
        if (facts.Recall >= CodeRecallMin) return Finish(path, facts);

        // Signs tell too little of these vectors, so the file is written again with small numbers in place of codes.
        var partial = path + ".small";
        using (var coarse = VectorSet.Open(path, key).Value)
        {
            facts = Write(partial, Rows, usesSmallRows: true);
            void Rows(VectorSink sink)
            {
                for (var i = 0; i < coarse.Facts.Count; i++) sink(coarse.Row(i));
            }
        }

        File.Move(partial, path, overwrite: true);
        return Tuned(path, facts).TryGet(out facts, out fault) ? Finish(path, facts) : fault;
    }

    private Result<VectorFacts> Tuned(string path, VectorFacts facts)
    {
        if (!VectorSet.Open(path, key).TryGet(out var trial, out var fault)) return fault;
        using (trial) return VectorTuning.Of(trial, facts, RecallMin);
    }

    private static Result<VectorFacts> Finish(string path, VectorFacts facts)
    {
        SectionWriter.Replace(path, VectorSections.Facts, MemoryMarshal.AsBytes(new ReadOnlySpan<VectorFacts>(in facts)));
        return facts;
    }

    private VectorFacts Write(string path, Action<VectorSink> source, bool usesSmallRows)
    {
        using var file = new SectionWriter(path, VectorSections.FileKind);
        var count = 0;
        file.Begin();
        source(row =>
        {
            file.Write(MemoryMarshal.AsBytes(row));
            count++;
        });
        file.End(VectorSections.Rows);
        file.Flush();
        using var rows = new RowTable(path, file.SectionOffset, count, key.Dimension);
        var lists = count >= Math.Max(1, listsCountMin) ? VectorLists.Of(rows) : null;
        var facts = new VectorFacts
        {
            Count = count,
            Dimension = key.Dimension,
            ListCount = lists?.Count ?? 0,
            UsesSmallRows = usesSmallRows ? 1 : 0,
        };
        file.Add<VectorFacts>(VectorSections.Facts, [facts]);
        file.Add<byte>(VectorSections.Key, Encoding.UTF8.GetBytes(key.ToString()));
        var mean = rows.Mean();
        file.Add<float>(VectorSections.Mean, mean);
        if (lists is not null)
        {
            file.Add<float>(VectorSections.Centroids, lists.Centroids);
            file.Add<int>(VectorSections.ListStarts, lists.Starts);
            file.Add<int>(VectorSections.ListPassages, lists.Passages);
        }

        file.Begin();
        if (usesSmallRows) WriteSmallRows(file, rows, lists);
        else WriteCodes(file, rows, lists, new SignCode(mean));
        file.End(usesSmallRows ? VectorSections.SmallRows : VectorSections.Codes);
        file.FinishUnsynced();
        return facts;
    }

    private static void WriteCodes(SectionWriter file, RowTable rows, VectorLists? lists, SignCode signs)
    {
        const int BlockSize = 16_384;
        var words = signs.WordCount;
        var codes = new ulong[Math.Min(BlockSize, rows.Count) * words];
        for (var block = 0; block < rows.Count; block += BlockSize)
        {
            var count = Math.Min(BlockSize, rows.Count - block);
            var from = block;
            Parallel.For(0, count, i =>
                signs.Write(rows[lists?.Passages[from + i] ?? (from + i)], codes.AsSpan(i * words, words)));
            file.Write(MemoryMarshal.AsBytes(codes.AsSpan(0, count * words)));
        }
    }

    private static void WriteSmallRows(SectionWriter file, RowTable rows, VectorLists? lists)
    {
        var scale = float.MaxValue;
        for (var i = 0; i < rows.Count; i++) scale = Math.Min(scale, SmallRow.ScaleOf(rows[i]));
        var small = new sbyte[rows.Dimension];
        for (var i = 0; i < rows.Count; i++)
        {
            SmallRow.Write(rows[lists?.Passages[i] ?? i], scale, small);
            file.Write(MemoryMarshal.AsBytes(small.AsSpan()));
        }
    }
}
