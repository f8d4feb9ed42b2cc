using CodexOS.Knowledge.Index;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class WantedWorkTests
{
    private int _rounds;

    [Fact]
    public async Task Wishes_during_a_round_are_one_more_round()
    {
        var isIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var work = new WantedWork(async _ =>
        {
            _rounds++;
            isIn.TrySetResult();
            await goOn.Task;
        });
        work.Want();
        await isIn.Task;
        work.Want();
        work.Want();
        goOn.SetResult();
        await work.Running;
        _rounds.ShouldBe(2);
    }

    [Fact]
    public async Task A_round_that_throws_ends_the_work_until_it_is_wanted_again()
    {
        var work = new WantedWork(_ => ++_rounds == 1 ? throw new InvalidOperationException("broken") : Task.CompletedTask);
        work.Want();
        await Should.ThrowAsync<InvalidOperationException>(work.Running);
        work.Want();
        await work.Running;
        _rounds.ShouldBe(2);
        work.Want();
        work.Dispose();
    }

    [Fact]
    public async Task Closing_after_a_round_that_threw_waits_for_nothing()
    {
        var work = new WantedWork(static _ => throw new InvalidOperationException("broken"));
        work.Want();
        await Should.ThrowAsync<InvalidOperationException>(work.Running);
        work.Dispose();
    }

    [Fact]
    public async Task Closing_cancels_the_round_and_begins_no_other()
    {
        var isIn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = new WantedWork(async closing =>
        {
            _rounds++;
            isIn.TrySetResult();
            var isClosing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var closes = closing.Register(isClosing.SetResult);
            await isClosing.Task;
        });
        work.Want();
        await isIn.Task;
        work.Want();
        work.Dispose();
        work.Want();
        await work.Running;
        _rounds.ShouldBe(1);
    }
}
