using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Connections;

/// <summary>
/// Rewrites a stranger's JSON Schema into one that the gate can judge by in bounded time, and that says the same to the
/// model as to the gate: a tree without references, of keywords that are known, without regular expressions (they can be
/// made to take forever), with descriptions that hold nothing unseen. A schema that refers to itself ends where it would
/// begin again, and accepts anything there.
/// </summary>
internal sealed class SchemaImport
{
    private const int NoteLengthMax = 1_000;
    private const int NameLengthMax = 128;
    private const int EnumMax = 500;
    private const int TypesMax = 7;

    private static readonly FrozenSet<string> s_types = FrozenSet.ToFrozenSet(
        ["string", "number", "integer", "boolean", "object", "array", "null"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_formats = FrozenSet.ToFrozenSet(
        ["date", "date-time", "time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid", "int32", "int64"],
        StringComparer.Ordinal);

    private static readonly string[] s_counts =
        ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];

    private static readonly string[] s_bounds = ["minimum", "maximum", "multipleOf"];

    private readonly JsonElement _document;
    private readonly ConnectionOptions _limits;
    private readonly bool _skipsReadOnly;
    private readonly List<string> _path = [];
    private int _nodes;

    /// <summary>Reads schemas of a document.</summary>
    /// <param name="document">What references point into.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="skipsReadOnly">Whether properties that only answers hold are left out.</param>
    public SchemaImport(JsonElement document, ConnectionOptions limits, bool skipsReadOnly = false) =>
        (_document, _limits, _skipsReadOnly) = (document, limits, skipsReadOnly);

    /// <summary>Whether hidden characters were taken out.</summary>
    public int Hidden { get; private set; }

    /// <summary>The schema of a tool's arguments, or why it cannot be used.</summary>
    public static Result<JsonElement> Arguments(JsonElement schema, ConnectionOptions limits, out int hidden)
    {
        var import = new SchemaImport(schema, limits);
        var read = import.Read(schema);
        hidden = import.Hidden;
        if (!read.TryGet(out var tree, out var fault)) return fault;
        return Closed(tree, limits);
    }

    /// <summary>Any schema, as a tree. Fault: <c>connections.bad_schema</c>.</summary>
    public Result<JsonObject> Read(JsonElement schema)
    {
        try
        {
            return Unfold(schema, 0);
        }
        catch (Refusal refusal)
        {
            return new Fault("connections.bad_schema", FaultKind.Invalid, refusal.Message);
        }
    }

    /// <summary>The schema of an object, with what its alternatives name as its own properties, within its size.</summary>
    public static Result<JsonElement> Closed(JsonObject tree, ConnectionOptions limits)
    {
        if (tree["type"] is { } type && !Says(type, "object"))
            return new Fault("connections.bad_schema", FaultKind.Invalid, "its arguments are not an object");
        Gather(tree);
        tree["type"] = "object";
        tree["additionalProperties"] = false;
        tree.Remove("description");
        var written = JsonSerializer.SerializeToElement(tree);
        return System.Text.Encoding.UTF8.GetByteCount(written.GetRawText()) <= limits.SchemaBytesMax
            ? written
            : new Fault(
                "connections.bad_schema", FaultKind.TooLarge,
                $"its schema has more than {limits.SchemaBytesMax} bytes when it is written out");
    }

    /// <summary>A local reference's target, or null.</summary>
    public static JsonElement? Resolve(JsonElement document, string reference)
    {
        if (!reference.StartsWith('#')) return null;
        var at = document;
        foreach (var step in reference[1..].Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind is JsonValueKind.Object && at.TryGetProperty(name, out var child)) at = child;
            else if (at.ValueKind is JsonValueKind.Array && ushort.TryParse(name, out var index) && index < at.GetArrayLength())
                at = at[index];
            else return null;
        }

        return at;
    }

    private JsonObject Unfold(JsonElement schema, int depth)
    {
        if (++_nodes > _limits.SchemaNodesMax) throw new Refusal($"its schema is made of more than {_limits.SchemaNodesMax} schemas");
        if (depth > _limits.SchemaDepthMax) throw new Refusal($"its schema is nested more than {_limits.SchemaDepthMax} deep");
        if (schema.ValueKind is JsonValueKind.True) return [];
        if (schema.ValueKind is JsonValueKind.False) return new JsonObject { ["not"] = new JsonObject() };
        if (schema.ValueKind is not JsonValueKind.Object) throw new Refusal("a schema in it is neither an object nor true or false");
        if (TextOf(schema, "$ref") is not { } reference) return Own(schema, depth);

        if (_path.Contains(reference)) return new JsonObject { ["description"] = "Anything; the schema repeats itself from here." };
        if (Resolve(_document, reference) is not { } target)
            throw new Refusal($"its schema refers to '{PlainText.Line(reference, 60)}', which is not in it");
        _path.Add(reference);
        var unfolded = Unfold(target, depth + 1);
        _path.RemoveAt(_path.Count - 1);
        foreach (var (name, value) in Own(schema, depth).ToList()) unfolded[name] = value?.DeepClone();
        return unfolded;
    }

    private JsonObject Own(JsonElement schema, int depth)
    {
        var own = new JsonObject();
        if (TypesOf(schema) is { } types) own["type"] = types;
        Describe(schema, own);
        foreach (var name in s_counts)
        {
            if (schema.TryGetProperty(name, out var count) && count.ValueKind is JsonValueKind.Number
                && count.TryGetInt32(out var number) && number >= 0) own[name] = number;
        }

        Bounds(schema, own);
        if (schema.TryGetProperty("uniqueItems", out var unique) && unique.ValueKind is JsonValueKind.True) own["uniqueItems"] = true;
        if (TextOf(schema, "format") is { } format && s_formats.Contains(format)) own["format"] = format;
        Values(schema, own);
        foreach (var name in (string[])["anyOf", "oneOf", "allOf"])
        {
            if (!schema.TryGetProperty(name, out var list) || list.ValueKind is not JsonValueKind.Array) continue;
            own[name] = new JsonArray([.. list.EnumerateArray().Select(JsonNode? (each) => Unfold(each, depth + 1))]);
        }

        if (schema.TryGetProperty("not", out var not)) own["not"] = Unfold(not, depth + 1);
        if (schema.TryGetProperty("items", out var items) && items.ValueKind is not JsonValueKind.Array)
            own["items"] = Unfold(items, depth + 1);
        Properties(schema, own, depth);
        return own;
    }

    private void Properties(JsonElement schema, JsonObject own, int depth)
    {
        var left = new HashSet<string>(StringComparer.Ordinal);
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind is JsonValueKind.Object)
        {
            var known = new JsonObject();
            foreach (var property in properties.EnumerateObject())
            {
                if (property.Name.Length is 0 or > NameLengthMax || !PlainText.IsPlain(property.Name))
                    throw new Refusal("an argument's name is empty, too long, or holds characters that are not seen");
                if (_skipsReadOnly && IsReadOnly(property.Value)) left.Add(property.Name);
                else known[property.Name] = Unfold(property.Value, depth + 1);
            }

            own["properties"] = known;
        }

        if (schema.TryGetProperty("required", out var required) && required.ValueKind is JsonValueKind.Array)
        {
            var names = required.EnumerateArray().Where(static name => name.ValueKind is JsonValueKind.String)
                .Select(static name => name.GetString()!).Distinct(StringComparer.Ordinal).Where(name => !left.Contains(name));
            own["required"] = new JsonArray([.. names.Select(static name => JsonValue.Create(name))]);
        }

        if (schema.TryGetProperty("additionalProperties", out var more))
            own["additionalProperties"] = more.ValueKind is JsonValueKind.False ? JsonValue.Create(false) : Unfold(more, depth + 1);
        if (schema.TryGetProperty("patternProperties", out _) && own["additionalProperties"] is null or JsonValue)
            own["additionalProperties"] = new JsonObject();
    }

    private void Describe(JsonElement schema, JsonObject own)
    {
        var text = TextOf(schema, "description") ?? TextOf(schema, "title") ?? "";
        var (clean, hidden) = PlainText.Clean(text);
        Hidden += hidden;
        if (TextOf(schema, "pattern") is { } pattern)
            clean = $"{PlainText.Cut(clean, NoteLengthMax)} It looks like this, as a regular expression: {PlainText.Line(pattern, 200)}".Trim();
        if (clean.Length > 0) own["description"] = PlainText.Cut(clean, NoteLengthMax);
        if (schema.TryGetProperty("default", out var standard)
            && standard.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number)
        {
            own["default"] = JsonNode.Parse(standard.GetRawText());
        }
    }

    private static void Bounds(JsonElement schema, JsonObject own)
    {
        foreach (var name in s_bounds)
        {
            if (schema.TryGetProperty(name, out var bound) && bound.ValueKind is JsonValueKind.Number)
                own[name] = JsonNode.Parse(bound.GetRawText());
        }

        Exclusive("exclusiveMinimum", "minimum");
        Exclusive("exclusiveMaximum", "maximum");

        // In OpenAPI 3.0 and older schemas it is a flag beside the bound; later it is the bound.
        void Exclusive(string name, string of)
        {
            if (!schema.TryGetProperty(name, out var value)) return;
            if (value.ValueKind is JsonValueKind.Number) own[name] = JsonNode.Parse(value.GetRawText());
            else if (value.ValueKind is JsonValueKind.True && own.Remove(of, out var bound)) own[name] = bound;
        }
    }

    private void Values(JsonElement schema, JsonObject own)
    {
        if (schema.TryGetProperty("const", out var only)) own["enum"] = new JsonArray(JsonNode.Parse(only.GetRawText()));
        if (!schema.TryGetProperty("enum", out var values) || values.ValueKind is not JsonValueKind.Array) return;
        if (values.GetArrayLength() > EnumMax) throw new Refusal($"an argument has more than {EnumMax} choices");
        _nodes += values.GetArrayLength();
        own["enum"] = new JsonArray([.. values.EnumerateArray().Select(static value => JsonNode.Parse(value.GetRawText()))]);
    }

    private static JsonNode? TypesOf(JsonElement schema)
    {
        var nullable = schema.TryGetProperty("nullable", out var flag) && flag.ValueKind is JsonValueKind.True;
        if (!schema.TryGetProperty("type", out var type)) return null;
        List<string> types = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()!],
            JsonValueKind.Array when type.GetArrayLength() <= TypesMax =>
                [.. type.EnumerateArray().Select(static each => each.ValueKind is JsonValueKind.String ? each.GetString()! : "")],
            _ => throw new Refusal("an argument's type is neither a word nor a list of words"),
        };
        if (types.Count == 0 || !types.TrueForAll(s_types.Contains)) throw new Refusal("an argument has a type that JSON does not have");
        if (nullable && !types.Contains("null")) types.Add("null");
        if (types.Count == 1) return JsonValue.Create(types[0]);
        return new JsonArray([.. types.Select(static each => JsonValue.Create(each))]);
    }

    /// <summary>
    /// What alternatives at the root name becomes the object's own, because the gate refuses every argument that it does not
    /// see there.
    /// </summary>
    private static void Gather(JsonObject root)
    {
        var properties = root["properties"] as JsonObject ?? [];
        root["properties"] ??= properties;
        foreach (var name in (string[])["allOf", "anyOf", "oneOf"])
        {
            if (root[name] is not JsonArray list) continue;
            root.Remove(name);
            foreach (var part in list.OfType<JsonObject>())
            {
                Gather(part);
                foreach (var (known, schema) in (JsonObject)part["properties"]!) properties.TryAdd(known, schema?.DeepClone());
                if (name != "allOf" || part["required"] is not JsonArray required) continue;
                var all = root["required"] as JsonArray ?? [];
                foreach (var each in required) all.Add(each?.DeepClone());
                root["required"] ??= all;
            }
        }
    }

    private bool IsReadOnly(JsonElement schema)
    {
        if (schema.ValueKind is not JsonValueKind.Object) return false;
        if (schema.TryGetProperty("readOnly", out var flag)) return flag.ValueKind is JsonValueKind.True;
        return TextOf(schema, "$ref") is { } reference && Resolve(_document, reference) is { ValueKind: JsonValueKind.Object } target
            && target.TryGetProperty("readOnly", out flag) && flag.ValueKind is JsonValueKind.True;
    }

    private static bool Says(JsonNode type, string word) => type is JsonArray list
        ? list.Any(each => (string?)each == word)
        : (string?)type == word;

    /// <summary>Ends the walk over a schema that cannot be used; it never leaves this class.</summary>
    private sealed class Refusal(string message) : Exception(message);
}
