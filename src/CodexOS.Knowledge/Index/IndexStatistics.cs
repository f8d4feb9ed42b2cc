using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>What an index holds, and how well it is.</summary>
/// <param name="Generation">Rises with each change.</param>
/// <param name="Passages">How many can be found.</param>
/// <param name="RemovedPassages">How many are removed and still on the disk.</param>
/// <param name="Segments">In how many segments.</param>
/// <param name="SizeBytes">How large the segments' files are, without vectors.</param>
/// <param name="Embedder">What made the vectors; null if there are none yet.</param>
/// <param name="DenseWeight">How much the vectors count, from 0 to 1.</param>
/// <param name="Drift">Which share of the words has become unknown to the vectors since they were fitted.</param>
/// <param name="IsRefitWanted">Whether vectors should be made, or made anew.</param>
/// <param name="MaintenanceFault">What went wrong with the work in the background the last time.</param>
internal sealed record IndexStatistics(
    long Generation,
    int Passages,
    int RemovedPassages,
    int Segments,
    long SizeBytes,
    EmbedderKey? Embedder,
    double DenseWeight,
    double Drift,
    bool IsRefitWanted,
    Fault? MaintenanceFault)
{
    // A sample that has doubled is worth another look, as long as it is not cut anyway.
    private const double GrowthMax = 2;

    public static IndexStatistics Closed { get; } = new(0, 0, 0, 0, 0, null, 0, 0, false, IndexFaults.Closed);

    public static IndexStatistics Of(Snapshot snapshot, IndexOptions options, Fault? maintenanceFault)
    {
        var drift = DriftOf(snapshot);
        return new IndexStatistics(
            snapshot.Manifest.Generation,
            snapshot.PassageCount,
            snapshot.Views.Sum(static view => view.Segment.Count - view.AliveCount),
            snapshot.Views.Length,
            snapshot.Views.Sum(static view => view.Segment.SizeBytes),
            snapshot.Manifest.Embedder,
            snapshot.DenseWeight,
            drift,
            IsWanted(snapshot, options, drift),
            maintenanceFault);
    }

    private static double DriftOf(Snapshot snapshot)
    {
        if (snapshot.Embedder is null || snapshot.PassageCount == 0) return 0;
        var unknown = snapshot.Views.Sum(static view => (view.SharedVectors?.UnknownShare ?? 1) * view.AliveCount);
        return Math.Max(0, (unknown / snapshot.PassageCount) - snapshot.Manifest.FittedUnknownShare);
    }

    private static bool IsWanted(Snapshot snapshot, IndexOptions options, double drift)
    {
        if (snapshot.Embedder is { Key.IsGiven: true } || snapshot.PassageCount < options.FitPassagesMin) return false;
        if (snapshot.Embedder is null || snapshot.Views.Any(static view => view.SharedVectors is null)) return true;
        var sampled = Math.Min(snapshot.PassageCount, LsaFit.SampleMax);
        return drift > options.DriftMax || sampled >= GrowthMax * Math.Max(1, snapshot.Manifest.FittedPassages);
    }
}
