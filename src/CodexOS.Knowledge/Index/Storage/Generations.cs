using System.Collections.Immutable;
using System.Globalization;
using CodexOS.Knowledge.Index.Embedding;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// The generations of an index: the newest, which searches hold, and the step to the next. Who changes the index holds
/// <see cref="Changing"/>; who searches takes no lock.
/// </summary>
internal sealed class Generations(IndexFolder folder, Snapshot first)
{
    private Snapshot? _current = first;
    private long _nextFile = first.Manifest.NextFile;

    /// <summary>Held by whoever makes a new generation.</summary>
    public Lock Changing { get; } = new();

    /// <summary>The newest generation, for who holds <see cref="Changing"/>; null if the index is closed.</summary>
    public Snapshot? Current => _current;

    /// <summary>The newest generation, not held: only what it says may be looked at, not its files. Null if closed.</summary>
    public Snapshot? Newest => Volatile.Read(ref _current);

    /// <summary>Holds the newest generation, to be released; null if the index is closed.</summary>
    public Snapshot? Hold()
    {
        while (true)
        {
            var snapshot = Volatile.Read(ref _current);
            if (snapshot is null || snapshot.TryHold()) return snapshot;
        }
    }

    /// <summary>A name that no file of this index has or had.</summary>
    public string NextName() => (Interlocked.Increment(ref _nextFile) - 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>Makes a new generation the valid one, first on the disk and then for those who search.</summary>
    public IndexGeneration Replace(Manifest manifest, ImmutableArray<SegmentView> views, Shared<LsaBasis>? basis)
    {
        var before = _current!;
        manifest = manifest with
        {
            Generation = before.Manifest.Generation + 1,
            NextFile = Volatile.Read(ref _nextFile),
            Segments = [.. views.Select(SnapshotFiles.Entry)],
        };
        folder.Write(manifest);
        var next = new Snapshot(manifest, views, basis);
        Volatile.Write(ref _current, next);
        before.Release();
        folder.RemoveReplaced(before.Manifest, manifest);
        return IndexGeneration.Of(next);
    }

    /// <summary>Lets go of the newest generation; those who search go on until they are done.</summary>
    public void Close()
    {
        lock (Changing)
        {
            _current?.Release();
            _current = null;
        }
    }
}

/// <summary>What a change has led to.</summary>
/// <param name="Number">Rises with each change of the index.</param>
/// <param name="Passages">How many passages can be found.</param>
/// <param name="Segments">In how many segments.</param>
internal sealed record IndexGeneration(long Number, int Passages, int Segments)
{
    public static IndexGeneration Of(Snapshot snapshot) =>
        new(snapshot.Manifest.Generation, snapshot.PassageCount, snapshot.Views.Length);
}
