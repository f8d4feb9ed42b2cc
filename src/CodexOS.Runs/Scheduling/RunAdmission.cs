using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;

namespace CodexOS.Runs.Scheduling;

/// <summary>
/// Decides at the door whether a run may start here, so that whatever is let in can go on: no limit is met inside a run.
/// Who is refused is told how long it takes until there is room, from how fast there has been room lately.
/// </summary>
internal sealed class RunAdmission(
    IAppendQueue journal, StepSlots slots, ITenantQuotas quotas, RunsOptions options, TimeProvider clock)
{
    private const int IdleTenantsMax = 1_024;
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<RunId, Admitted> _runs = [];
    private readonly Dictionary<TenantId, Door> _tenants = [];
    private readonly Door _process = new(clock);

    /// <summary>Whether this process has its hands full, whoever comes.</summary>
    public bool IsCrowded
    {
        get
        {
            if (journal.Outage is not null || journal.AppendLoad.IsFull) return true;
            lock (_gate) return _runs.Count >= options.ActiveRunsMax;
        }
    }

    /// <summary>Lets a run in, or says why not. Whoever is let in must <see cref="Settle"/> once the run has started.</summary>
    public Fault? Admit(TenantId tenant, RunId run)
    {
        if (journal.Outage is { } outage) return outage;
        var appends = journal.AppendLoad;
        if (appends.IsFull) return RunFaults.AppendsFull(After(appends.Waiting, appends.PerSecond));
        var quota = quotas.Of(tenant);
        var steps = slots.StepsOf(tenant);
        if (steps.Waiting >= quota.StepsWaitingMax)
        {
            return RunFaults.StepsWaiting(
                steps.Waiting, After(steps.Waiting - quota.StepsWaitingMax + 1, steps.PerSecond));
        }

        lock (_gate)
        {
            if (_runs.ContainsKey(run)) return null;
            var own = DoorOf(tenant);
            if (own.Count >= quota.RunsMax)
                return RunFaults.TooManyOfTenant(quota.RunsMax, own.Refuse(own.Count - quota.RunsMax + 1));
            if (_runs.Count >= options.ActiveRunsMax)
                return RunFaults.Busy(options.ActiveRunsMax, _process.Refuse(_runs.Count - options.ActiveRunsMax + 1));
            Add(run, new Admitted(own, InLoop: false));
            return null;
        }
    }

    /// <summary>The start is over: if it did not lead to a loop in this process, the run's place here is free again.</summary>
    public void Settle(RunId run)
    {
        lock (_gate)
        {
            if (_runs.TryGetValue(run, out var admitted) && !admitted.InLoop) Remove(run, admitted);
        }
    }

    /// <summary>A loop works on the run; runs that are resumed come in this way, for they were let in before.</summary>
    public void Entered(TenantId tenant, RunId run)
    {
        lock (_gate)
        {
            if (_runs.TryGetValue(run, out var admitted)) _runs[run] = admitted with { InLoop = true };
            else Add(run, new Admitted(DoorOf(tenant), InLoop: true));
        }
    }

    /// <summary>The loop has ended.</summary>
    public void Left(RunId run)
    {
        lock (_gate)
        {
            if (!_runs.TryGetValue(run, out var admitted)) return;
            Remove(run, admitted);
            admitted.Door.Left.Add();
            _process.Left.Add();
        }
    }

    /// <summary>How many runs of a tenant this process works on.</summary>
    public int CountOf(TenantId tenant)
    {
        lock (_gate) return _tenants.TryGetValue(tenant, out var door) ? door.Count : 0;
    }

    /// <summary>How long it takes until so many have gone, at the pace of late; a guess where nothing has gone.</summary>
    private static TimeSpan After(double count, double perSecond) => TimeSpan.FromSeconds(
        perSecond <= 0 ? 10 : Math.Clamp(Math.Ceiling(count / perSecond), 1, RetryAfterMax.TotalSeconds));

    private void Add(RunId run, Admitted admitted)
    {
        _runs.Add(run, admitted);
        admitted.Door.Count++;
    }

    private void Remove(RunId run, Admitted admitted)
    {
        _runs.Remove(run);
        admitted.Door.Count--;
    }

    private Door DoorOf(TenantId tenant)
    {
        if (_tenants.TryGetValue(tenant, out var door)) return door;
        if (_tenants.Count >= IdleTenantsMax)
        {
            foreach (var (id, _) in _tenants.Where(one => one.Value.Count == 0).ToList()) _tenants.Remove(id);
        }

        return _tenants[tenant] = new Door(clock);
    }

    private readonly record struct Admitted(Door Door, bool InLoop);

    /// <summary>How many came in through it, and how fast they go and others are turned away.</summary>
    private sealed class Door(TimeProvider clock)
    {
        private readonly RateMeter _refused = new(clock);

        public int Count { get; set; }

        public RateMeter Left { get; } = new(clock);

        /// <summary>Counts a refusal. Those who were refused in the last second come back too, and come first.</summary>
        public TimeSpan Refuse(int over)
        {
            var after = After(over + _refused.PerSecond(), Left.PerSecond());
            _refused.Add();
            return after;
        }
    }
}
