using System.Runtime.CompilerServices;
using System.Text.Json;
using CodexOS.Inference.Scripted;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Inference;

public sealed class ScriptSchemaTests
{
    [Theory]
    [InlineData(typeof(Script), "properties")]
    [InlineData(typeof(ScriptTurn), "$defs", "turn", "properties")]
    [InlineData(typeof(ScriptCall), "$defs", "call", "properties")]
    [InlineData(typeof(ScriptCondition), "$defs", "when", "properties")]
    public void The_published_schema_names_exactly_what_the_reader_knows(Type type, params string[] path)
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(SchemaPath()));
        var described = path.Aggregate(schema.RootElement, (element, name) => element.GetProperty(name))
            .EnumerateObject().Select(property => property.Name);

        described.ShouldBe(
            type.GetProperties().Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)),
            ignoreOrder: true);
    }

    private static string SchemaPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/schemas/script.schema.json");
}
