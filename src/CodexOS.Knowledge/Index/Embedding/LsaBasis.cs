using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Embedding;

/// <summary>
/// An embedder that was fitted to the passages of one base: a vector for each word of theirs. A text's vector is the sum of
/// its words', each by how often it stands there and how rare it is.
/// </summary>
internal sealed class LsaBasis : IPassageEmbedder, IDisposable
{
    public const string Model = "lsa";

    private const int FileKind = 3;
    private const int FactsSection = 1;
    private const int OffsetsSection = 2;
    private const int NamesSection = 3;
    private const int SlotsSection = 4;
    private const int RaritiesSection = 5;
    private const int RowsSection = 6;

    private readonly SectionFile _file;
    private readonly TermTable _names;
    private readonly MappedArray<float> _rarities, _rows;

    private LsaBasis(SectionFile file, string revision)
    {
        _file = file;
        Key = new EmbedderKey(Model, file.Array<int>(FactsSection)[0], revision);
        _names = new TermTable(
            file.Array<uint>(OffsetsSection), file.Array<byte>(NamesSection), file.Array<int>(SlotsSection));
        _rarities = file.Array<float>(RaritiesSection);
        _rows = file.Array<float>(RowsSection);
    }

    public EmbedderKey Key { get; }

    /// <summary>Words that stand together are a weaker hint than the words themselves.</summary>
    public double DefaultWeight => 0.3;

    /// <summary>Checks and opens a basis.</summary>
    public static Result<LsaBasis> Open(string path, string revision) =>
        SectionFile.Open(path, FileKind).TryGet(out var file, out var fault) ? new LsaBasis(file, revision) : fault;

    /// <summary>Writes the file of a basis.</summary>
    public static void Write(string path, string[] names, float[] rarities, DenseMatrix words)
    {
        using var file = new SectionWriter(path, FileKind);
        file.Add<int>(FactsSection, [words.ColumnCount]);
        var table = new TermTableWriter();
        foreach (var name in names) table.Add(Encoding.UTF8.GetBytes(name));
        table.Write(file, OffsetsSection, NamesSection, SlotsSection);
        file.Add<float>(RaritiesSection, rarities);
        file.Begin();
        for (var row = 0; row < words.RowCount; row++) file.Write(MemoryMarshal.AsBytes(words.Row(row)));
        file.End(RowsSection);
        file.Finish();
    }

    /// <summary>How much it counts that a word stands somewhere several times.</summary>
    public static float Dampened(float frequency) => frequency < 1 ? frequency : 1 + MathF.Log(frequency);

    /// <inheritdoc />
    public double EmbedPassages(Segment segment, IReadOnlyList<IndexPassage>? passages, VectorSink sink)
    {
        var rows = new int[segment.Terms.Length];
        for (var term = 0; term < rows.Length; term++) rows[term] = _names.Find(segment.NameOf(term));
        var vector = new float[Key.Dimension];
        var (known, unknown) = (0d, 0d);
        for (var passage = 0; passage < segment.Count; passage++)
        {
            Array.Clear(vector);
            var terms = segment.TermsOf(passage);
            while (terms.Next())
            {
                var weight = Dampened(terms.Frequency);
                if (rows[terms.Term] < 0) unknown += weight;
                else
                {
                    known += weight;
                    Add(rows[terms.Term], weight, vector);
                }
            }

            Kernels.Normalize(vector);
            sink(vector);
        }

        return known + unknown == 0 ? 0 : unknown / (known + unknown);
    }

    /// <inheritdoc />
    public void EmbedPassage(SegmentView view, int passage, Span<float> vector)
    {
        var segment = view.Segment;
        vector.Clear();
        var terms = segment.TermsOf(passage);
        while (terms.Next())
        {
            var row = _names.Find(segment.NameOf(terms.Term));
            if (row >= 0) Add(row, Dampened(terms.Frequency), vector);
        }

        Kernels.Normalize(vector);
    }

    /// <inheritdoc />
    public double EmbedQuery(ParsedQuery query, Span<float> vector)
    {
        vector.Clear();
        var (known, unknown) = (0d, 0d);
        foreach (var term in query.Terms)
        {
            var row = _names.Find(Encoding.UTF8.GetBytes(term.Text));
            var weight = Dampened(term.Weight);
            if (row < 0) unknown += weight;
            else
            {
                known += weight;
                Add(row, weight, vector);
            }
        }

        Kernels.Normalize(vector);
        return known + unknown == 0 ? 1 : unknown / (known + unknown);
    }

    public void Dispose() => _file.Dispose();

    private void Add(int row, float weight, Span<float> vector) => Kernels.AddScaled(
        _rows.Slice((long)row * Key.Dimension, Key.Dimension), weight * _rarities[row], vector);
}
