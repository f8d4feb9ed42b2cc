using CodexOS.Platform.Ids;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;
using CodexOS.Testing;
using Microsoft.Extensions.Time.Testing;

namespace CodexOS.Tests.Runs.Scheduling;

/// <summary>Places under test: a clock that stands still, and tenants whose quotas the test sets.</summary>
internal sealed class SlotCase : ITenantQuotas, IDisposable
{
    public const string Pool = "pool";
    private static readonly TenantId[] s_tenants = [.. Enumerable.Range(0, 8).Select(_ => TenantId.New(TimeProvider.System))];
    private readonly Dictionary<TenantId, TenantQuota> _quotas = [];

    public SlotCase(int size, TenantQuota? quota = null)
    {
        Quota = quota ?? new TenantQuota(1_000_000, 1_000_000, 1_000_000, 1_000_000);
        Options.Pools[Pool] = size;
        Slots = new StepSlots(Options, this, Clock);
    }

    public FakeTimeProvider Clock { get; } = Clocks.AtNoon();

    public RunsOptions Options { get; } = new();

    public StepSlots Slots { get; }

    private TenantQuota Quota { get; }

    public static TenantId Tenant(int number) => s_tenants[number];

    public void Set(int tenant, TenantQuota quota) => _quotas[Tenant(tenant)] = quota;

    public TenantQuota Of(TenantId tenant) => _quotas.GetValueOrDefault(tenant, Quota);

    /// <summary>Asks for a place.</summary>
    public Asked Ask(
        int tenant, string subject = "agent", int priority = 0, string pool = Pool, CancellationToken? stop = null)
    {
        var ticket = new StepTicket(
            RunId.New(Clock), Tenant(tenant), "test", subject, pool, priority);
        var token = stop ?? CancellationToken.None;
        return new Asked(tenant, subject, pool, priority, Slots.TakeAsync(ticket, token).AsTask());
    }

    public PoolLoad Load(int tenant = 0, string pool = Pool) =>
        Slots.PoolsOf(Tenant(tenant)).Single(known => known.Name == pool);

    /// <summary>Waits until exactly one of those who wait has been given a place, and takes it out of the list.</summary>
    public static async Task<Asked> NextAsync(List<Asked> waiting)
    {
        var slot = await Task.WhenAny(waiting.Select(one => one.Slot));
        var next = waiting.Single(one => one.Slot == slot);
        waiting.Remove(next);
        return next;
    }

    public void Dispose() => Slots.Dispose();

    /// <summary>A place that was asked for.</summary>
    internal sealed record Asked(int Tenant, string Subject, string Pool, int Priority, Task<StepSlot> Slot)
    {
        public bool HasPlace => Slot.IsCompletedSuccessfully;

        public async Task GiveBackAsync() => (await Slot).Dispose();
    }
}
