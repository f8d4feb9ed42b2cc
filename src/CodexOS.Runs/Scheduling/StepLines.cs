using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Scheduling;

/// <summary>What a tenant uses and wants at the moment, over all pools.</summary>
internal sealed class TenantSteps(TenantId tenant, RateMeter rate)
{
    private readonly Dictionary<string, SubjectSteps> _subjects = new(StringComparer.Ordinal);

    public TenantId Tenant => tenant;

    public RateMeter Rate => rate;

    public required TenantQuota Quota { get; set; }

    public int InUse { get; set; }

    public int Waiting { get; set; }

    public bool HasRoom => InUse < Quota.StepsMax;

    public bool IsIdle => InUse == 0 && Waiting == 0;

    /// <summary>The tenant's lines, one in each pool that it has used.</summary>
    public List<TenantLine> Lines { get; } = [];

    public TenantLine LineIn(StepPool pool)
    {
        foreach (var line in Lines)
        {
            if (line.Pool == pool) return line;
        }

        var added = new TenantLine(this, pool);
        Lines.Add(added);
        return added;
    }

    public SubjectSteps SubjectOf(string name)
    {
        if (_subjects.TryGetValue(name, out var subject)) return subject;
        return _subjects[name] = new SubjectSteps(name);
    }

    /// <summary>Forgets a subject that neither uses nor wants anything once there are many of them.</summary>
    public void Tidy(SubjectSteps subject, int keep)
    {
        if (subject is not { InUse: 0, Waiting: 0 } || _subjects.Count <= keep) return;
        _subjects.Remove(subject.Name);
        foreach (var line in Lines) line.Forget(subject);
    }
}

/// <summary>What one subject of a tenant uses and wants at the moment, over all pools.</summary>
internal sealed class SubjectSteps(string name)
{
    public string Name => name;

    public int InUse { get; set; }

    public int Waiting { get; set; }
}

/// <summary>What one tenant uses and wants of one pool: its subjects take turns.</summary>
internal sealed class TenantLine
{
    private readonly Dictionary<SubjectSteps, SubjectLine> _subjects = [];
    private readonly LinkedList<SubjectLine> _turns = new();

    public TenantLine(TenantSteps tenant, StepPool pool)
    {
        (Tenant, Pool) = (tenant, pool);
        Node = new LinkedListNode<TenantLine>(this);
    }

    public TenantSteps Tenant { get; }

    public StepPool Pool { get; }

    /// <summary>The line's place in the pool's round; it is in no list while the line is empty or may not go on.</summary>
    public LinkedListNode<TenantLine> Node { get; }

    public int InUse { get; set; }

    public int Waiting { get; set; }

    /// <summary>How many places are left of the turn that the line has.</summary>
    public int Deficit { get; set; }

    /// <summary>Whether a step of it could begin if the pool had a place.</summary>
    public bool CanGoOn => _turns.Count > 0 && Tenant.HasRoom;

    public void Add(StepWaiter waiter)
    {
        if (!_subjects.TryGetValue(waiter.Subject, out var line))
            _subjects[waiter.Subject] = line = new SubjectLine(waiter.Subject);
        line.Waiters.Add(waiter);
        Review(line);
    }

    public void Remove(StepWaiter waiter)
    {
        var line = _subjects[waiter.Subject];
        line.Waiters.Remove(waiter);
        Review(line);
    }

    /// <summary>Takes the step whose turn it is. There is one, because the line can go on.</summary>
    public StepWaiter Next()
    {
        var line = _turns.First!.Value;
        _turns.RemoveFirst();
        _turns.AddLast(line.Node);
        var waiter = line.Waiters.Min!;
        line.Waiters.Remove(waiter);
        return waiter;
    }

    /// <summary>Puts a subject in or out of the round, after it has come to have or lost steps or room.</summary>
    public void Review(SubjectSteps subject)
    {
        if (_subjects.TryGetValue(subject, out var line)) Review(line);
    }

    /// <summary>Puts all subjects in or out of the round, after what they may use has changed.</summary>
    public void Review()
    {
        foreach (var line in _subjects.Values) Review(line);
    }

    public void Forget(SubjectSteps subject) => _subjects.Remove(subject);

    private void Review(SubjectLine line)
    {
        var canGoOn = line.Waiters.Count > 0 && line.Subject.InUse < Tenant.Quota.StepsPerSubjectMax;
        if (canGoOn == (line.Node.List is not null)) return;
        if (canGoOn) _turns.AddLast(line.Node);
        else _turns.Remove(line.Node);
    }

    private sealed class SubjectLine
    {
        public SubjectLine(SubjectSteps subject)
        {
            Subject = subject;
            Node = new LinkedListNode<SubjectLine>(this);
        }

        public SubjectSteps Subject { get; }

        public SortedSet<StepWaiter> Waiters { get; } = new(StepWaiter.ByRank);

        public LinkedListNode<SubjectLine> Node { get; }
    }
}

/// <summary>A step that waits for a place.</summary>
internal sealed class StepWaiter(TenantLine line, SubjectSteps subject, long rank, long number, long since)
{
    public static Comparer<StepWaiter> ByRank { get; } = Comparer<StepWaiter>.Create(
        (one, other) => one.Rank != other.Rank ? one.Rank.CompareTo(other.Rank) : one.Number.CompareTo(other.Number));

    public TenantLine Line => line;

    public SubjectSteps Subject => subject;

    /// <summary>
    /// When it came, moved ahead by its priority. All who wait age alike, so the order of two of them never changes.
    /// </summary>
    public long Rank => rank;

    /// <summary>Who came first wins among equals.</summary>
    public long Number => number;

    public long Since => since;

    /// <summary>Whether it is still in its line.</summary>
    public bool Waits { get; set; } = true;

    public TaskCompletionSource<StepSlot> Slot { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
