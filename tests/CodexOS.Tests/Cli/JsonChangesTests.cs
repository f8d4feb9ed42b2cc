using System.Text.Json;
using CodexOS.Cli.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class JsonChangesTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", """{"b":[1,2],"a":1.0}""")]
    [InlineData("""{"s":[{"step":"x"},{"step":"y"}]}""", """{"s":[{"step":"y"},{"step":"x"}]}""")]
    public void What_means_the_same_is_no_change(string before, string after) => Changes(before, after).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"b":2}}""", "a.b: 1 → 2")]
    [InlineData("""{"a":1}""", """{}""", "a: 1 → nothing")]
    [InlineData("""{}""", """{"a":null}""", "a: nothing → null")]
    [InlineData("""{"a":1}""", """{"a":"1"}""", "a: 1 → \"1\"")]
    [InlineData("""[1,2,3]""", """[1,9,2,3]""", "[1]: nothing → 9")]
    [InlineData("""[1,2,3]""", """[2,3]""", "[0]: 1 → nothing")]
    [InlineData("""[{"x":1}]""", """[{"x":2}]""", "[0].x: 1 → 2")]
    [InlineData(
        """{"steps":[{"step":"a","phase":"started"},{"step":"b","phase":"over"}]}""",
        """{"steps":[{"step":"b","phase":"over"},{"step":"a","phase":"over"}]}""",
        "steps[a].phase: \"started\" → \"over\"")]
    public void A_change_is_named_where_it_is(string before, string after, string change) =>
        Changes(before, after).ShouldBe([change]);

    private static IEnumerable<string> Changes(string before, string after) =>
        JsonChanges.Between(JsonDocument.Parse(before).RootElement, JsonDocument.Parse(after).RootElement)
            .Select(change => $"{change.Path}: {Text(change.Before)} → {Text(change.After)}");

    private static string Text(JsonElement? value) => value?.GetRawText() ?? "nothing";
}
