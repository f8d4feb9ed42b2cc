using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// Writes several segments as one, without the passages that are removed. Postings and passages go from file to file; only
/// tables of terms and of passages are held in memory.
/// </summary>
internal sealed class SegmentMerge
{
    private readonly ImmutableArray<SegmentView> _views;
    private readonly int[][] _newPassages, _newTerms;
    private readonly PassageColumns _columns = new();

    public SegmentMerge(ImmutableArray<SegmentView> views)
    {
        _views = views;
        _newPassages = [.. views.Select(static view => new int[view.Segment.Count])];
        _newTerms = [.. views.Select(static view => new int[view.Segment.Terms.Length])];
        foreach (var (view, numbers) in views.Zip(_newPassages))
        {
            for (var passage = 0; passage < numbers.Length; passage++)
            {
                numbers[passage] = view.IsAlive(passage) ? _columns.Count : -1;
                if (numbers[passage] >= 0) AddColumns(view.Segment, passage);
            }
        }
    }

    /// <summary>Writes the merged segment.</summary>
    public void Write(string path, CancellationToken cancellationToken)
    {
        using var file = new SectionWriter(path, SegmentSections.FileKind);
        WritePostings(file, cancellationToken);
        WriteForward(file, cancellationToken);
        _columns.Write(file);
        file.Finish();
    }

    /// <summary>Writes the vectors of the merged segment, which are those of its parts.</summary>
    public Result<VectorFacts> WriteVectors(string path, EmbedderKey embedder) => new VectorWriter(embedder).Write(path, sink =>
    {
        foreach (var view in _views)
        {
            for (var passage = 0; passage < view.Segment.Count; passage++)
            {
                if (view.IsAlive(passage)) sink(view.Vectors!.Row(passage));
            }
        }
    });

    /// <summary>The new numbers of passages that were removed since the merge began.</summary>
    public IEnumerable<int> RemovedSince(Func<string, SegmentView?> viewNow)
    {
        for (var i = 0; i < _views.Length; i++)
        {
            var now = viewNow(_views[i].Name);
            for (var passage = 0; passage < _newPassages[i].Length; passage++)
            {
                if (_newPassages[i][passage] >= 0 && now?.IsAlive(passage) != true) yield return _newPassages[i][passage];
            }
        }
    }

    private void AddColumns(Segment segment, int passage) => _columns.Add(
        segment.DocumentOf(passage),
        segment.OrdinalOf(passage),
        segment.Lengths[passage],
        segment.TimeOf(passage),
        segment.LanguageOf(passage),
        segment.LabelsOf(segment.ReaderSetOf(passage)),
        segment.LabelsOf(segment.MetadataSetOf(passage)));

    private void WritePostings(SectionWriter file, CancellationToken cancellationToken)
    {
        var postings = new PostingsWriter(file, _columns.Lengths);
        postings.Begin();
        var next = new int[_views.Length];
        for (var term = 0; TrySmallest(next, out var name);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isUsed = false;
            for (var i = 0; i < _views.Length; i++)
            {
                var segment = _views[i].Segment;
                if (next[i] >= segment.Terms.Length || !segment.NameOf(next[i]).SequenceEqual(name)) continue;
                _newTerms[i][next[i]] = term;
                isUsed |= Copy(segment, next[i]++, _newPassages[i], postings);
            }

            // A word that only removed passages had is gone with them.
            if (isUsed)
            {
                postings.EndTerm(name);
                term++;
            }
        }

        postings.Finish();
    }

    private bool TrySmallest(int[] next, out ReadOnlySpan<byte> name)
    {
        name = default;
        var isFound = false;
        for (var i = 0; i < _views.Length; i++)
        {
            if (next[i] >= _views[i].Segment.Terms.Length) continue;
            var own = _views[i].Segment.NameOf(next[i]);
            if (isFound && own.SequenceCompareTo(name) >= 0) continue;
            name = own;
            isFound = true;
        }

        return isFound;
    }

    private static unsafe bool Copy(Segment segment, int term, int[] newPassages, PostingsWriter postings)
    {
        var isUsed = false;
        ref readonly var entry = ref segment.Terms[term];
        for (var i = entry.BlockStart; i < entry.BlockStart + entry.BlockCount; i++)
        {
            ref readonly var block = ref segment.Blocks[i];
            var (passages, frequencies) = segment.PostingsOf(block);
            var page = block.LastPassage & ~0xFFFF;
            for (var j = 0; j < block.Count; j++)
            {
                var passage = newPassages[page | ((ushort*)passages)[j]];
                if (passage < 0) continue;
                postings.Add(passage, ((byte*)frequencies)[j]);
                isUsed = true;
            }
        }

        return isUsed;
    }

    private void WriteForward(SectionWriter file, CancellationToken cancellationToken)
    {
        var forward = new ForwardWriter();
        forward.StreamTo(file);
        for (var i = 0; i < _views.Length; i++)
        {
            var segment = _views[i].Segment;
            for (var passage = 0; passage < segment.Count; passage++)
            {
                if (_newPassages[i][passage] < 0) continue;
                cancellationToken.ThrowIfCancellationRequested();
                var terms = segment.TermsOf(passage);
                while (terms.Next()) forward.AddTerm(_newTerms[i][terms.Term], terms.Frequency);
                forward.AddPositions(segment.PositionsOf(passage));
                forward.EndPassage();
            }
        }

        forward.Write(file);
    }
}
