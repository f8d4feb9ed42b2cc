using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Chaos;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Chaos;

/// <summary>What a campaign finds nothing wrong with must be worth something: each check sees what it is there for.</summary>
public sealed class CampaignChecksTests
{
    private const string Run = "run_0198c0de000070008000000000000001";

    [Fact]
    public void A_sound_journal_passes() => new RunHistory(Run, Sound()).Violations().ShouldBeEmpty();

    [Fact]
    public void A_gap_is_seen()
    {
        var events = Sound();
        events.RemoveAt(2);
        new RunHistory(Run, events).Violations().ShouldContain(wrong => wrong.StartsWith("a gap", StringComparison.Ordinal));
    }

    [Fact]
    public void A_double_completion_is_seen()
    {
        var events = Sound();
        events.Insert(4, events[3]);
        new RunHistory(Run, Numbered(events)).Violations().ShouldContain("a:1 was completed twice");
    }

    [Fact]
    public void A_regression_of_the_epoch_is_seen()
    {
        var events = Sound();
        events.Insert(4, Event("run.claimed", epoch: 1));
        new RunHistory(Run, Numbered(events)).Violations()
            .ShouldContain(wrong => wrong.StartsWith("epoch regression", StringComparison.Ordinal));
        JournalRows.Violations([(0, 1, 0), (1, 2, 1), (2, 1, 2)])
            .ShouldContain(wrong => wrong.StartsWith("epoch regression in the table", StringComparison.Ordinal));
    }

    [Fact]
    public void A_step_that_is_begun_anew_needs_a_decision()
    {
        var events = Sound();
        events.Insert(4, Event("step.started", "a", 2));
        new RunHistory(Run, Numbered(events)).Violations().ShouldContain("a:2 was begun anew without a decision");
    }

    [Fact]
    public async Task An_effect_that_the_ledger_does_not_know_is_seen_and_so_is_one_that_the_journal_does_not()
    {
        using var files = new TempDirectory();
        await using var ledger = new Ledger(files.In("ledger"));
        var history = new RunHistory(Run, Sound());
        history.Violations(ledger.Entries).ShouldContain($"{Run}:a:1 is complete and never took place");

        await PerformAsync(ledger, RepeatClass.Keyed, "b");
        var ended = new Dictionary<string, RunHistory> { [Run] = history };
        LedgerChecks.Violations(ledger.Entries, ended, alone: true)
            .ShouldContain((Run, $"{Run}:b:1 took place and its start was never journaled"));
    }

    [Fact]
    public async Task The_ledger_lets_a_keyed_effect_take_place_once_and_an_unsafe_attempt_more_is_seen()
    {
        using var files = new TempDirectory();
        await using var ledger = new Ledger(files.In("ledger"));
        foreach (var repeat in (RepeatClass[])[RepeatClass.Keyed, RepeatClass.Unsafe])
        {
            await PerformAsync(ledger, repeat, $"{repeat}");
            await PerformAsync(ledger, repeat, $"{repeat}");
        }

        ledger.Entries[$"{Run}:Keyed:1"].Effects.ShouldBe(1);
        LedgerChecks.Violations(ledger.Entries, new Dictionary<string, RunHistory>(), alone: true)
            .ShouldBe([(Run, $"the unsafe {Run}:Unsafe:1 was attempted 2 times by node, node")]);
    }

    [Fact]
    public void The_same_seed_brings_the_same_mishaps()
    {
        var system = new SystemOptions("postgres", Postgres: true, Nodes: 3, RunsOpen: 1);
        MishapPlan First() => new(system, 7);
        var (one, other, different) = (First(), First(), new MishapPlan(system, 8));
        var mishaps = Enumerable.Range(0, 100).Select(_ => one.Next()).ToList();
        Enumerable.Range(0, 100).Select(_ => other.Next()).ShouldBe(mishaps);
        Enumerable.Range(0, 100).Select(_ => different.Next()).ShouldNotBe(mishaps);
    }

    private static async Task PerformAsync(Ledger ledger, RepeatClass repeat, string step)
    {
        var nothing = System.Text.Json.JsonSerializer.SerializeToElement(new { ms = 0, bytes = 1 });
        var performed = await new ChaosHandler(repeat, ledger.Path, "node").PerformAsync(
            new EffectCall(RunId.Parse(Run, null), NodeHost.Tenant, step, 1, nothing, nothing),
            TestContext.Current.CancellationToken);
        performed.IsOk.ShouldBeTrue();
    }

    private static List<Happened> Sound() => Numbered(
    [
        Event("run.created"), Event("run.claimed", epoch: 1), Event("step.started", "a", 1), Event("step.completed", "a", 1),
        Event("run.claimed", epoch: 2), Event("run.completed"),
    ]);

    private static List<Happened> Numbered(List<Happened> events) =>
        [.. events.Select((happened, seq) => happened with { Seq = seq })];

    private static Happened Event(string kind, string? step = null, int occurrence = 0, int epoch = 0) =>
        new(0, kind, Clocks.Noon, step, occurrence, null, 0, null, epoch);
}
