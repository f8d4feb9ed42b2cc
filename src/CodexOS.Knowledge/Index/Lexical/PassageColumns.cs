using System.Runtime.InteropServices;
using System.Text;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>What a segment knows of its passages beside their terms, column by column, while it is being written.</summary>
internal sealed class PassageColumns
{
    private readonly List<int> _documentOf = [], _ordinals = [], _readerSets = [], _metadataSets = [];
    private readonly List<long> _times = [];
    private readonly List<byte> _languages = [];
    private readonly List<Guid> _documents = [];
    private readonly List<int> _documentStarts = [];
    private readonly Dictionary<string, int> _labelNumbers = new(StringComparer.Ordinal);
    private readonly List<uint> _labelOffsets = [0];
    private readonly List<byte> _labels = [];

    /// <summary>The length of each passage, in words, a word of the title counting as several.</summary>
    public List<ushort> Lengths { get; } = [];

    public int Count => Lengths.Count;

    /// <summary>Adds a passage; those of one document follow one another.</summary>
    public void Add(Guid document, int ordinal, int length, long time, Language language, string readers, string metadata)
    {
        if (_documents.Count == 0 || _documents[^1] != document)
        {
            _documents.Add(document);
            _documentStarts.Add(Count);
        }

        _documentOf.Add(_documents.Count - 1);
        _ordinals.Add(ordinal);
        _times.Add(time);
        _languages.Add((byte)language);
        _readerSets.Add(NumberOf(readers));
        _metadataSets.Add(NumberOf(metadata));
        Lengths.Add((ushort)Math.Min(length, ushort.MaxValue));
    }

    /// <summary>Writes the columns.</summary>
    public void Write(SectionWriter file)
    {
        file.Add<ushort>(SegmentSections.Lengths, CollectionsMarshal.AsSpan(Lengths));
        file.Add<int>(SegmentSections.DocumentOf, CollectionsMarshal.AsSpan(_documentOf));
        file.Add<int>(SegmentSections.Ordinals, CollectionsMarshal.AsSpan(_ordinals));
        file.Add<int>(SegmentSections.ReaderSets, CollectionsMarshal.AsSpan(_readerSets));
        file.Add<int>(SegmentSections.MetadataSets, CollectionsMarshal.AsSpan(_metadataSets));
        file.Add<long>(SegmentSections.Times, CollectionsMarshal.AsSpan(_times));
        file.Add<byte>(SegmentSections.PassageLanguages, CollectionsMarshal.AsSpan(_languages));
        file.Add<Guid>(SegmentSections.DocumentIds, CollectionsMarshal.AsSpan(_documents));
        file.Add<int>(SegmentSections.DocumentStarts, [.. _documentStarts, Count]);
        int[] order = [.. Enumerable.Range(0, _documents.Count).OrderBy(i => _documents[i])];
        file.Add<int>(SegmentSections.DocumentOrder, order);
        file.Add<uint>(SegmentSections.LabelOffsets, CollectionsMarshal.AsSpan(_labelOffsets));
        file.Add<byte>(SegmentSections.Labels, CollectionsMarshal.AsSpan(_labels));
    }

    /// <summary>Sets of labels repeat from passage to passage, so each is kept once.</summary>
    private int NumberOf(string labels)
    {
        if (_labelNumbers.TryGetValue(labels, out var number)) return number;
        _labelNumbers[labels] = number = _labelNumbers.Count;
        _labels.AddRange(Encoding.UTF8.GetBytes(labels));
        _labelOffsets.Add((uint)_labels.Count);
        return number;
    }
}
