using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Mcp;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Connections;

public sealed class McpFormTests
{
    [Fact]
    public void Every_kind_of_field_that_the_protocol_knows_is_read()
    {
        var fields = Read("""
            "a": { "type": "string", "title": "An\u200b a", "description": "x\ny", "minLength": 1, "maxLength": 3, "format": "date" },
            "b": { "type": "number", "minimum": -1.5, "default": 2 },
            "c": { "type": "integer", "maximum": 7 },
            "d": { "type": "boolean", "default": true },
            "e": { "type": "string", "enum": ["x", "y"], "enumNames": ["An x", "A y"] },
            "f": { "type": "string", "oneOf": [{ "const": "x", "title": "An x" }, { "const": "y" }], "default": "y" },
            "g": { "type": "array", "items": { "type": "string", "enum": ["x", "y"] }, "minItems": 1, "default": ["x"] },
            "h": { "type": "array", "items": { "anyOf": [{ "const": "x", "title": "An x" }] } }
            """, "a", "h");
        fields.Select(static field => (field.Name, field.Kind, field.IsRequired)).ShouldBe(
        [
            ("a", FormFieldKind.Text, true), ("b", FormFieldKind.Number, false), ("c", FormFieldKind.Whole, false),
            ("d", FormFieldKind.Boolean, false), ("e", FormFieldKind.Choice, false), ("f", FormFieldKind.Choice, false),
            ("g", FormFieldKind.Choices, false), ("h", FormFieldKind.Choices, true),
        ]);
        (fields[0].Title, fields[0].Description, fields[0].Format).ShouldBe(("An a", "x y", FormTextFormat.Date));
        (fields[0].LengthMin, fields[0].LengthMax, fields[1].Minimum, fields[2].Maximum).ShouldBe((1, 3, -1.5, 7));
        fields[4].Choices.ShouldBe([new FormChoice("x", "An x"), new FormChoice("y", "A y")]);
        fields[5].Choices.ShouldBe([new FormChoice("x", "An x"), new FormChoice("y", null)]);
        fields[5].Default!.Value.GetString().ShouldBe("y");
        fields[6].LengthMin.ShouldBe(1);
    }

    [Theory]
    [InlineData("""{ "a": { "type": "object", "properties": {} } }""")]
    [InlineData("""{ "a": { "type": ["string", "null"] } }""")]
    [InlineData("""{ "a": { "$ref": "#/x" } }""")]
    [InlineData("""{ "a": { "type": "string", "pattern": "x" } }""")]
    [InlineData("""{ "a": { "type": "string", "minLength": "3" } }""")]
    [InlineData("""{ "a": { "type": "string", "maxLength": -1 } }""")]
    [InlineData("""{ "a": { "type": "number", "minimum": "0" } }""")]
    [InlineData("""{ "a": { "type": "string", "format": "password" } }""")]
    [InlineData("""{ "a": { "type": "string", "enum": [] } }""")]
    [InlineData("""{ "a": { "type": "string", "enum": ["x", "x"] } }""")]
    [InlineData("""{ "a": { "type": "string", "enum": ["x\u200b"] } }""")]
    [InlineData("""{ "a": { "type": "string", "enum": [1] } }""")]
    [InlineData("""{ "a": { "type": "array", "items": { "type": "number" } } }""")]
    [InlineData("""{ "a": { "type": "array", "items": { "type": "object", "anyOf": [] } } }""")]
    [InlineData("""{ "a\u200b": { "type": "string" } }""")]
    [InlineData("""{ "": { "type": "string" } }""")]
    [InlineData("""{ "a": { "type": "string" }, "a": { "type": "boolean" } }""")]
    [InlineData("""{ "a": true }""")]
    public void What_a_form_cannot_show_makes_it_none(string properties) =>
        McpForm.Read(JsonElement.Parse($$"""{ "type": "object", "properties": {{properties}} }""")).IsOk.ShouldBeFalse();

    [Theory]
    [InlineData("""{ "type": "string" }""")]
    [InlineData("""{ "type": "object" }""")]
    [InlineData("""{ "type": "object", "properties": {}, "oneOf": [] }""")]
    [InlineData("""{ "type": "object", "properties": {}, "required": "a" }""")]
    [InlineData("""{ "type": "object", "properties": {}, "required": ["a"] }""")]
    public void A_schema_that_is_none_of_a_flat_object_is_no_form(string schema) =>
        McpForm.Read(JsonElement.Parse(schema)).IsOk.ShouldBeFalse();

    [Fact]
    public void A_form_has_at_most_twenty_fields_and_a_hundred_choices()
    {
        Fits(Many(20, static i => $"\"f{i}\": {{ \"type\": \"boolean\" }}")).ShouldBeTrue();
        Fits(Many(21, static i => $"\"f{i}\": {{ \"type\": \"boolean\" }}")).ShouldBeFalse();
        Fits($"\"a\": {{ \"type\": \"string\", \"enum\": [{Many(100, static i => $"\"{i}\"")}] }}").ShouldBeTrue();
        Fits($"\"a\": {{ \"type\": \"string\", \"enum\": [{Many(101, static i => $"\"{i}\"")}] }}").ShouldBeFalse();

        static string Many(int count, Func<int, string> each) => string.Join(',', Enumerable.Range(0, count).Select(each));

        static bool Fits(string properties) =>
            McpForm.Read(JsonElement.Parse($"{{ \"type\": \"object\", \"properties\": {{ {properties} }} }}")).IsOk;
    }

    [Fact]
    public void What_is_filled_in_beforehand_has_to_fit_and_to_be_seen()
    {
        var fields = Read("""
            "a": { "type": "string", "maxLength": 2, "default": "abc" },
            "b": { "type": "string", "default": "x\u200b" },
            "c": { "type": "integer", "default": 1.5 }
            """);
        fields.ShouldAllBe(static field => field.Default == null);
    }

    private static List<FormField> Read(string properties, params string[] required)
    {
        var schema = $$"""{ "type": "object", "properties": { {{properties}} }, "required": {{JsonSerializer.Serialize(required)}} }""";
        return [.. McpForm.Read(JsonElement.Parse(schema)).Value];
    }
}
