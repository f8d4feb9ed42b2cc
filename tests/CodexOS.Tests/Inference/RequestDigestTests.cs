using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Replay;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Inference;

public sealed class RequestDigestTests
{
    [Fact]
    public void Ids_times_and_durations_do_not_change_the_hash()
    {
        var one = Digest(
            "call_abc",
            "run_0123456789abcdef0123456789abcdef ended 2026-01-02T03:04:05Z in 12.5 ms as 3f2a9c1",
            "b",
            "a");
        var other = Digest(
            "call_xyz",
            "run_ffffffffffffffffffffffffffffffff ended 2027-11-12T13:14:15.123+02:00 in 7 ms as 99aa77bb",
            "a",
            "b");

        other.Hash.ShouldBe(one.Hash);
    }

    [Theory]
    [InlineData("Six tests passed")]
    [InlineData("7 tests failed")]
    public void What_is_said_does(string text) =>
        Digest("c", text, "a", "b").Hash.ShouldNotBe(Digest("c", "6 tests failed", "a", "b").Hash);

    [Fact]
    public void Settings_and_tools_do()
    {
        ChatMessage[] messages = [new(ChatRole.User, "Go")];
        var tool = AIFunctionFactory.CreateDeclaration("t", "d", JsonElement.Parse("""{"a":1,"b":2}"""));
        var same = AIFunctionFactory.CreateDeclaration("t", "d", JsonElement.Parse("""{"b":2,"a":1}"""));
        var plain = RequestDigest.Of(messages, new ChatOptions { Tools = [tool] });

        RequestDigest.Of(messages, new ChatOptions { Tools = [same] }).Hash.ShouldBe(plain.Hash);
        RequestDigest.Of(messages, null).DifferenceFrom(plain.Parts).ShouldBe("the tools are different");
        RequestDigest.Of(messages, new ChatOptions { Tools = [tool], Temperature = 1 }).DifferenceFrom(plain.Parts)
            .ShouldBe("the settings are different");
    }

    [Fact]
    public void The_first_difference_is_named()
    {
        var recorded = Digest("c", "six", "a", "b").Parts;

        Digest("c", "seven", "a", "b").DifferenceFrom(recorded).ShouldBe("message 3 (tool result) reads differently");
        RequestDigest.Of([new(ChatRole.User, "Go")], null).DifferenceFrom(recorded)
            .ShouldBe("at message 2 the recording has assistant and the request tools");
    }

    private static RequestDigest Digest(string callId, string result, string firstArgument, string secondArgument) =>
        RequestDigest.Of(
            [
                new ChatMessage(ChatRole.User, "Go"),
                new ChatMessage(ChatRole.Assistant, [new FunctionCallContent(
                    callId, "shell", new Dictionary<string, object?> { [firstArgument] = 1, [secondArgument] = 1 })]),
                ChatContents.ToolResult(callId, result, isError: false),
            ],
            null);
}
