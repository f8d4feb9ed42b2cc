using System.Runtime.CompilerServices;
using CodexOS.Agents.Definitions;
using CodexOS.Agents.Demo;
using NJsonSchema;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Agents;

public sealed class AgentSchemaTests
{
    /// <summary>To take the schema over: <c>CODEXOS_ACCEPT=1 dotnet run --project tests/CodexOS.Tests</c>.</summary>
    [Fact]
    public async Task The_published_schema_is_the_one_that_the_reader_checks_by()
    {
        var path = Path.Combine(Root(), "docs", "reference", "agent.schema.json");
        if (Environment.GetEnvironmentVariable("CODEXOS_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, AgentSchema.Write(), TestContext.Current.CancellationToken);

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe(AgentSchema.Write());
    }

    [Fact]
    public async Task The_published_schema_of_policies_is_the_one_that_the_reader_checks_by()
    {
        var path = Path.Combine(Root(), "docs", "reference", "policy.schema.json");
        if (Environment.GetEnvironmentVariable("CODEXOS_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, AgentSchema.WritePolicy(), TestContext.Current.CancellationToken);

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe(AgentSchema.WritePolicy());
    }

    [Theory]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x"}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "tools":["add",{"name":"read_file","approval":"always"}]}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "limits":{"wall_time_max":"1h30m","cost_max_usd":1}}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","limits":{"wall_time_max":""}}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","limits":{"steps_max":0}}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "egress":["a.com","*.b.com:81",{"host":"c.com","methods":["GET"],"secret":"github"}]}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","egress":["https://a.com/"]}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "egress":[{"host":"a.com","methods":["TRACE"]}]}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "semantic_cache":{"similarity":0.9,"ttl":"10m"}}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","semantic_cache":{}}""", true)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","semantic_cache":{"similarity":0.5}}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","semantic_cache":{"ttl":"soon"}}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","semantic_cache":true}""", false)]
    [InlineData("""{"name":"A","instructions":"Help.","model":"scripted:x"}""", false)]
    [InlineData("""{"name":"a","model":"scripted:x"}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","extra":1}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","program":"plan"}""", false)]
    [InlineData("""{"name":"a","instructions":"Help.","model":"scripted:x","""
        + """ "tools":[{"name":"add","approval":"maybe"}]}""", false)]
    public async Task Schema_and_reader_agree(string definition, bool valid)
    {
        var schema = await JsonSchema.FromJsonAsync(AgentSchema.Write(), TestContext.Current.CancellationToken);

        (schema.Validate(definition).Count == 0).ShouldBe(valid);
        var read = AgentsCase.Read(definition);
        if (valid) read.IsOk.ShouldBeTrue();
        else read.IsOk.ShouldBeFalse();
    }

    [Theory]
    [InlineData("90s", 90L)]
    [InlineData("30m", 1_800L)]
    [InlineData("1h30m", 5_400L)]
    [InlineData("7d", 604_800L)]
    [InlineData("1d1h1m1s", 90_061L)]
    [InlineData("", null)]
    [InlineData("30", null)]
    [InlineData("m30", null)]
    [InlineData("1m1h", null)]
    [InlineData("-1m", null)]
    public void Lengths_of_time_are_read_as_people_write_them(string text, long? seconds) =>
        Duration.ReadSeconds(text).ShouldBe(seconds);

    [Fact]
    public async Task The_example_of_the_guide_is_a_valid_definition()
    {
        var guide = await File.ReadAllTextAsync(
            Path.Combine(Root(), "docs", "how-to", "write-an-agent.md"), TestContext.Current.CancellationToken);
        var examples = guide.Split("```yaml\n").Skip(1).Select(static part => part.Split("```")[0])
            .Where(static part => part.StartsWith("name:", StringComparison.Ordinal)).ToList();

        examples.ShouldNotBeEmpty();
        foreach (var example in examples) AgentsCase.Read(example).IsOk.ShouldBeTrue(example);
        AgentsCase.Read(DemoAgent.Definition).IsOk.ShouldBeTrue();
    }

    private static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
