using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Agents.Policies;
using CodexOS.Platform.Egress;

namespace CodexOS.Agents.Definitions;

/// <summary>The published JSON Schema of a definition, made from the same fields that the reader checks by.</summary>
internal static class AgentSchema
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The schema of a policy on its own, as it is kept in <c>docs/reference/policy.schema.json</c>.</summary>
    public static string WritePolicy()
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "CodexOS policy",
            ["description"] = "A tenant's policy, as applied with `codexos policy apply` or PUT /api/v1/policy.",
        };
        foreach (var (name, value) in ObjectOf(PolicyFields.All).ToList()) root[name] = value?.DeepClone();
        return root.ToJsonString(Layout) + "\n";
    }

    /// <summary>The schema's text, as it is kept in <c>docs/reference/agent.schema.json</c>.</summary>
    public static string Write()
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "CodexOS agent",
            ["description"] = "The definition of an agent, as applied with `codexos apply` or PUT /api/v1/agents.",
        };
        foreach (var (name, value) in ObjectOf(DefinitionFields.Agent).ToList())
        {
            root[name] = value?.DeepClone();
        }

        return root.ToJsonString(Layout) + "\n";
    }

    private static JsonObject ObjectOf(IReadOnlyList<Field> fields)
    {
        var properties = new JsonObject();
        foreach (var field in fields) properties[field.Name] = SchemaOf(field);
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
        var required = fields.Where(static field => field.Required).Select(static field => field.Name).ToList();
        if (required.Count > 0) schema["required"] = new JsonArray([.. required.Select(static name => (JsonNode)name)]);
        return schema;
    }

    private static JsonObject SchemaOf(Field field)
    {
        var schema = field switch
        {
            { Name: "methods" } => new JsonObject
            {
                ["type"] = "array",
                ["minItems"] = 1,
                ["uniqueItems"] = true,
                ["items"] = new JsonObject
                {
                    ["enum"] = new JsonArray([.. EgressRule.MethodsKnown.Select(static method => (JsonNode)method)]),
                },
            },
            { Name: "arguments" } => new JsonObject
            {
                ["type"] = "object",
                ["maxProperties"] = DefinitionFields.ArgumentRulesMax,
            },
            { OneOf: { } choices } => new JsonObject
            {
                ["enum"] = new JsonArray([.. choices.Select(static choice => (JsonNode)choice)]),
            },
            { Type: FieldType.Text } => TextOf(field),
            { Type: FieldType.WholeNumber } => NumberOf(field, "integer"),
            { Type: FieldType.Number } => NumberOf(field, "number"),
            { Type: FieldType.Duration } => new JsonObject
            {
                ["type"] = "string",
                ["pattern"] = Duration.Pattern,
            },
            { Type: FieldType.Tools } => ToolsOf(),
            { Type: FieldType.Egress } => EgressOf(),
            { Type: FieldType.Limits } => ObjectOf(DefinitionFields.Limits),
            { Type: FieldType.SemanticCache } => ObjectOf(DefinitionFields.SemanticCache),
            { Type: FieldType.Flag } => new JsonObject { ["type"] = "boolean" },
            { Type: FieldType.Texts } => new JsonObject
            {
                ["type"] = "array",
                ["maxItems"] = field.CountMax,
                ["items"] = TextOf(field),
            },
            { Type: FieldType.Policy } => ObjectOf(PolicyFields.All),
            { Type: FieldType.ToolPolicies } => new JsonObject
            {
                ["type"] = "object",
                ["propertyNames"] = new JsonObject { ["pattern"] = DefinitionFields.ToolNamePattern },
                ["additionalProperties"] = ObjectOf(PolicyFields.Tool),
            },
            _ => throw new UnreachableException($"The field {field.Name} has an unknown type."),
        };
        schema["description"] = field.Description;
        if (field.Default is { } value) schema["default"] = DefaultOf(field, value);
        return schema;
    }

    private static JsonObject TextOf(Field field)
    {
        var schema = new JsonObject { ["type"] = "string", ["maxLength"] = field.LengthMax };
        if (field.Required) schema["minLength"] = 1;
        if (field.Pattern is { } pattern) schema["pattern"] = pattern;
        return schema;
    }

    private static JsonObject NumberOf(Field field, string type) => new()
    {
        ["type"] = type,
        ["minimum"] = field.Minimum,
        ["maximum"] = field.Maximum,
    };

    private static JsonObject ToolsOf() => new()
    {
        ["type"] = "array",
        ["maxItems"] = DefinitionFields.ToolsMax,
        ["items"] = new JsonObject
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["type"] = "string", ["pattern"] = DefinitionFields.ToolNamePattern },
                ObjectOf(DefinitionFields.Tool)),
        },
    };

    private static JsonObject EgressOf() => new()
    {
        ["type"] = "array",
        ["maxItems"] = DefinitionFields.EgressMax,
        ["items"] = new JsonObject
        {
            ["oneOf"] = new JsonArray(
                new JsonObject { ["type"] = "string", ["pattern"] = DefinitionFields.EgressHostPattern },
                ObjectOf(DefinitionFields.Egress)),
        },
    };

    private static JsonNode DefaultOf(Field field, string value) =>
        field.Type switch
        {
            FieldType.WholeNumber or FieldType.Number => decimal.Parse(value, CultureInfo.InvariantCulture),
            FieldType.Flag => value == "true",
            _ => value,
        };
}
