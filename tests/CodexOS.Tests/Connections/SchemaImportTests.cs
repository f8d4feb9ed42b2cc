using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Tools.Connections;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Connections;

public sealed class SchemaImportTests
{
    private static readonly ConnectionOptions s_limits = new();

    [Fact]
    public void References_are_written_out_and_a_schema_that_repeats_itself_ends_where_it_begins_again()
    {
        var read = Read("""
            { "type": "object",
              "properties": { "name": { "$ref": "#/$defs/name" }, "tree": { "$ref": "#/$defs/tree" } }, "required": ["name"],
              "$defs": { "name": { "type": "string", "maxLength": 5 },
                "tree": { "type": "object", "properties": { "child": { "$ref": "#/$defs/tree" } } } } }
            """);
        read.GetRawText().ShouldNotContain("$ref");
        read.GetProperty("properties").GetProperty("name").GetProperty("maxLength").GetInt32().ShouldBe(5);
        read.GetProperty("properties").GetProperty("tree").GetProperty("properties").GetProperty("child").TryGetProperty("properties", out _)
            .ShouldBeFalse();
        read.GetProperty("required").GetRawText().ShouldBe("""["name"]""");
        read.GetProperty("additionalProperties").GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{ "type": "array" }""", "not an object")]
    [InlineData("""{ "type": "object", "properties": { "a": { "$ref": "https://evil.test/schema" } } }""", "not in it")]
    [InlineData("""{ "type": "object", "properties": { "a": { "$ref": "#/nowhere" } } }""", "not in it")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "strnig" } } }""", "does not have")]
    [InlineData("""{ "type": "object", "properties": { "a": 7 } }""", "neither an object")]
    [InlineData("""{ "type": "object", "properties": { "a\u200bb": { "type": "string" } } }""", "not seen")]
    [InlineData("""7""", "neither an object")]
    public void What_cannot_be_judged_by_is_refused_with_the_reason(string schema, string says) =>
        SchemaImport.Arguments(JsonElement.Parse(schema), s_limits, out _).Fault.Message.ShouldContain(says);

    [Fact]
    public void A_small_schema_that_means_a_huge_one_is_refused_before_it_is_built()
    {
        // Each definition holds the next one twice: eighteen of them come to a quarter of a million.
        var definitions = new StringBuilder();
        for (var i = 0; i < 18; i++)
            definitions.Append(CultureInfo.InvariantCulture, $$""" "d{{i}}": { "anyOf": [{ "$ref": "#/$defs/d{{i + 1}}" }, { "$ref": "#/$defs/d{{i + 1}}" }] },""");
        var bomb = $$"""{ "type": "object", "properties": { "a": { "$ref": "#/$defs/d0" } }, "$defs": { {{definitions}} "d18": {} } }""";
        SchemaImport.Arguments(JsonElement.Parse(bomb), new ConnectionOptions { SchemaDepthMax = 40 }, out _).Fault.Message
            .ShouldContain("more than 3000 schemas");

        var deep = string.Concat(Enumerable.Repeat("""{ "type": "array", "items": """, 30)) + "{}" + new string('}', 30);
        SchemaImport.Arguments(JsonElement.Parse($$"""{ "type": "object", "properties": { "a": {{deep}} } }"""), s_limits, out _)
            .Fault.Message.ShouldContain("nested more than");

        var loop = """{ "type": "object", "properties": { "a": { "$ref": "#/$defs/a" } }, "$defs": { "a": { "$ref": "#/$defs/b" }, "b": { "$ref": "#/$defs/a" } } }""";
        SchemaImport.Arguments(JsonElement.Parse(loop), s_limits, out _).IsOk.ShouldBeTrue();
    }

    [Fact]
    public void Regular_expressions_become_words_and_hidden_characters_are_taken_out()
    {
        var import = SchemaImport.Arguments(
            JsonElement.Parse("""{ "type": "object", "properties": { "a": { "type": "string", "pattern": "^(a+)+$", "description": "An\u200b \u202ea\udb40\udc41." } } }"""),
            s_limits, out var hidden);
        var argument = import.Value.GetProperty("properties").GetProperty("a");
        argument.TryGetProperty("pattern", out _).ShouldBeFalse();
        argument.GetProperty("description").GetString().ShouldBe("An a. It looks like this, as a regular expression: ^(a+)+$");
        hidden.ShouldBe(3);
    }

    [Fact]
    public void Alternatives_at_the_root_become_arguments_that_the_gate_can_see()
    {
        var read = Read("""
            { "type": "object", "properties": { "a": {} }, "required": ["a"],
              "allOf": [{ "properties": { "b": {} }, "required": ["b"] }], "oneOf": [{ "properties": { "c": {} }, "required": ["c"] }] }
            """);
        read.GetProperty("properties").EnumerateObject().Select(static it => it.Name).ShouldBe(["a", "b", "c"]);
        read.GetProperty("required").GetRawText().ShouldBe("""["a","b"]""");
    }

    [Fact]
    public void What_older_dialects_say_means_the_same()
    {
        var argument = Read("""
            { "type": "object", "properties": { "a": { "type": "integer", "nullable": true, "minimum": 1, "exclusiveMinimum": true, "const": 3 } } }
            """).GetProperty("properties").GetProperty("a");
        argument.GetProperty("type").GetRawText().ShouldBe("""["integer","null"]""");
        argument.GetProperty("exclusiveMinimum").GetInt32().ShouldBe(1);
        argument.TryGetProperty("minimum", out _).ShouldBeFalse();
        argument.GetProperty("enum").GetRawText().ShouldBe("[3]");
    }

    private static JsonElement Read(string schema) => SchemaImport.Arguments(JsonElement.Parse(schema), s_limits, out _).Value;
}
