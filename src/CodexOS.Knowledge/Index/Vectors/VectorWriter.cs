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

    /// <summary>Writes the file of the vectors that are given to the sink.</summary>
    public Result<long> Write(string path, Action<VectorSink> source)
    {
        var partial = path + ".rows";
        var count = 0;
        using (var rows = new SectionWriter(partial, VectorSections.FileKind))
        {
            rows.Begin();
            source(row =>
            {
                rows.Write(MemoryMarshal.AsBytes(row));
                count++;
            });
            rows.End(VectorSections.Rows);
            rows.FinishUnsynced();
        }

        try
        {
            if (!SectionFile.Open(partial, VectorSections.FileKind).TryGet(out var file, out var fault)) return fault;
            using (file) return Write(path, new RowTable(file.Array<float>(VectorSections.Rows), count, key.Dimension));
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private long Write(string path, RowTable rows)
    {
        var lists = rows.Count >= listsCountMin ? VectorLists.Of(rows) : null;
        var facts = new VectorFacts { Count = rows.Count, Dimension = rows.Dimension, ListCount = lists?.Count ?? 0 };
        var size = Write(path, rows, lists, facts);
        if (rows.Count <= VectorSet.ExactCountMax) return size;

        // The file is written again with the settings that a trial has shown, and with other codes if bits are too coarse.
        facts = Tuned(path, facts);
        if (facts.Recall < CodeRecallMin)
        {
            facts.UsesSmallRows = 1;
            File.Delete(path);
            Write(path, rows, lists, facts);
            facts = Tuned(path, facts);
        }

        File.Delete(path);
        return Write(path, rows, lists, facts);
    }

    private VectorFacts Tuned(string path, VectorFacts facts)
    {
        using var trial = VectorSet.Open(path, key).Value;
        return VectorTuning.Of(trial, facts, RecallMin);
    }

    private long Write(string path, RowTable rows, VectorLists? lists, VectorFacts facts)
    {
        var mean = rows.Mean();
        var signs = new SignCode(mean);
        using var file = new SectionWriter(path, VectorSections.FileKind);
        file.Add<VectorFacts>(VectorSections.Facts, [facts]);
        file.Add<byte>(VectorSections.Key, Encoding.UTF8.GetBytes(key.ToString()));
        file.Add<float>(VectorSections.Mean, mean);
        file.Begin();
        for (var i = 0; i < rows.Count; i++) file.Write(MemoryMarshal.AsBytes(rows[i]));
        file.End(VectorSections.Rows);
        if (lists is not null)
        {
            file.Add<float>(VectorSections.Centroids, lists.Centroids);
            file.Add<int>(VectorSections.ListStarts, lists.Starts);
            file.Add<int>(VectorSections.ListPassages, lists.Passages);
        }

        file.Begin();
        if (facts.UsesSmallRows != 0) WriteSmallRows(file, rows, lists);
        else WriteCodes(file, rows, lists, signs);
        file.End(facts.UsesSmallRows != 0 ? VectorSections.SmallRows : VectorSections.Codes);
        return file.Finish();
    }

    private static void WriteCodes(SectionWriter file, RowTable rows, VectorLists? lists, SignCode signs)
    {
        var code = new ulong[signs.WordCount];
        for (var i = 0; i < rows.Count; i++)
        {
            signs.Write(rows[lists?.Passages[i] ?? i], code);
            file.Write(MemoryMarshal.AsBytes(code.AsSpan()));
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
