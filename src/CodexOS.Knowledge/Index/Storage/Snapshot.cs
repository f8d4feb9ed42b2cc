using System.Collections.Immutable;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Knowledge.Index.Embedding;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// One generation of the index, whole and unchanging. Who searches holds it; its files are unmapped when it is not the
/// newest any more and the last who holds it has let go.
/// </summary>
internal sealed class Snapshot
{
    private const double LanguageShareMin = 0.01;

    private int _holders = 1;

    public Snapshot(Manifest manifest, ImmutableArray<SegmentView> views, Shared<LsaBasis>? basis)
    {
        (Manifest, Views, Basis) = (manifest, views, basis);
        Embedder = manifest.Embedder is { IsGiven: true } given ? new GivenEmbedder(given) : basis?.Value;
        basis?.Acquire();
        var length = 0L;
        var languages = new long[Analysis.Languages.Count];
        foreach (var view in views)
        {
            PassageCount += view.AliveCount;
            length += view.AliveLength;
            for (var i = 0; i < languages.Length; i++) languages[i] += view.Segment.LanguageCounts[i];
            view.SharedSegment.Acquire();
            view.SharedVectors?.Set?.Acquire();
        }

        AverageLength = PassageCount == 0 ? 0 : (double)length / PassageCount;
        var all = languages.Sum();
        Languages = [.. Analysis.Languages.All.Where(one => all > 0 && languages[(int)one] >= LanguageShareMin * all)];
    }

    public Manifest Manifest { get; }

    public ImmutableArray<SegmentView> Views { get; }

    /// <summary>The embedder that was fitted to the base, where it uses one.</summary>
    public Shared<LsaBasis>? Basis { get; }

    /// <summary>What makes vectors here; null as long as the base is too small for one of its own, and has no other.</summary>
    public IPassageEmbedder? Embedder { get; }

    /// <summary>How much vectors count in ranking, from 0 to 1: as measured for this base, else as the embedder says.</summary>
    public double DenseWeight => Embedder is null ? 0 : Manifest.DenseWeight ?? Embedder.DefaultWeight;

    public int PassageCount { get; }

    public double AverageLength { get; }

    /// <summary>The languages that passages are in.</summary>
    public ImmutableArray<Language> Languages { get; }

    /// <summary>Holds the snapshot; false if it has been let go already, and a newer one must be taken.</summary>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders) return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>Lets the snapshot go.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0) return;
        Basis?.Release();
        foreach (var view in Views)
        {
            view.SharedSegment.Release();
            view.SharedVectors?.Set?.Release();
        }
    }
}
