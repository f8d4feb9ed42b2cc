using CodexOS.Knowledge.Index;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>A process can end between any two steps. Its files are left here as they would be then.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly IndexCase _case = new(IndexCase.Quiet with { FitPassagesMin = 2, SegmentsPerTierMax = 1 });

    public CrashTests()
    {
        _case.Publish(IndexCase.Passage(1, "copper pipes and valves"), IndexCase.Passage(2, "wooden doors and frames"));
        _case.Publish(IndexCase.Passage(3, "copper wires for power"), IndexCase.Passage(4, "glass windows and doors"));
    }

    public void Dispose() => _case.Dispose();

    [Fact]
    public void Files_that_no_manifest_names_are_removed_and_change_nothing()
    {
        var before = Files();
        File.Copy(Path.Combine(_case.Folder, "1.segment"), Path.Combine(_case.Folder, "77.segment"));
        File.WriteAllText(Path.Combine(_case.Folder, "78.segment"), "cut off");
        File.WriteAllText(Path.Combine(_case.Folder, "78.lsa-9.vectors.rows"), "cut off");
        File.WriteAllText(Path.Combine(_case.Folder, "9.basis"), "cut off");
        File.WriteAllText(Path.Combine(_case.Folder, "manifest.json.new"), "{ \"Gener");

        _case.Reopen();

        _case.Found("copper").Order().ShouldBe([1, 3]);
        Files().ShouldBe(before);
    }

    [Fact]
    public void A_publish_that_ends_before_its_manifest_is_as_if_it_had_never_been()
    {
        var manifest = File.ReadAllBytes(ManifestFile);
        var kept = Contents();
        _case.Index.Publish([IndexCase.Passage(5, "copper roofs")], [IndexCase.Document(1)], CancellationToken.None);
        _case.Found("copper").Order().ShouldBe([3, 5]);

        Restore(kept, manifest);

        _case.Found("copper").Order().ShouldBe([1, 3]);
        _case.Publish(IndexCase.Passage(6, "copper kettles"));
        _case.Found("copper").Order().ShouldBe([1, 3, 6]);
    }

    [Fact]
    public void A_merge_that_ends_before_its_manifest_is_as_if_it_had_never_been()
    {
        var manifest = File.ReadAllBytes(ManifestFile);
        var kept = Contents();
        _case.MergeAll();
        _case.Index.Statistics.Segments.ShouldBe(1);

        Restore(kept, manifest);

        _case.Index.Statistics.Segments.ShouldBe(2);
        _case.Found("doors").Order().ShouldBe([2, 4]);
    }

    [Fact]
    public void A_merge_that_ends_before_the_old_files_are_removed_leaves_none_of_them()
    {
        var old = Directory.EnumerateFiles(_case.Folder, "*.segment").ToDictionary(static file => file, File.ReadAllBytes);
        _case.MergeAll();
        foreach (var (file, bytes) in old) File.WriteAllBytes(file, bytes);

        _case.Reopen();

        Directory.EnumerateFiles(_case.Folder, "*.segment").Count().ShouldBe(1);
        _case.Found("doors").Order().ShouldBe([2, 4]);
    }

    [Fact]
    public void A_fit_that_ends_before_its_manifest_leaves_the_old_vectors()
    {
        _case.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        var first = _case.Index.Statistics.Embedder;
        var manifest = File.ReadAllBytes(ManifestFile);
        var kept = Contents();
        _case.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        _case.Index.Statistics.Embedder.ShouldNotBe(first);

        Restore(kept, manifest);

        _case.Index.Statistics.Embedder.ShouldBe(first);
        _case.Found("copper").Order().ShouldBe([1, 3]);
    }

    [Fact]
    public void What_was_published_is_there_after_opening_again()
    {
        _case.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        _case.Remove(1);
        var before = _case.Search("copper doors").Hits;
        var statistics = _case.Index.Statistics;

        _case.Reopen();

        _case.Search("copper doors").Hits.Select(static hit => (hit.Key, hit.Score))
            .ShouldBe(before.Select(static hit => (hit.Key, hit.Score)));
        _case.Index.Statistics.ShouldBe(statistics);
    }

    [Fact]
    public void A_cancelled_publish_leaves_nothing()
    {
        var before = Files();
        Should.Throw<OperationCanceledException>(() =>
            _case.Index.Publish([IndexCase.Passage(9, "copper")], [], new CancellationToken(canceled: true)));
        Files().ShouldBe(before);
        _case.Found("copper").Order().ShouldBe([1, 3]);
    }

    [Fact]
    public void An_index_is_open_once()
    {
        _case.Open().Fault.ShouldBe(IndexFaults.InUse);
        _case.Reopen();
    }

    [Fact]
    public void A_closed_index_says_so()
    {
        _case.Index.Dispose();
        _case.Index.Publish([], [], CancellationToken.None).Fault.ShouldBe(IndexFaults.Closed);
    }

    private string ManifestFile => Path.Combine(_case.Folder, "manifest.json");

    private Dictionary<string, byte[]> Contents() => Directory.EnumerateFiles(_case.Folder)
        .Where(static file => !file.EndsWith("lock", StringComparison.Ordinal))
        .ToDictionary(static file => file, File.ReadAllBytes);

    private string[] Files() => [.. Directory.EnumerateFiles(_case.Folder).Order(StringComparer.Ordinal)];

    /// <summary>Puts back what the later steps have replaced and removed, and opens the index again.</summary>
    private void Restore(Dictionary<string, byte[]> kept, byte[] manifest)
    {
        _case.Index.Dispose();
        foreach (var (file, bytes) in kept) File.WriteAllBytes(file, bytes);
        File.WriteAllBytes(ManifestFile, manifest);
        _case.Reopen();
    }
}
