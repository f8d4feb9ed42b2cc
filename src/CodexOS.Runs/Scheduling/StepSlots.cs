using System.Diagnostics.Metrics;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Scheduling;

/// <summary>
/// Gives the places of all pools to the steps of this process. In each pool tenants take turns, within a tenant its
/// subjects do, within a subject higher priority goes first and waiting makes up for it, and then who came first. One
/// lock guards it all: what happens under it takes less than a microsecond and never waits.
/// </summary>
internal sealed class StepSlots : IStepSlots, IDisposable
{
    private const int IdleTenantsMax = 1_024;
    private const int IdleSubjectsMax = 64;
    private const int PriorityMax = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StepPool> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<TenantId, TenantSteps> _tenants = [];
    private readonly Meter _gauges = new("CodexOS.Runs");
    private readonly RunsOptions _options;
    private readonly ITenantQuotas _quotas;
    private readonly TimeProvider _clock;
    private readonly RateMeter _rate;
    private readonly long _aging;
    private long _number;

    public StepSlots(RunsOptions options, ITenantQuotas quotas, TimeProvider clock)
    {
        (_options, _quotas, _clock, _rate) = (options, quotas, clock, new RateMeter(clock));
        _aging = (long)(options.PriorityAging.TotalSeconds * clock.TimestampFrequency);
        Observe("codexos.pool.size", "Most steps that are performed at once, by pool.", pool => pool.Size);
        Observe("codexos.pool.in_use", "Steps that are being performed, by pool.", pool => pool.InUse);
        Observe("codexos.pool.waiting", "Steps that wait for a place, by pool.", pool => pool.Waiting);
    }

    public ValueTask<StepSlot> TakeAsync(StepTicket ticket, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<StepSlot>(cancellationToken);
        StepWaiter waiter;
        lock (_gate)
        {
            var pool = PoolOf(ticket);
            var tenant = TenantOf(ticket.Tenant);
            var subject = tenant.SubjectOf(ticket.Subject);
            var line = tenant.LineIn(pool);
            // A place is free only while nobody waits who could use it, so taking it overtakes nobody.
            if (pool.HasPlace && tenant.HasRoom && subject.InUse < tenant.Quota.StepsPerSubjectMax)
            {
                RunsTelemetry.StepWaited(pool.Name, TimeSpan.Zero);
                var place = Occupy(line, subject, TimeSpan.Zero);
                // It may have been the last of what the tenant or the subject may use, in every pool.
                if (tenant.Waiting > 0) Review(tenant, subject);
                return ValueTask.FromResult<StepSlot>(place);
            }

            waiter = Queue(line, subject, ticket.Priority);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>How full the pools are, and what of it is a tenant's.</summary>
    public IReadOnlyList<PoolLoad> PoolsOf(TenantId id)
    {
        lock (_gate)
        {
            var lines = _tenants.GetValueOrDefault(id)?.Lines;
            return [.. _pools.Values.OrderBy(pool => pool.Name, StringComparer.Ordinal).Select(pool =>
            {
                var line = lines?.Find(line => line.Pool == pool);
                return new PoolLoad(
                    pool.Name, pool.Size, pool.InUse, pool.Waiting, line?.InUse ?? 0, line?.Waiting ?? 0);
            })];
        }
    }

    /// <summary>How many steps of a tenant wait for a place, and how many a second give theirs back.</summary>
    public (int Waiting, double PerSecond) StepsOf(TenantId id)
    {
        lock (_gate)
            return _tenants.TryGetValue(id, out var tenant) ? (tenant.Waiting, tenant.Rate.PerSecond()) : (0, 0);
    }

    /// <summary>How many steps of all tenants give their place back in a second.</summary>
    public double StepsPerSecond()
    {
        lock (_gate) return _rate.PerSecond();
    }

    public void Dispose() => _gauges.Dispose();

    private void Observe(string name, string description, Func<StepPool, int> value) => _gauges.CreateObservableGauge(
        name,
        () =>
        {
            lock (_gate)
            {
                return _pools.Values
                    .Select(pool => new Measurement<int>(value(pool), new KeyValuePair<string, object?>("pool", pool.Name)))
                    .ToList();
            }
        },
        unit: null,
        description);

    private async ValueTask<StepSlot> WaitAsync(StepWaiter waiter, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister((_, token) => Leave(waiter, token), null))
            return await waiter.Slot.Task;
    }

    private StepWaiter Queue(TenantLine line, SubjectSteps subject, int priority)
    {
        var now = _clock.GetTimestamp();
        var rank = now - (Math.Clamp(priority, -PriorityMax, PriorityMax) * _aging);
        var waiter = new StepWaiter(line, subject, rank, _number++, now);
        Count(waiter, 1);
        line.Add(waiter);
        line.Pool.Review(line);
        return waiter;
    }

    private void Leave(StepWaiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!waiter.Waits) return;
            waiter.Waits = false;
            Count(waiter, -1);
            waiter.Line.Remove(waiter);
            waiter.Line.Pool.Review(waiter.Line);
            Tidy(waiter.Line.Tenant, waiter.Subject);
        }

        waiter.Slot.TrySetCanceled(cancellationToken);
    }

    private void Release(Place place)
    {
        lock (_gate)
        {
            var (line, tenant, subject) = (place.Line, place.Line.Tenant, place.Subject);
            line.Pool.InUse--;
            line.InUse--;
            tenant.InUse--;
            subject.InUse--;
            _rate.Add();
            tenant.Rate.Add();
            // Room for the tenant and the subject is room in every pool.
            if (tenant.Waiting > 0) Review(tenant, subject);
            foreach (var other in _pools.Values) Fill(other);
            Tidy(tenant, subject);
        }
    }

    /// <summary>Gives free places to those whose turn it is.</summary>
    private void Fill(StepPool pool)
    {
        while (pool.HasPlace && pool.HasTurns)
        {
            var waiter = pool.Next();
            waiter.Waits = false;
            Count(waiter, -1);
            var waited = _clock.GetElapsedTime(waiter.Since);
            RunsTelemetry.StepWaited(pool.Name, waited);
            var place = Occupy(waiter.Line, waiter.Subject, waited);
            Review(waiter.Line.Tenant, waiter.Subject);
            waiter.Slot.TrySetResult(place);
        }
    }

    private Place Occupy(TenantLine line, SubjectSteps subject, TimeSpan waited)
    {
        line.Pool.InUse++;
        line.Tenant.InUse++;
        line.InUse++;
        subject.InUse++;
        return new Place(this, line, subject) { Waited = waited };
    }

    private static void Review(TenantSteps tenant, SubjectSteps subject)
    {
        foreach (var line in tenant.Lines)
        {
            line.Review(subject);
            line.Pool.Review(line);
        }
    }

    private static void Count(StepWaiter waiter, int change)
    {
        waiter.Line.Pool.Waiting += change;
        waiter.Line.Tenant.Waiting += change;
        waiter.Line.Waiting += change;
        waiter.Subject.Waiting += change;
    }

    private StepPool PoolOf(StepTicket ticket)
    {
        var name = ticket.Pool?.Name ?? ticket.Effect;
        if (_pools.TryGetValue(name, out var pool)) return pool;
        var size = _options.Pools.TryGetValue(name, out var wanted) ? wanted : ticket.Pool?.Size ?? _options.PoolSize;
        pool = new StepPool(name, size);
        return _pools[name] = pool;
    }

    private TenantSteps TenantOf(TenantId id)
    {
        var quota = _quotas.Of(id);
        if (!_tenants.TryGetValue(id, out var tenant))
        {
            return _tenants[id] = new TenantSteps(id, new RateMeter(_clock)) { Quota = quota };
        }

        if (tenant.Quota == quota) return tenant;
        // A quota that has changed holds for those who wait already.
        tenant.Quota = quota;
        foreach (var line in tenant.Lines)
        {
            line.Review();
            line.Pool.Review(line);
            Fill(line.Pool);
        }

        return tenant;
    }

    /// <summary>Forgets who neither uses nor wants anything, once there are many of them.</summary>
    private void Tidy(TenantSteps tenant, SubjectSteps subject)
    {
        tenant.Tidy(subject, IdleSubjectsMax);
        if (tenant.IsIdle && _tenants.Count > IdleTenantsMax) _tenants.Remove(tenant.Tenant);
    }

    /// <summary>A place that is taken.</summary>
    private sealed class Place(StepSlots slots, TenantLine line, SubjectSteps subject) : StepSlot
    {
        public TenantLine Line => line;

        public SubjectSteps Subject => subject;

        private protected override void GiveBack() => slots.Release(this);
    }
}
