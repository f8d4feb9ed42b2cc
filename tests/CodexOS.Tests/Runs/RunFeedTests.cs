using System.Text;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Watching;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Runs;

/// <summary>What watchers get of texts that are being written.</summary>
public sealed class RunFeedTests
{
    private readonly RunId _run = RunId.New(TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_late_watcher_gets_the_text_so_far_and_then_every_piece_once()
    {
        var feed = new RunFeed(new RunsOptions());
        using var text = feed.Begin(_run, "m", 1);
        feed.Delta(_run, "m", "He");
        using var early = feed.Watch(_run).Value;
        feed.Delta(_run, "m", "ll");
        (await early.NextAsync(Token)).ShouldBe(new RunDelta("m", "Hell", 0));
        using var late = feed.Watch(_run).Value;
        (await late.NextAsync(Token)).ShouldBe(new RunDelta("m", "Hell", 0));
        feed.Delta(_run, "m", "o");
        (await early.NextAsync(Token)).ShouldBe(new RunDelta("m", "o", 4));
        (await late.NextAsync(Token)).ShouldBe(new RunDelta("m", "o", 4));
    }

    [Fact]
    public async Task Watchers_that_come_while_many_write_get_each_text_whole_and_in_order()
    {
        var feed = new RunFeed(new RunsOptions());
        string[] steps = ["a", "b", "c"];
        var texts = steps.Select(step => feed.Begin(_run, step, 1)).ToList();
        var expected = string.Concat(Enumerable.Range(0, 2_000).Select(i => $"{i} "));
        var writers = steps.Select(step => Task.Run(
            () =>
            {
                for (var i = 0; i < 2_000; i++) feed.Delta(_run, step, $"{i} ");
            },
            Token));
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                using var watcher = feed.Watch(_run).Value;
                var got = steps.ToDictionary(step => step, _ => new StringBuilder());
                while (got.Values.Any(text => text.Length < expected.Length))
                {
                    if (await watcher.NextAsync(Token) is not { } delta) continue;
                    delta.Offset.ShouldBe(got[delta.Step].Length);
                    got[delta.Step].Append(delta.Text);
                }

                foreach (var text in got.Values) text.ToString().ShouldBe(expected);
            },
            Token));
        await Task.WhenAll([.. writers, .. readers]);
        foreach (var text in texts) text.Dispose();
        feed.KeptLength.ShouldBe(0);
    }

    [Fact]
    public async Task The_event_that_begins_a_step_is_told_of_before_its_text_and_the_rest_before_its_end()
    {
        var feed = new RunFeed(new RunsOptions());
        using var watcher = feed.Watch(_run).Value;
        feed.Appended(_run);
        var text = feed.Begin(_run, "m", 1);
        feed.Delta(_run, "m", "all of it");
        text.Dispose();
        feed.Delta(_run, "m", "too late");
        feed.Appended(_run);
        (await watcher.NextAsync(Token)).ShouldBeNull();
        watcher.Rest("m", 2).ShouldBeEmpty();
        watcher.Rest("m", 1).ShouldBe([new RunDelta("m", "all of it", 0)]);
        watcher.Rest("m", 1).ShouldBeEmpty();
        feed.KeptLength.ShouldBe(0);
    }

    [Fact]
    public void Nothing_is_kept_of_texts_that_have_ended()
    {
        var feed = new RunFeed(new RunsOptions());
        var text = feed.Begin(_run, "m", 1);
        feed.Delta(_run, "m", "something");
        feed.KeptLength.ShouldBe(9);
        text.Dispose();
        feed.KeptLength.ShouldBe(0);
        text.Dispose();
        feed.KeptLength.ShouldBe(0);

        // A watcher that stopped reading keeps a text only for as long as it is there.
        var watcher = feed.Watch(_run).Value;
        text = feed.Begin(_run, "m", 2);
        feed.Delta(_run, "m", "something");
        text.Dispose();
        feed.KeptLength.ShouldBe(9);
        watcher.Dispose();
        feed.KeptLength.ShouldBe(0);
    }

    [Fact]
    public async Task Of_a_text_that_is_too_long_the_end_is_kept_and_its_place_is_told()
    {
        var feed = new RunFeed(new RunsOptions { StepTextLengthMax = 1_024 });
        using var text = feed.Begin(_run, "m", 1);
        for (var i = 0; i < 5_000; i++) feed.Delta(_run, "m", "😀");
        feed.KeptLength.ShouldBeInRange(512, 1_024);
        using var watcher = feed.Watch(_run).Value;
        var delta = (await watcher.NextAsync(Token))!;
        (delta.Offset + delta.Text.Length).ShouldBe(10_000);
        char.IsLowSurrogate(delta.Text[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task All_texts_together_stay_within_their_limit_and_live_watchers_still_get_every_piece()
    {
        var feed = new RunFeed(new RunsOptions { StepTextLengthMax = 1_024, TextsLengthMax = 1_024 });
        using var watcher = feed.Watch(_run).Value;
        for (var step = 0; step < 20; step++)
        {
            _ = feed.Begin(_run, $"s{step}", 1);
            for (var i = 0; i < 10; i++)
            {
                feed.Delta(_run, $"s{step}", new string('x', 100));
                (await watcher.NextAsync(Token))!.ShouldBe(new RunDelta($"s{step}", new string('x', 100), i * 100));
            }
        }

        feed.KeptLength.ShouldBeLessThanOrEqualTo(1_024 + (20 * 100));
    }
}
