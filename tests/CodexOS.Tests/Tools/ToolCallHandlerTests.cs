using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tools;
using CodexOS.Tools.Calls;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;
using static CodexOS.Tests.Tools.GateCase;

namespace CodexOS.Tests.Tools;

public sealed class ToolCallHandlerTests : IDisposable
{
    private readonly FakeTimeProvider _clock = Clocks.AtNoon();
    private readonly List<GateParts> _parts = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_allowed_call_reaches_the_tool_with_key_and_workspace()
    {
        var tool = Tool();
        var call = Call("work", "{}", GrantOf(Workspace, Grant("work")));

        var output = (await HandlerOf(tool).PerformAsync(call, Token)).Value.Output;

        tool.Calls.Single().Key.ShouldBe(call.Key);
        tool.Calls.Single().Workspace.ShouldBe(Workspace);
        output.GetRawText().ShouldBe("""{"text":"done","isError":false,"truncated":false,"data":{}}""");
    }

    [Fact]
    public async Task A_refused_call_never_reaches_the_tool()
    {
        var tool = Tool();
        var outcome = await HandlerOf(tool).PerformAsync(Call("work", "{}", GrantOf(null)), Token);

        outcome.Fault.Code.ShouldBe("tools.not_granted");
        tool.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_call_that_needs_an_approval_and_has_none_never_reaches_the_tool()
    {
        var tool = Tool();
        var outcome = await HandlerOf(tool).PerformAsync(
            Call("work", "{}", GrantOf(null, Grant("work", ApprovalMode.Always))), Token);

        outcome.Fault.Code.ShouldBe("tools.not_approved");
        tool.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_denied_call_never_reaches_the_tool()
    {
        var tool = Tool();
        var outcome = await HandlerOf(tool).PerformAsync(
            Call("work", "{}", GrantOf(null, Grant("work")), new ApprovalOutcome(false, "x", "ada", "no")), Token);

        outcome.Fault.Code.ShouldBe("tools.denied");
        tool.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Text_beyond_its_limit_is_cut_in_the_middle_and_flagged()
    {
        var text = new string('a', 500) + new string('z', 500);
        var output = (await PerformAsync(new ToolResult(text, false, JsonElement.Parse("{}")))).Value.Output;

        var cut = output.GetProperty("text").GetString()!;
        cut.Length.ShouldBeLessThanOrEqualTo(200);
        cut.ShouldStartWith("aaaa");
        cut.ShouldEndWith("zzzz");
        cut.ShouldContain("800 characters or more are cut here");
        output.GetProperty("truncated").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Data_beyond_its_limit_is_left_out_and_flagged()
    {
        var data = JsonSerializer.SerializeToElement(new { big = new string('x', 3_000) });
        var output = (await PerformAsync(new ToolResult("ok", false, data))).Value.Output;

        output.GetProperty("data").ValueKind.ShouldBe(JsonValueKind.Null);
        output.GetProperty("truncated").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_call_that_takes_too_long_is_stopped_and_says_so()
    {
        var began = new TaskCompletionSource();
        var tool = Tool(async (_, stop) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, stop);
            throw new InvalidOperationException("It was not stopped.");
        });
        var performing = HandlerOf(tool).PerformAsync(Call("work", "{}", GrantOf(null, Grant("work"))), Token);

        await began.Task;
        _clock.Advance(TimeSpan.FromSeconds(31));

        (await performing).Fault.Code.ShouldBe("tools.timed_out");
    }

    [Fact]
    public async Task A_tool_that_does_not_stop_is_given_up_on_with_its_outcome_unknown()
    {
        var began = new TaskCompletionSource();
        var never = new TaskCompletionSource<Result<ToolResult>>();
        var tool = Tool((_, _) =>
        {
            began.SetResult();
            return never.Task;
        });
        var performing = HandlerOf(tool).PerformAsync(Call("work", "{}", GrantOf(null, Grant("work"))), Token);

        await began.Task;
        _clock.Advance(TimeSpan.FromSeconds(46));

        await Should.ThrowAsync<TimeoutException>(performing);
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled_not_as_a_fault()
    {
        using var cancel = new CancellationTokenSource();
        var tool = Tool(async (_, stop) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, stop);
            throw new InvalidOperationException("It was not stopped.");
        });

        await Should.ThrowAsync<OperationCanceledException>(HandlerOf(tool).PerformAsync(
            Call("work", "{}", GrantOf(null, Grant("work"))), cancel.Token));
    }

    [Theory]
    [InlineData(RepeatClass.Read, true)]
    [InlineData(RepeatClass.Unsafe, false)]
    public async Task A_tool_that_breaks_has_a_known_outcome_only_if_it_changes_nothing(RepeatClass repeat, bool known)
    {
        var tool = Tool(static (_, _) => throw new InvalidOperationException("bug"), repeat);
        var performing = HandlerOf(tool).PerformAsync(Call("work", "{}", GrantOf(null, Grant("work"))), Token);

        if (known) (await performing).Fault.Code.ShouldBe("tools.broken");
        else await Should.ThrowAsync<InvalidOperationException>(performing);
    }

    [Fact]
    public async Task A_preview_is_shown_for_calls_that_may_be_made_and_for_no_others()
    {
        var handler = HandlerOf(Tool());
        (await handler.PreviewAsync(Call("work", "{}", GrantOf(null, Grant("work"))), Token))!.Diff
            .ShouldBe("+ one line");
        (await handler.PreviewAsync(Call("work", "{}", GrantOf(null)), Token)).ShouldBeNull();
    }

    public void Dispose() => _parts.ForEach(static parts => parts.Dispose());

    private static TestTool Tool(
        Func<ToolCall, CancellationToken, Task<Result<ToolResult>>>? does = null,
        RepeatClass repeat = RepeatClass.Unsafe)
    {
        Func<ToolCall, CancellationToken, Task<Result<ToolResult>>> done = static (_, _) =>
            Task.FromResult<Result<ToolResult>>(new ToolResult("done", false, JsonElement.Parse("{}")));
        return new TestTool("work", """{ "type": "object" }""")
        {
            Does = does ?? done,
            Repeat = repeat,
            Effect = repeat is RepeatClass.Read ? EffectClass.Read : EffectClass.Reversible,
            TimeMax = TimeSpan.FromSeconds(30),
            TextLengthMax = 200,
        };
    }

    private Task<Result<EffectOutput>> PerformAsync(ToolResult result) =>
        HandlerOf(Tool((_, _) => Task.FromResult<Result<ToolResult>>(result)))
            .PerformAsync(Call("work", "{}", GrantOf(null, Grant("work"))), Token);

    private ToolCallHandler HandlerOf(TestTool tool)
    {
        var parts = new GateParts([tool], _clock, new ToolsOptions { DataSizeBytesMax = 1_024 });
        _parts.Add(parts);
        return parts.Handler;
    }
}
