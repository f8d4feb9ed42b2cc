using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// Arguments that a server wants repeated in headers (<c>x-mcp-header</c>). The protocol demands that a tool that asks for it
/// in a way that is not allowed is left out.
/// </summary>
internal static class McpParameterHeaders
{
    private const string Word = "x-mcp-header";
    private const string TokenMarks = "!#$%&'*+-.^_`|~";
    private const int DepthMax = 20;
    private const int HeadersMax = 16;
    private const int NameLengthMax = 64;

    /// <summary>The headers, or why the tool is left out.</summary>
    public static Result<ImmutableArray<McpHeaderBinding>> Read(JsonElement schema)
    {
        var found = ImmutableArray.CreateBuilder<McpHeaderBinding>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        if (Walk(schema, [], found, seen, 0) is { } wrong) return wrong;
        // One that stands where no path of properties leads is not allowed.
        return Count(schema, 0) == found.Count ? found.ToImmutable() : Bad("it stands below something other than properties");
    }

    /// <summary>The headers of one call.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> Of(
        ImmutableArray<McpHeaderBinding> bindings, JsonElement arguments)
    {
        if (bindings.IsDefaultOrEmpty) return [];
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (path, header) in bindings)
        {
            var at = arguments;
            if (path.Any(step => at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(step, out at))) continue;
            var text = at.ValueKind switch
            {
                JsonValueKind.String => at.GetString(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                JsonValueKind.Number when at.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
                _ => null,
            };
            if (text is not null) headers.Add(new(header, text));
        }

        return headers.ToImmutable();
    }

    private static Fault? Walk(
        JsonElement schema, ImmutableArray<string> path, ImmutableArray<McpHeaderBinding>.Builder found, HashSet<string> seen,
        int depth)
    {
        if (depth > DepthMax || schema.ValueKind is not JsonValueKind.Object
            || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind is not JsonValueKind.Object)
        {
            return null;
        }

        foreach (var property in properties.EnumerateObject())
        {
            if (property.Value.ValueKind is not JsonValueKind.Object) continue;
            var here = path.Add(property.Name);
            if (property.Value.TryGetProperty(Word, out var header))
            {
                if (header.ValueKind is not JsonValueKind.String || !IsToken(header.GetString()!, out var name))
                    return Bad("it is not the name of a header");
                if (!seen.Add(name)) return Bad("two arguments want the same one");
                if (!property.Value.TryGetProperty("type", out var type) || type.ValueKind is not JsonValueKind.String
                    || type.GetString() is not ("string" or "integer" or "boolean")) return Bad("only texts, whole numbers and yes or no go there");
                if (found.Count >= HeadersMax) return Bad($"there are more than {HeadersMax}");
                found.Add(new McpHeaderBinding(here, name));
            }

            if (Walk(property.Value, here, found, seen, depth + 1) is { } wrong) return wrong;
        }

        return null;
    }

    private static bool IsToken(string text, out string token)
    {
        token = text;
        return text.Length is > 0 and <= NameLengthMax
            && text.All(static character => char.IsAsciiLetterOrDigit(character) || TokenMarks.Contains(character));
    }

    private static int Count(JsonElement at, int depth) => depth > 64 ? 0 : at.ValueKind switch
    {
        JsonValueKind.Object => (at.TryGetProperty(Word, out _) ? 1 : 0)
            + at.EnumerateObject().Sum(member => member.Name is "enum" or "const" or "default" or "examples" ? 0 : Count(member.Value, depth + 1)),
        JsonValueKind.Array => at.EnumerateArray().Sum(item => Count(item, depth + 1)),
        _ => 0,
    };

    private static Fault Bad(string why) => new(
        "mcp.bad_header", FaultKind.Invalid, $"it wants an argument repeated in a header, and {why}");
}
