namespace CodexOS.Trust.Audit;

/// <summary>What was signed of a log, by size: the marks at which its tree must have a certain root.</summary>
internal sealed class AuditMarks
{
    private readonly Dictionary<long, List<(byte[] Root, string Source)>> _bySize = [];
    private readonly HashSet<string> _contradicting = new(StringComparer.Ordinal);
    private readonly List<(long Size, string Source)> _copies = [];

    public long Count { get; private set; }

    public long CountCopies => _copies.Count;

    /// <summary>Those from outside of the database.</summary>
    public IEnumerable<(long Size, string Source)> Copies => _copies;

    public void Add(Checkpoint checkpoint, string source, bool isCopy)
    {
        Count++;
        if (isCopy) _copies.Add((checkpoint.Size, source));
        if (!_bySize.TryGetValue(checkpoint.Size, out var marks)) _bySize[checkpoint.Size] = marks = [];
        marks.Add((checkpoint.Root, source));
    }

    /// <summary>
    /// Holds a tree against what was signed of its present size. After the first contradiction a source says nothing new:
    /// every later root differs as well.
    /// </summary>
    public void Hold(CompactRange range, AuditFindings findings)
    {
        if (!_bySize.Remove(range.Size, out var marks)) return;
        var root = range.Root;
        foreach (var (signed, source) in marks)
        {
            if (signed.AsSpan().SequenceEqual(root) || !_contradicting.Add(source)) continue;
            findings.Add(AuditFindingKind.CheckpointContradicted, range.Size, source,
                $"The first {range.Size} entries are not those that were signed.");
        }
    }

    /// <summary>Says what was signed beyond the end of the log.</summary>
    public void CloseAt(long size, AuditFindings findings)
    {
        var beyond = _bySize.Where(mark => mark.Key > size)
            .SelectMany(static mark => mark.Value.Select(one => (Size: mark.Key, one.Source)))
            .GroupBy(static mark => mark.Source, static mark => mark.Size, StringComparer.Ordinal);
        foreach (var source in beyond)
        {
            findings.Add(AuditFindingKind.LogTruncated, size, source.Key,
                $"The log ends after {size} entries, and {source.Max()} were signed.");
        }
    }
}

/// <summary>What is wrong with a log: all are counted, the first are kept.</summary>
internal sealed class AuditFindings(int keptMax)
{
    private readonly List<AuditFinding> _first = [];

    public int Count { get; private set; }

    public IReadOnlyList<AuditFinding> First => _first;

    public void Add(AuditFindingKind kind, long index, string source, string message)
    {
        Count++;
        if (_first.Count < keptMax) _first.Add(new AuditFinding(kind, index, source, message));
    }
}
