using CodexOS.Tools.Catalogue;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class ToolCatalogueTests
{
    private const string NoArguments = """{ "type": "object" }""";

    [Fact]
    public void Tools_are_found_and_listed_by_name()
    {
        var catalogue = new ToolCatalogue([TestTool.Read, TestTool.Add]);

        catalogue.All.Select(static tool => tool.Name).ShouldBe(["add", "read_file"]);
        catalogue.Find("add").ShouldNotBeNull();
        catalogue.Find("shell").ShouldBeNull();
    }

    [Theory]
    [InlineData("same", NoArguments, "Two tools are called same")]
    [InlineData("Shell", NoArguments, "cannot name a tool")]
    [InlineData("other", """{ "type": "array" }""", "must have type object")]
    [InlineData(
        "other", """{ "type": "object", "properties": { "a": { "$ref": "http://x/y" } } }""", "another document")]
    public void A_bad_contract_stops_the_start(string name, string schema, string says) =>
        Should.Throw<InvalidOperationException>(() =>
                new ToolCatalogue([new TestTool("same", NoArguments), new TestTool(name, schema)]))
            .Message.ShouldContain(says);
}
