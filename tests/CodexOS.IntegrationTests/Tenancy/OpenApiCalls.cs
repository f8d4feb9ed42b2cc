using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace CodexOS.IntegrationTests.Tenancy;

/// <summary>One operation of the API document that takes something in its path.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Method">How it is called.</param>
/// <param name="Path">Its path, with placeholders.</param>
/// <param name="Node">All that the document says of it.</param>
internal sealed record ApiOperation(string Id, HttpMethod Method, string Path, JsonObject Node)
{
    /// <summary>
    /// What stands for each placeholder, by the part of the path before it: <c>runs/{id}</c>, <c>workspaces/exports/{runId}</c>.
    /// </summary>
    public IEnumerable<string> Places
    {
        get
        {
            var parts = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
            for (var i = 0; i < parts.Length; i++)
            {
                if (!parts[i].StartsWith('{')) continue;
                var before = i - 1;
                while (before > 2 && !parts[before - 1].StartsWith('{')) before--;
                yield return string.Join('/', parts[before..(i + 1)]);
            }
        }
    }
}

/// <summary>Calls made of an API document, so that an endpoint cannot be added without being called.</summary>
internal sealed class OpenApiCalls(string document)
{
    private static readonly string[] s_methods = ["get", "put", "post", "delete", "patch"];
    private readonly JsonObject _document = JsonNode.Parse(document)!.AsObject();

    /// <summary>All operations with something in their path.</summary>
    public IEnumerable<ApiOperation> WithPlaces() =>
        from path in _document["paths"]!.AsObject()
        where path.Key.Contains('{', StringComparison.Ordinal)
        from operation in path.Value!.AsObject()
        where s_methods.Contains(operation.Key)
        select new ApiOperation(
            (string)operation.Value!["operationId"]!, new HttpMethod(operation.Key.ToUpperInvariant()), path.Key,
            operation.Value.AsObject());

    /// <summary>A request that is valid but for what it names.</summary>
    public HttpRequestMessage RequestOf(ApiOperation operation, Func<string, string> valueOf)
    {
        var path = operation.Path;
        foreach (var place in operation.Places)
        {
            var at = path.IndexOf('{', StringComparison.Ordinal);
            var end = path.IndexOf('}', StringComparison.Ordinal);
            path = path[..at] + Uri.EscapeDataString(valueOf(place)) + path[(end + 1)..];
        }

        var query = (operation.Node["parameters"]?.AsArray() ?? new JsonArray())
            .Select(parameter => Resolve(parameter!))
            .Where(parameter => (string?)parameter["in"] == "query" && (bool?)parameter["required"] == true)
            .Select(parameter => $"{parameter["name"]}={TextOf(parameter["schema"])}")
            .ToList();
        var request = new HttpRequestMessage(operation.Method, query.Count == 0 ? path : $"{path}?{string.Join('&', query)}");
        if (operation.Node["requestBody"] is { } given) request.Content = BodyOf(Resolve(given));
        return request;
    }

    private HttpContent BodyOf(JsonObject body)
    {
        var content = body["content"]!.AsObject();
        var json = content.FirstOrDefault(each => each.Key.EndsWith("json", StringComparison.Ordinal));
        if (json.Key is not null)
            return new StringContent(Example(json.Value!["schema"]!)!.ToJsonString(), Encoding.UTF8, json.Key);
        var type = content.First().Key;
        return new ByteArrayContent("x"u8.ToArray())
        {
            Headers = { ContentType = new MediaTypeHeaderValue(type.Replace("*", "plain", StringComparison.Ordinal)) },
        };
    }

    private JsonObject Resolve(JsonNode node) => (string?)node["$ref"] is { } reference
        ? reference[2..].Split('/').Aggregate((JsonNode)_document, (at, name) => at[name]!).AsObject()
        : node.AsObject();

    private string TextOf(JsonNode? schema) => schema is null ? "x" : Example(schema)?.ToString() ?? "x";

    /// <summary>The smallest value that a schema takes.</summary>
    private JsonNode? Example(JsonNode node)
    {
        var schema = Resolve(node);
        if (schema["enum"] is JsonArray words) return words.First(word => word is not null)!.DeepClone();
        foreach (var choice in (string[])["oneOf", "anyOf", "allOf"])
        {
            if (schema[choice] is JsonArray { Count: > 0 } choices)
                return Example(choices.First(one => (string?)one!["type"] != "null")!);
        }

        var type = schema["type"] is JsonArray types
            ? types.Select(one => (string?)one).First(one => one != "null")
            : (string?)schema["type"];
        return type switch
        {
            "string" => StringOf(schema),
            "integer" or "number" => (double?)schema["minimum"] is { } least ? (long)Math.Ceiling(least) : 1,
            "boolean" => true,
            "array" => new JsonArray([.. Enumerable.Range(0, (int?)schema["minItems"] ?? 0).Select(_ => Example(schema["items"]!))]),
            _ => ObjectOf(schema),
        };
    }

    private static JsonNode StringOf(JsonObject schema) => (string?)schema["format"] switch
    {
        "date-time" => "2030-01-01T00:00:00Z",
        "uri" => "http://example.org",
        _ => new string('x', Math.Max(1, (int?)schema["minLength"] ?? 1)),
    };

    private JsonObject ObjectOf(JsonObject schema)
    {
        var made = new JsonObject();
        foreach (var name in (schema["required"]?.AsArray() ?? new JsonArray()).Select(name => (string)name!))
            made[name] = schema["properties"]?[name] is { } property ? Example(property) : new JsonObject();
        for (var i = made.Count; i < ((int?)schema["minProperties"] ?? 0); i++) made[$"x{i}"] = Example(schema["additionalProperties"]!);
        return made;
    }
}
