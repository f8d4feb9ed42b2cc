using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Scheduling;

/// <summary>
/// Gives the places of all pools to the steps of this process. In each pool tenants take turns, within a tenant its
/// subjects do, within a subject higher priority goes first and waiting makes up for it, and then who came first. One
/// lock guards it all: what happens under it takes less than a microsecond and never waits.
/// </summary>
internal sealed class StepSlots(RunsOptions options, ITenantQuotas quotas, TimeProvider clock) : IStepSlots
{
    private const int IdleTenantsMax = 1_024;
    private const int IdleSubjectsMax = 64;
    private const int PriorityMax = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StepPool> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<TenantId, TenantSteps> _tenants = [];
    private readonly RateMeter _rate = new(clock);
    private readonly long _aging = (long)(options.PriorityAging.TotalSeconds * clock.TimestampFrequency);
    private long _number;

    public ValueTask<StepSlot> TakeAsync(StepTicket ticket, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<StepSlot>(cancellationToken);
        StepWaiter waiter;
        lock (_gate)
        {
            var pool = PoolOf(ticket);
            var tenant = TenantOf(ticket.Tenant);
            var subject = tenant.SubjectOf(ticket.Subject);
            // A place is free only while nobody waits who could use it, so taking it overtakes nobody.
            if (pool.HasPlace && tenant.HasRoom && subject.InUse < tenant.Quota.StepsPerSubjectMax)
                return ValueTask.FromResult<StepSlot>(Occupy(pool, tenant, subject, TimeSpan.Zero));
            waiter = Queue(pool, tenant, subject, ticket.Priority);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    private async ValueTask<StepSlot> WaitAsync(StepWaiter waiter, CancellationToken cancellationToken)
    {
        await using (cancellationToken.UnsafeRegister((_, token) => Leave(waiter, token), null))
            return await waiter.Slot.Task;
    }

    private StepWaiter Queue(StepPool pool, TenantSteps tenant, SubjectSteps subject, int priority)
    {
        var line = tenant.Lines.Find(known => known.Pool == pool);
        if (line is null) tenant.Lines.Add(line = new TenantLine(tenant, pool));
        var now = clock.GetTimestamp();
        var rank = now - (Math.Clamp(priority, -PriorityMax, PriorityMax) * _aging);
        var waiter = new StepWaiter(line, subject, rank, _number++, now);
        Count(waiter, 1);
        line.Add(waiter);
        pool.Review(line);
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
            var (pool, tenant, subject) = (place.Pool, place.Tenant, place.Subject);
            pool.InUse--;
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
            var place = Occupy(pool, waiter.Line.Tenant, waiter.Subject, clock.GetElapsedTime(waiter.Since));
            Review(waiter.Line.Tenant, waiter.Subject);
            waiter.Slot.TrySetResult(place);
        }
    }

    private Place Occupy(StepPool pool, TenantSteps tenant, SubjectSteps subject, TimeSpan waited)
    {
        pool.InUse++;
        tenant.InUse++;
        subject.InUse++;
        return new Place(this, pool, tenant, subject) { Waited = waited };
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
        waiter.Subject.Waiting += change;
    }

    private StepPool PoolOf(StepTicket ticket)
    {
        var name = ticket.Pool?.Name ?? ticket.Effect;
        if (_pools.TryGetValue(name, out var pool)) return pool;
        var size = options.Pools.TryGetValue(name, out var wanted) ? wanted : ticket.Pool?.Size ?? options.PoolSize;
        return _pools[name] = new StepPool(name, size);
    }

    private TenantSteps TenantOf(TenantId id)
    {
        if (!_tenants.TryGetValue(id, out var tenant)) _tenants[id] = tenant = new TenantSteps(id, new RateMeter(clock));
        tenant.Quota = quotas.Of(id);
        return tenant;
    }

    /// <summary>Forgets who neither uses nor wants anything, once there are many of them.</summary>
    private void Tidy(TenantSteps tenant, SubjectSteps subject)
    {
        tenant.Tidy(subject, IdleSubjectsMax);
        if (tenant.IsIdle && _tenants.Count > IdleTenantsMax) _tenants.Remove(tenant.Tenant);
    }

    /// <summary>A place that is taken.</summary>
    private sealed class Place(StepSlots slots, StepPool pool, TenantSteps tenant, SubjectSteps subject) : StepSlot
    {
        public StepPool Pool => pool;

        public TenantSteps Tenant => tenant;

        public SubjectSteps Subject => subject;

        private protected override void GiveBack() => slots.Release(this);
    }
}
