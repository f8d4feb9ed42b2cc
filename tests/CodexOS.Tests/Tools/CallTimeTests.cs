using CodexOS.Testing;
using CodexOS.Tools.Calls;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class CallTimeTests
{
    [Fact]
    public void Time_stands_still_while_somebody_is_asked_and_then_runs_on()
    {
        var clock = Clocks.AtNoon();
        using var time = new CallTime(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), clock);
        clock.Advance(TimeSpan.FromSeconds(6));
        using (time.Stop())
        using (time.Stop())
            clock.Advance(TimeSpan.FromHours(1));
        time.Up.IsCancellationRequested.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(3));
        time.Up.IsCancellationRequested.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(2));
        time.Up.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Work_that_does_not_stop_is_given_up_on()
    {
        var clock = Clocks.AtNoon();
        using var time = new CallTime(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), clock);
        var never = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = time.WaitAsync(never.Task);
        clock.Advance(TimeSpan.FromSeconds(10));
        time.Up.IsCancellationRequested.ShouldBeTrue();
        waiting.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromSeconds(5));
        await waiting.ShouldThrowAsync<TimeoutException>();
    }

    [Fact]
    public async Task The_time_to_stop_stands_still_too_and_is_left_alone_when_the_call_is_over()
    {
        var clock = Clocks.AtNoon();
        var time = new CallTime(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), clock);
        var never = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = time.WaitAsync(never.Task);
        var asking = time.Stop();
        clock.Advance(TimeSpan.FromHours(1));
        waiting.IsCompleted.ShouldBeFalse();
        never.SetResult(7);
        (await waiting).ShouldBe(7);
        time.Dispose();
        asking.Dispose();
    }

    [Fact]
    public async Task Work_that_ends_in_time_is_not_waited_for_any_longer()
    {
        using var time = new CallTime(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), Clocks.AtNoon());
        (await time.WaitAsync(Task.FromResult(7))).ShouldBe(7);
    }
}
