using System.Text;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>
/// A part of the index that never changes: the postings of some thousands of passages and what else a search needs of
/// them, in one mapped file. Passages are numbered from zero.
/// </summary>
internal sealed class Segment : IDisposable
{
    /// <summary>Stands for a passage without a time.</summary>
    public const long NoTime = long.MinValue;

    private readonly SectionFile _file;
    private readonly TermTable _names;
    private readonly MappedArray<uint> _labelOffsets;
    private readonly MappedArray<byte> _labels, _languages, _postings, _forward;
    private readonly MappedArray<int> _documentOf, _ordinals, _readerSets, _metadataSets, _documentStarts, _documentOrder;
    private readonly MappedArray<long> _forwardOffsets, _times;
    private readonly MappedArray<Guid> _documents;

    private Segment(SectionFile file)
    {
        _file = file;
        Terms = file.Array<TermEntry>(SegmentSections.Terms);
        Blocks = file.Array<PostingBlock>(SegmentSections.Blocks);
        Lengths = file.Array<ushort>(SegmentSections.Lengths);
        _postings = file.Array<byte>(SegmentSections.Postings);
        _names = new TermTable(
            file.Array<uint>(SegmentSections.TermNameOffsets),
            file.Array<byte>(SegmentSections.TermNames),
            file.Array<int>(SegmentSections.TermSlots));
        _forwardOffsets = file.Array<long>(SegmentSections.ForwardOffsets);
        _forward = file.Array<byte>(SegmentSections.Forward);
        _documentOf = file.Array<int>(SegmentSections.DocumentOf);
        _ordinals = file.Array<int>(SegmentSections.Ordinals);
        _readerSets = file.Array<int>(SegmentSections.ReaderSets);
        _metadataSets = file.Array<int>(SegmentSections.MetadataSets);
        _times = file.Array<long>(SegmentSections.Times);
        _languages = file.Array<byte>(SegmentSections.PassageLanguages);
        _documents = file.Array<Guid>(SegmentSections.DocumentIds);
        _documentStarts = file.Array<int>(SegmentSections.DocumentStarts);
        _documentOrder = file.Array<int>(SegmentSections.DocumentOrder);
        _labelOffsets = file.Array<uint>(SegmentSections.LabelOffsets);
        _labels = file.Array<byte>(SegmentSections.Labels);
        Count = (int)Lengths.Length;
        for (var i = 0; i < Count; i++) LanguageCounts[_languages[i]]++;
    }

    public int Count { get; }

    public MappedArray<TermEntry> Terms { get; }

    public MappedArray<PostingBlock> Blocks { get; }

    public MappedArray<ushort> Lengths { get; }

    /// <summary>How many passages there are in each language.</summary>
    public int[] LanguageCounts { get; } = new int[Languages.Count];

    public int DocumentCount => (int)_documents.Length;

    public int LabelSetCount => (int)_labelOffsets.Length - 1;

    public long SizeBytes => _file.SizeBytes;

    /// <summary>Checks and opens a segment's file.</summary>
    public static Result<Segment> Open(string path) =>
        SectionFile.Open(path, SegmentSections.FileKind).TryGet(out var file, out var fault) ? new Segment(file) : fault;

    /// <summary>The number of a term; -1 if no passage has it.</summary>
    public int FindTerm(ReadOnlySpan<byte> name) => _names.Find(name);

    public ReadOnlySpan<byte> NameOf(int term) => _names.NameOf(term);

    /// <summary>Where the lower halves of the passages' numbers in a block begin, and their frequencies.</summary>
    public unsafe (IntPtr Passages, IntPtr Frequencies) PostingsOf(in PostingBlock block)
    {
        var start = _postings.Start + ((long)block.Start * 2);
        return ((nint)start, (nint)(start + (block.Count * sizeof(ushort))));
    }

    /// <summary>The terms of a passage.</summary>
    public unsafe PassageTerms TermsOf(int passage) => new(_forward.Start + _forwardOffsets[passage]);

    /// <summary>The positions of a passage's terms, as bytes to be copied.</summary>
    public unsafe ReadOnlySpan<byte> PositionsOf(int passage)
    {
        var terms = TermsOf(passage);
        while (terms.Next()) { }

        var end = _forward.Start + _forwardOffsets[passage + 1];
        return new ReadOnlySpan<byte>(terms.At, (int)(end - terms.At));
    }

    public PassageKey KeyOf(int passage) => new(_documents[_documentOf[passage]], _ordinals[passage]);

    public Guid DocumentOf(int passage) => _documents[_documentOf[passage]];

    public int OrdinalOf(int passage) => _ordinals[passage];

    public long TimeOf(int passage) => _times[passage];

    public Language LanguageOf(int passage) => (Language)_languages[passage];

    public int ReaderSetOf(int passage) => _readerSets[passage];

    public int MetadataSetOf(int passage) => _metadataSets[passage];

    public string LabelsOf(int set) => Encoding.UTF8.GetString(
        _labels.Slice(_labelOffsets[set], (int)(_labelOffsets[set + 1] - _labelOffsets[set])));

    /// <summary>The passages of a document: the first, and how many follow; none if it is not in this segment.</summary>
    public (int Start, int Count) PassagesOf(Guid document)
    {
        var (low, high) = (0, DocumentCount - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var number = _documentOrder[middle];
            var order = _documents[number].CompareTo(document);
            if (order == 0) return (_documentStarts[number], _documentStarts[number + 1] - _documentStarts[number]);
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return (0, 0);
    }

    public void Dispose() => _file.Dispose();
}
