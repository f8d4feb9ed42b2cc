using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Tools.Contracts;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;

namespace CodexOS.Tools.Gate;

/// <summary>A tool's input schema, compiled once, that refuses every argument it does not name.</summary>
internal sealed class ArgumentSchema
{
    private const int ErrorsShownMax = 5;

    private readonly JsonSchema _schema;
    private readonly JsonSchemaValidator _validator = new();

    private ArgumentSchema(JsonSchema schema) => _schema = schema;

    /// <summary>Compiles a contract's input schema.</summary>
    /// <exception cref="InvalidOperationException">
    /// It is not the schema of an object, or refers to another document.
    /// </exception>
    public static ArgumentSchema Compile(ToolContract contract)
    {
        var root = JsonNode.Parse(contract.InputSchema.GetRawText()) as JsonObject;
        if (root is null || (string?)root["type"] != "object")
            throw new InvalidOperationException($"The input schema of the tool {contract.Name} must have type object.");
        Close(root, contract.Name);
        root["additionalProperties"] = false;
        // References to other documents are refused above, so nothing is awaited here.
        var schema = JsonSchema.FromJsonAsync(root.ToJsonString()).GetAwaiter().GetResult();
        return new ArgumentSchema(schema);
    }

    /// <summary>Compiles a contract's output schema, or gives null where it has none.</summary>
    /// <exception cref="InvalidOperationException">It is not a schema, or refers to another document.</exception>
    public static ArgumentSchema? CompileOutput(ToolContract contract)
    {
        if (contract.OutputSchema is not { } given) return null;
        if (JsonNode.Parse(given.GetRawText()) is not JsonObject root)
            throw new InvalidOperationException($"The output schema of the tool {contract.Name} must be an object.");
        Close(root, contract.Name);
        return new ArgumentSchema(JsonSchema.FromJsonAsync(root.ToJsonString()).GetAwaiter().GetResult());
    }

    /// <summary>Whether data fits an output schema.</summary>
    public bool Fits(JsonElement data)
    {
        try
        {
            return _validator.Validate(TreeOf(data), _schema).Count == 0;
        }
        catch (AmbiguousJsonException)
        {
            return false;
        }
    }

    /// <summary>What is wrong with the arguments, in words; null if nothing is.</summary>
    public string? WhatIsWrong(JsonElement arguments)
    {
        if (arguments.ValueKind is not JsonValueKind.Object) return "they must be a JSON object";
        JToken tree;
        try
        {
            tree = TreeOf(arguments);
        }
        catch (AmbiguousJsonException ambiguous)
        {
            return ambiguous.Message;
        }

        var errors = _validator.Validate(tree, _schema);
        return errors.Count == 0 ? null : string.Join("; ", errors.Take(ErrorsShownMax).Select(Words));
    }

    /// <summary>Refuses unnamed members in nested objects too, unless the schema says that it wants them.</summary>
    private static void Close(JsonNode? node, string tool)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) Close(item, tool);
            return;
        }

        if (node is not JsonObject schema) return;
        if (schema["$ref"] is JsonValue reference && ((string?)reference)?.StartsWith('#') is not true)
            throw new InvalidOperationException($"The input schema of the tool {tool} refers to another document.");
        if (schema["properties"] is JsonObject && !schema.ContainsKey("additionalProperties"))
            schema["additionalProperties"] = false;
        foreach (var (_, child) in schema) Close(child, tool);
    }

    private static string Words(ValidationError error)
    {
        var path = error.Path?.TrimStart('#', '/') is { Length: > 0 } given ? given : error.Property ?? "";
        return error.Kind switch
        {
            ValidationErrorKind.PropertyRequired => $"'{path}' is missing",
            ValidationErrorKind.NoAdditionalPropertiesAllowed => $"'{path}' is not an argument of this tool",
            _ => $"'{path}': {Split(error.Kind.ToString())}",
        };
    }

    /// <summary><c>StringExpected</c> becomes <c>string expected</c>.</summary>
    private static string Split(string name)
    {
        var words = new StringBuilder();
        foreach (var character in name)
        {
            if (char.IsUpper(character) && words.Length > 0) words.Append(' ');
            words.Append(char.ToLowerInvariant(character));
        }

        return words.ToString();
    }

    private static JToken TreeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => ObjectOf(value),
        JsonValueKind.Array => new JArray(value.EnumerateArray().Select(TreeOf)),
        JsonValueKind.String => new JValue(CanonicalJson.TryReadString(value)
            ?? throw new AmbiguousJsonException("a string holds half a surrogate pair")),
        JsonValueKind.Number => NumberOf(value),
        JsonValueKind.True => new JValue(true),
        JsonValueKind.False => new JValue(false),
        _ => JValue.CreateNull(),
    };

    private static JObject ObjectOf(JsonElement value)
    {
        var tree = new JObject();
        foreach (var member in value.EnumerateObject())
        {
            var name = CanonicalJson.TryReadName(member)
                ?? throw new AmbiguousJsonException("a name holds half a surrogate pair");
            if (tree.ContainsKey(name)) throw new AmbiguousJsonException($"'{name}' is given twice");
            tree.Add(name, TreeOf(member.Value));
        }

        return tree;
    }

    private static JValue NumberOf(JsonElement value)
    {
        if (!CanonicalJson.IsExact(value, out var number))
            throw new AmbiguousJsonException("a number does not fit a double; send it as a string");
        return value.TryGetInt64(out var whole) ? new JValue(whole) : new JValue(number);
    }

    /// <summary>Ends the walk over arguments that have no single meaning; it never leaves this class.</summary>
    private sealed class AmbiguousJsonException(string message) : Exception(message);
}
