using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;
using CsCheck;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Runs.Scheduling.SlotCase;

namespace CodexOS.Tests.Runs.Scheduling;

public sealed class StepSlotsProperties
{
    private static readonly string[] s_pools = [Pool, "other"];

    private static readonly Gen<(int What, int Tenant, int Subject, int Pool, int Priority)> s_moves = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[-12, 12]);

    private static readonly Gen<TenantQuota> s_quotas = Gen.Select(
        Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 3],
        (steps, perSubject, weight) => new TenantQuota(steps, perSubject, 100, 100, weight));

    [Fact]
    public Task Whatever_happens_limits_hold_no_place_is_lost_or_idle_and_all_come_to_their_turn() => Gen
        .Select(Gen.Int[1, 3], s_quotas.Array[4], s_moves.Array[0, 60])
        .SampleAsync(async (size, quotas, moves) =>
        {
            using var slots = new SlotCase(size);
            slots.Options.Pools["other"] = size;
            for (var tenant = 0; tenant < quotas.Length; tenant++) slots.Set(tenant, quotas[tenant]);
            var asked = new List<(Asked Asked, CancellationTokenSource Stop)>();
            foreach (var move in moves)
            {
                var (holders, waiters) = await SettledAsync(slots, asked);
                if (move.What < 5)
                {
                    var stop = new CancellationTokenSource();
                    asked.Add((slots.Ask(
                        move.Tenant, $"s{move.Subject}", move.Priority, s_pools[move.Pool], stop.Token), stop));
                }
                else if (move.What < 8 && holders.Count > 0)
                {
                    var holder = holders[move.Priority + 12 < 0 ? 0 : (move.Priority + 12) % holders.Count];
                    await holder.Asked.GiveBackAsync();
                    asked.Remove(holder);
                }
                else if (move.What >= 8 && waiters.Count > 0)
                {
                    var waiter = waiters[(move.Priority + 12) % waiters.Count];
                    await waiter.Stop.CancelAsync();
                    await Should.ThrowAsync<OperationCanceledException>(waiter.Asked.Slot);
                    asked.Remove(waiter);
                }

                Check(slots, quotas, await SettledAsync(slots, asked));
            }

            while (asked.Count > 0)
            {
                var (holders, _) = await SettledAsync(slots, asked);
                holders.ShouldNotBeEmpty("who waits is given a place once others give theirs back");
                await holders[0].Asked.GiveBackAsync();
                asked.Remove(holders[0]);
                Check(slots, quotas, await SettledAsync(slots, asked));
            }

            slots.Slots.PoolsOf(Tenant(0)).ShouldAllBe(pool => pool.InUse == 0 && pool.Waiting == 0);
        }, iter: 60, threads: 1);

    [Fact]
    public Task Tenants_that_wait_get_their_share_within_one_turn_of_each() => Gen
        .Select(Gen.Int[1, 3].Array[2, 5], Gen.Int[5, 40])
        .SampleAsync(async (weights, each) =>
        {
            using var slots = new SlotCase(size: 1);
            for (var tenant = 0; tenant < weights.Length; tenant++)
                slots.Set(tenant, new TenantQuota(100, 100, 1_000, 1_000, weights[tenant]));
            var holder = slots.Ask(7);
            var waiting = weights
                .SelectMany((_, tenant) => Enumerable.Range(0, each).Select(_ => tenant))
                .Select(tenant => slots.Ask(tenant)).ToList();
            var served = new int[weights.Length];
            var order = await slots.OrderAsync(holder, waiting);
            foreach (var one in order)
            {
                served[one.Tenant]++;
                if (served.Any(count => count == each)) break;
                for (var i = 0; i < weights.Length; i++)
                {
                    for (var j = 0; j < weights.Length; j++)
                    {
                        // In rounds: no tenant is further ahead of another than one whole turn.
                        (((double)served[i] / weights[i]) - ((double)served[j] / weights[j])).ShouldBeLessThanOrEqualTo(1);
                    }
                }
            }
        }, iter: 60, threads: 1);

    [Fact]
    public async Task Places_that_are_taken_cancelled_and_given_back_from_many_threads_are_all_there_in_the_end()
    {
        const int size = 3;
        using var slots = new SlotCase(size);
        var inside = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 4_000),
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (number, _) =>
            {
                using var stop = new CancellationTokenSource();
                var asked = slots.Ask(number % 4, $"s{number % 3}", stop: stop.Token);
                if (number % 5 == 0) await stop.CancelAsync();
                try
                {
                    using var slot = await asked.Slot;
                    Interlocked.Increment(ref inside).ShouldBeLessThanOrEqualTo(size);
                    await Task.Yield();
                    Interlocked.Decrement(ref inside);
                }
                catch (OperationCanceledException)
                {
                }
            });

        slots.Load().ShouldBe(new PoolLoad(Pool, size, 0, 0, 0, 0));
    }

    /// <summary>Waits until the tasks tell what the places say, and parts those who have one from those who wait.</summary>
    private static async Task<(List<(Asked Asked, CancellationTokenSource Stop)> Holders,
        List<(Asked Asked, CancellationTokenSource Stop)> Waiters)> SettledAsync(
        SlotCase slots, List<(Asked Asked, CancellationTokenSource Stop)> asked)
    {
        var inUse = slots.Slots.PoolsOf(Tenant(0)).Sum(pool => pool.InUse);
        while (true)
        {
            var waiters = asked.Where(one => !one.Asked.HasPlace).ToList();
            if (asked.Count - waiters.Count == inUse) return ([.. asked.Where(one => one.Asked.HasPlace)], waiters);
            await Task.WhenAny(waiters.Select(one => one.Asked.Slot));
        }
    }

    private static void Check(
        SlotCase slots,
        TenantQuota[] quotas,
        (List<(Asked Asked, CancellationTokenSource Stop)> Holders,
            List<(Asked Asked, CancellationTokenSource Stop)> Waiters) now)
    {
        var holders = now.Holders.ConvertAll(one => one.Asked);
        foreach (var pool in slots.Slots.PoolsOf(Tenant(0)))
        {
            holders.Count(one => one.Pool == pool.Name).ShouldBe(pool.InUse);
            pool.InUse.ShouldBeLessThanOrEqualTo(pool.Size);
        }

        for (var tenant = 0; tenant < quotas.Length; tenant++)
        {
            var own = holders.Where(one => one.Tenant == tenant).ToList();
            own.Count.ShouldBeLessThanOrEqualTo(quotas[tenant].StepsMax);
            foreach (var subject in own.CountBy(one => one.Subject))
                subject.Value.ShouldBeLessThanOrEqualTo(quotas[tenant].StepsPerSubjectMax);
        }

        // Nobody waits for a place that is free and that they may have.
        foreach (var one in now.Waiters.Select(waiter => waiter.Asked))
        {
            var size = slots.Options.Pools[one.Pool];
            var mayGoOn = holders.Count(holder => holder.Pool == one.Pool) < size
                && holders.Count(holder => holder.Tenant == one.Tenant) < quotas[one.Tenant].StepsMax
                && holders.Count(holder => holder.Tenant == one.Tenant && holder.Subject == one.Subject)
                    < quotas[one.Tenant].StepsPerSubjectMax;
            mayGoOn.ShouldBeFalse();
        }
    }
}
