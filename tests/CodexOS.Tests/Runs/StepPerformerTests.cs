using System.Text.Json;
using System.Threading.Channels;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Watching;
using CodexOS.Testing;
using CodexOS.Testing.Runs;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Runs;

public sealed class StepPerformerTests
{
    private static readonly JsonElement s_nothing = JsonSerializer.SerializeToElement(new { });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_effect_begins_only_if_the_run_is_still_this_processs(bool owns)
    {
        var clock = Clocks.AtNoon();
        var handler = new LedgerHandler("test.unsafe", RepeatClass.Unsafe);
        var performer = new StepPerformer(
            [handler], new RunFeed(new RunsOptions()), new TenantContext(), StepScheduler.Pool, clock,
            NullLogger<StepPerformer>.Instance);
        var outcomes = Channel.CreateUnbounded<StepOutcome?>();
        var call = new EffectCall(RunId.New(clock), TypedId.New<TenantId>(clock), "a", 1, s_nothing, s_nothing);

        await performer.RunAsync(
            call, handler, RepeatClass.Unsafe, _ => ValueTask.FromResult(owns), slot: null, outcomes,
            TestContext.Current.CancellationToken);

        var outcome = (await outcomes.Reader.ReadAsync(TestContext.Current.CancellationToken))!.Event;
        handler.Performed.Count.ShouldBe(owns ? 1 : 0);
        if (owns) outcome.ShouldBeOfType<StepCompleted>();
        else outcome.ShouldBeOfType<StepFailed>().Fault.Code.ShouldBe("runs.moved");
    }
}
