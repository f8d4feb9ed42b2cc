using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>Collects passages in memory and writes them as a segment.</summary>
internal sealed class SegmentBuilder : ITermSink
{
    /// <summary>A word of the title or of a heading counts as this many in the text.</summary>
    public const int TitleWeight = 2;

    /// <summary>How far apart fields lie, so that no phrase is found across the border of two.</summary>
    public const int GapBetweenFields = 16;

    private readonly PassageAnalyzer _analyzer = new();
    private readonly Dictionary<string, int> _terms = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _termLookup;
    private readonly List<string> _names = [];
    private readonly List<ulong> _occurrences = [];
    private readonly List<(int End, int BodyStart)> _passages = [];

    public SegmentBuilder() => _termLookup = _terms.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What is known of the passages so far.</summary>
    public PassageColumns Columns { get; } = new();

    /// <summary>How many occurrences of terms are held, which is what takes memory.</summary>
    public int OccurrenceCount => _occurrences.Count;

    /// <summary>Adds a passage; those of one document follow one another.</summary>
    public void Add(IndexPassage passage, Language language)
    {
        var position = _analyzer.Analyze(passage.Title, language, 0, this);
        foreach (var heading in passage.Passage.Headings)
            position = _analyzer.Analyze(heading, language, position + GapBetweenFields, this);
        var start = _passages.Count == 0 ? 0 : _passages[^1].End;
        var inTitle = _occurrences.Count - start;
        var bodyStart = position + GapBetweenFields;
        _analyzer.Analyze(passage.Passage.Text, language, bodyStart, this);
        var length = _occurrences.Count - start + (inTitle * (TitleWeight - 1));
        _passages.Add((_occurrences.Count, bodyStart));
        Columns.Add(
            passage.Document,
            passage.Passage.Ordinal,
            length,
            passage.Time?.UtcTicks ?? Segment.NoTime,
            language,
            LabelText.OfReaders(passage.Readers),
            LabelText.OfMetadata(passage.Metadata));
    }

    /// <inheritdoc />
    public void Take(scoped ReadOnlySpan<char> term, int position)
    {
        if (!_termLookup.TryGetValue(term, out var number))
        {
            number = _names.Count;
            var name = term.ToString();
            _terms[name] = number;
            _names.Add(name);
        }

        _occurrences.Add(((ulong)number << 32) | (uint)position);
    }

    /// <summary>Writes the segment; gives the size of its file.</summary>
    public long Write(string path)
    {
        // 1. Terms get their numbers by the order of their names, which is the same in all segments.
        var names = _names.ConvertAll(Encoding.UTF8.GetBytes);
        var order = new int[names.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(order, (a, b) => names[a].AsSpan().SequenceCompareTo(names[b]));
        var ranks = new int[order.Length];
        for (var i = 0; i < order.Length; i++) ranks[order[i]] = i;

        // 2. The terms of each passage, then turned around to the passages of each term.
        var forward = new ForwardWriter();
        var (entryEnds, entryTerms, entryFrequencies) = Group(ranks, forward);
        using var file = new SectionWriter(path, SegmentSections.FileKind);
        var postings = new PostingsWriter(file, Columns.Lengths);
        WritePostings(postings, names, order, entryEnds, entryTerms, entryFrequencies);

        // 3. Everything else.
        forward.Write(file);
        Columns.Write(file);
        return file.Finish();
    }

    private (List<int> Ends, List<int> Terms, List<byte> Frequencies) Group(int[] ranks, ForwardWriter forward)
    {
        var (ends, terms, frequencies) = (new List<int>(), new List<int>(), new List<byte>());
        var occurrences = CollectionsMarshal.AsSpan(_occurrences);
        var start = 0;
        foreach (var (end, bodyStart) in _passages)
        {
            var own = occurrences[start..end];
            for (var i = 0; i < own.Length; i++) own[i] = ((ulong)ranks[own[i] >> 32] << 32) | (uint)own[i];
            own.Sort();
            for (var i = 0; i < own.Length;)
            {
                var (first, frequency) = (i, 0);
                for (; i < own.Length && own[i] >> 32 == own[first] >> 32; i++)
                    frequency += (uint)own[i] < bodyStart ? TitleWeight : 1;
                var term = (int)(own[first] >> 32);
                terms.Add(term);
                frequencies.Add((byte)Math.Min(frequency, byte.MaxValue));
                forward.Add(term, frequencies[^1], own[first..i]);
            }

            forward.EndPassage();
            ends.Add(terms.Count);
            start = end;
        }

        return (ends, terms, frequencies);
    }

    private static void WritePostings(
        PostingsWriter postings, List<byte[]> names, int[] order, List<int> ends, List<int> terms, List<byte> frequencies)
    {
        var starts = new int[names.Count + 1];
        foreach (var term in terms) starts[term + 1]++;
        for (var i = 0; i < names.Count; i++) starts[i + 1] += starts[i];
        var passages = new int[terms.Count];
        var passageFrequencies = new byte[terms.Count];
        var next = starts.AsSpan(0, names.Count).ToArray();
        for (int passage = 0, i = 0; passage < ends.Count; passage++)
        {
            for (; i < ends[passage]; i++)
            {
                var place = next[terms[i]]++;
                passages[place] = passage;
                passageFrequencies[place] = frequencies[i];
            }
        }

        postings.Begin();
        for (var term = 0; term < names.Count; term++)
        {
            for (var i = starts[term]; i < starts[term + 1]; i++) postings.Add(passages[i], passageFrequencies[i]);
            postings.EndTerm(names[order[term]]);
        }

        postings.Finish();
    }
}
