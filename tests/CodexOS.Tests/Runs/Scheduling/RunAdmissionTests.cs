using CodexOS.Platform.Faults;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Scheduling;
using CodexOS.Testing;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Runs.Scheduling.SlotCase;

namespace CodexOS.Tests.Runs.Scheduling;

public sealed class RunAdmissionTests : IDisposable
{
    private readonly FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly RunsOptions _options = new() { ActiveRunsMax = 3, ActiveRunsPerTenantMax = 2 };
    private readonly QueueOnly _journal = new QueueOnly();
    private readonly StepSlots _slots;
    private readonly RunAdmission _admission;
    private readonly List<(int Tenant, RunId Run)> _entered = [];

    public RunAdmissionTests()
    {
        var quotas = new OptionQuotas(_options);
        _slots = new StepSlots(_options, quotas, _clock);
        _admission = new RunAdmission(_journal, _slots, quotas, _options, _clock);
    }

    [Fact]
    public void A_start_that_led_to_no_loop_leaves_no_trace()
    {
        for (var i = 0; i < 10; i++)
        {
            var run = RunId.New(_clock);
            _admission.Admit(Tenant(0), run).ShouldBeNull();
            _admission.Settle(run);
        }

        _admission.CountOf(Tenant(0)).ShouldBe(0);
    }

    [Fact]
    public void Starts_that_race_are_counted_before_their_loops_begin()
    {
        _admission.Admit(Tenant(0), RunId.New(_clock)).ShouldBeNull();
        _admission.Admit(Tenant(0), RunId.New(_clock)).ShouldBeNull();

        _admission.Admit(Tenant(0), RunId.New(_clock))!.Code.ShouldBe("runs.too_many_of_tenant");
    }

    [Fact]
    public void A_run_is_counted_once_from_its_start_to_the_end_of_its_loop()
    {
        var run = RunId.New(_clock);
        _admission.Admit(Tenant(0), run).ShouldBeNull();
        _admission.Entered(Tenant(0), run);
        _admission.Settle(run);
        _admission.CountOf(Tenant(0)).ShouldBe(1);

        _admission.Left(run);

        _admission.CountOf(Tenant(0)).ShouldBe(0);
    }

    [Fact]
    public void Who_is_refused_is_told_how_long_it_takes_at_the_pace_of_late()
    {
        Enter(0, 2);
        // One run of this tenant ends every two seconds.
        for (var i = 0; i < 5; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            var run = Enter(1, 1)[0];
            _admission.Left(run);
            Leave(0);
        }

        _clock.Advance(TimeSpan.FromSeconds(1));
        var first = _admission.Admit(Tenant(0), RunId.New(_clock))!;

        first.RetryAfter.ShouldBe(TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromMinutes(5));
        _admission.Admit(Tenant(0), RunId.New(_clock))!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_process_at_its_limit_refuses_whoever_comes()
    {
        Enter(0, 2);
        Enter(1, 1);

        _admission.Admit(Tenant(2), RunId.New(_clock))!.Code.ShouldBe("runs.too_many_active");
    }

    [Fact]
    public void A_full_journal_lets_nobody_in_until_it_has_caught_up()
    {
        _journal.AppendLoad = new AppendLoad(Waiting: 1_000, IsFull: true, PerSecond: 100);

        var fault = _admission.Admit(Tenant(0), RunId.New(_clock))!;

        (fault.Code, fault.Kind, fault.RetryAfter)
            .ShouldBe(("runs.journal_busy", FaultKind.Throttled, TimeSpan.FromSeconds(10)));
        _journal.AppendLoad = default(AppendLoad);
        _admission.Admit(Tenant(0), RunId.New(_clock)).ShouldBeNull();
    }

    [Fact]
    public void A_rate_is_that_of_the_last_ten_full_seconds()
    {
        var rate = new RateMeter(_clock);
        for (var second = 0; second < 20; second++)
        {
            rate.Add(second < 10 ? 100 : 30);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        rate.PerSecond().ShouldBe(30);
        _clock.Advance(TimeSpan.FromSeconds(5));
        rate.PerSecond().ShouldBe(15);
        _clock.Advance(TimeSpan.FromHours(1));
        rate.PerSecond().ShouldBe(0);
    }

    public void Dispose() => _slots.Dispose();

    private List<RunId> Enter(int tenant, int count)
    {
        var runs = Enumerable.Range(0, count).Select(_ => RunId.New(_clock)).ToList();
        foreach (var run in runs)
        {
            _admission.Admit(Tenant(tenant), run).ShouldBeNull();
            _admission.Entered(Tenant(tenant), run);
            _entered.Add((tenant, run));
        }

        return runs;
    }

    /// <summary>One of the tenant's runs ends, and another begins.</summary>
    private void Leave(int tenant)
    {
        var old = _entered.First(one => one.Tenant == tenant);
        _entered.Remove(old);
        _admission.Left(old.Run);
        Enter(tenant, 1);
    }

}

/// <summary>A queue of appends as full as the test says.</summary>
internal sealed class QueueOnly : IAppendQueue
{
    public Fault? Outage => null;

    public AppendLoad AppendLoad { get; set; }
}
