using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Runs.Scheduling.SlotCase;

namespace CodexOS.Tests.Runs.Scheduling;

public sealed class StepSlotsTests
{
    private static readonly TenantQuota s_free = new(1_000, 1_000, 1_000, 1_000);

    [Fact]
    public async Task A_free_place_is_given_at_once_and_a_taken_one_when_it_is_given_back()
    {
        using var slots = new SlotCase(size: 1);
        var first = slots.Ask(0);
        first.HasPlace.ShouldBeTrue();
        var second = slots.Ask(0);
        second.HasPlace.ShouldBeFalse();
        slots.Load().ShouldBe(new PoolLoad(Pool, 1, 1, 1, 1, 1));

        slots.Clock.Advance(TimeSpan.FromSeconds(3));
        await first.GiveBackAsync();

        (await second.Slot).Waited.ShouldBe(TimeSpan.FromSeconds(3));
        slots.Load().ShouldBe(new PoolLoad(Pool, 1, 1, 0, 1, 0));
    }

    [Fact]
    public async Task A_tenant_with_one_step_waits_for_one_turn_of_a_tenant_with_ten_thousand()
    {
        using var slots = new SlotCase(size: 1);
        var holder = slots.Ask(0);
        var waiting = Enumerable.Range(0, 10_000).Select(_ => slots.Ask(0)).ToList();
        var other = slots.Ask(1);

        await holder.GiveBackAsync();
        // It is the first tenant's turn; the one after it is the other's.
        await slots.Served(waiting, other, 2);

        other.HasPlace.ShouldBeTrue();
    }

    [Fact]
    public async Task Subjects_of_a_tenant_take_turns()
    {
        using var slots = new SlotCase(size: 1);
        var holder = slots.Ask(0, "a");
        List<Asked> waiting = [slots.Ask(0, "a"), slots.Ask(0, "a"), slots.Ask(0, "b"), slots.Ask(0, "c")];

        (await slots.OrderAsync(holder, waiting)).Select(one => one.Subject).ShouldBe(["a", "b", "c", "a"]);
    }

    [Fact]
    public async Task Higher_priority_goes_first_and_equals_in_the_order_they_came()
    {
        using var slots = new SlotCase(size: 1);
        var holder = slots.Ask(0);
        var asked = new[] { 0, 5, -3, 5, 0 }.Select(priority => slots.Ask(0, priority: priority)).ToList();

        var order = await slots.OrderAsync(holder, [.. asked]);

        order.Select(one => asked.IndexOf(one)).ShouldBe([1, 3, 0, 4, 2]);
    }

    [Fact]
    public async Task Waiting_makes_up_for_priority()
    {
        using var slots = new SlotCase(size: 1);
        var holder = slots.Ask(0);
        var patient = slots.Ask(0, priority: 0);
        slots.Clock.Advance((slots.Options.PriorityAging * 2) + TimeSpan.FromSeconds(1));
        var urgent = slots.Ask(0, priority: 2);
        var mostUrgent = slots.Ask(0, priority: 3);

        (await slots.OrderAsync(holder, [patient, urgent, mostUrgent])).ShouldBe([mostUrgent, patient, urgent]);
    }

    [Fact]
    public async Task A_tenant_is_given_as_many_places_in_a_row_as_its_weight()
    {
        using var slots = new SlotCase(size: 1);
        slots.Set(0, s_free with { Weight = 2 });
        var holder = slots.Ask(2);
        List<Asked> waiting = [.. Enumerable.Range(0, 4).Select(_ => slots.Ask(0)), slots.Ask(1), slots.Ask(1)];

        (await slots.OrderAsync(holder, waiting)).Select(one => one.Tenant).ShouldBe([0, 0, 1, 0, 0, 1]);
    }

    [Fact]
    public async Task What_a_tenant_may_not_use_is_left_to_the_others()
    {
        using var slots = new SlotCase(size: 3);
        slots.Set(0, s_free with { StepsMax = 1 });
        var first = slots.Ask(0);
        var second = slots.Ask(0);
        var other = slots.Ask(1);

        second.HasPlace.ShouldBeFalse();
        other.HasPlace.ShouldBeTrue();
        await first.GiveBackAsync();
        await second.Slot;
    }

    [Fact]
    public async Task The_limit_of_a_tenant_counts_over_all_pools_and_room_in_one_is_room_in_all()
    {
        using var slots = new SlotCase(size: 3);
        slots.Set(0, s_free with { StepsMax = 1 });
        var here = slots.Ask(0);
        var there = slots.Ask(0, pool: "another");
        there.HasPlace.ShouldBeFalse();

        await here.GiveBackAsync();

        await there.Slot;
    }

    [Fact]
    public async Task A_place_in_one_pool_that_uses_up_the_limit_counts_for_who_waits_in_another()
    {
        using var slots = new SlotCase(size: 1);
        slots.Set(0, s_free with { StepsMax = 1 });
        var holder = slots.Ask(1);
        var waiting = slots.Ask(0);
        var there = slots.Ask(0, pool: "another");
        there.HasPlace.ShouldBeTrue();

        await holder.GiveBackAsync();

        slots.Load().ShouldBe(new PoolLoad(Pool, 1, 0, 1, 0, 1));
        await there.GiveBackAsync();
        await waiting.Slot;
    }

    [Fact]
    public async Task A_quota_that_is_raised_holds_for_those_who_wait_once_the_tenant_asks_again()
    {
        using var slots = new SlotCase(size: 3);
        slots.Set(0, s_free with { StepsMax = 1 });
        slots.Ask(0).HasPlace.ShouldBeTrue();
        var waiting = slots.Ask(0);
        waiting.HasPlace.ShouldBeFalse();

        slots.Set(0, s_free);
        slots.Ask(0).HasPlace.ShouldBeTrue();

        await waiting.Slot;
    }

    [Fact]
    public async Task A_subject_at_its_limit_does_not_hold_up_the_tenants_other_subjects()
    {
        using var slots = new SlotCase(size: 3);
        slots.Set(0, s_free with { StepsPerSubjectMax = 1 });
        var busy = slots.Ask(0, "busy");
        var waiting = slots.Ask(0, "busy");
        var other = slots.Ask(0, "other");

        waiting.HasPlace.ShouldBeFalse();
        other.HasPlace.ShouldBeTrue();
        await busy.GiveBackAsync();
        await waiting.Slot;
    }

    [Fact]
    public async Task Who_is_cancelled_leaves_the_queue_and_takes_no_place()
    {
        using var slots = new SlotCase(size: 1);
        using var stop = new CancellationTokenSource();
        var holder = slots.Ask(0);
        var cancelled = slots.Ask(0, stop: stop.Token);
        var next = slots.Ask(0);

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(cancelled.Slot);
        slots.Load().Waiting.ShouldBe(1);
        await holder.GiveBackAsync();
        await next.Slot;
        slots.Load().InUse.ShouldBe(1);
    }

    [Fact]
    public async Task A_place_is_given_back_once_however_often_it_is_disposed_of()
    {
        using var slots = new SlotCase(size: 1);
        var slot = await slots.Ask(0).Slot;

        slot.Dispose();
        slot.Dispose();

        slots.Load().InUse.ShouldBe(0);
        slots.Ask(0).HasPlace.ShouldBeTrue();
        slots.Ask(0).HasPlace.ShouldBeFalse();
    }

    [Fact]
    public void An_effect_may_ask_for_a_pool_and_a_size_and_the_options_have_the_last_word()
    {
        using var slots = new SlotCase(size: 1);
        slots.Options.Pools["sandbox"] = 3;
        foreach (var pool in (EffectPool[])[new("sandbox", 8), new("model", 9), new("plain")])
        {
            var ticket = new StepTicket(RunId.New(slots.Clock), Tenant(0), "test", "agent", "effect", 0) { Pool = pool };
            slots.Slots.TakeAsync(ticket, CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
        }

        slots.Load(pool: "sandbox").Size.ShouldBe(3);
        slots.Load(pool: "model").Size.ShouldBe(9);
        slots.Load(pool: "plain").Size.ShouldBe(slots.Options.PoolSize);
    }
}

/// <summary>Steps that are performed one after the other.</summary>
internal static class SlotOrder
{
    /// <summary>Gives the place of the holder back, then that of whoever got it, and so on; who got it, in order.</summary>
    public static async Task<List<SlotCase.Asked>> OrderAsync(
        this SlotCase slots, SlotCase.Asked holder, List<SlotCase.Asked> waiting)
    {
        var order = new List<SlotCase.Asked>();
        while (waiting.Count > 0)
        {
            await holder.GiveBackAsync();
            holder = await NextAsync(waiting);
            order.Add(holder);
        }

        await holder.GiveBackAsync();
        slots.Load().InUse.ShouldBe(0);
        return order;
    }

    /// <summary>Goes on for a number of turns, the first of which has been given.</summary>
    public static async Task Served(
        this SlotCase slots, List<SlotCase.Asked> waiting, SlotCase.Asked other, int turns)
    {
        List<SlotCase.Asked> all = [.. waiting, other];
        for (var turn = 1; turn <= turns; turn++)
        {
            var next = await NextAsync(all);
            if (turn < turns) await next.GiveBackAsync();
        }

        slots.Load().InUse.ShouldBe(1);
    }
}
