using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.OpenApi;

/// <summary>Reads what an operation takes: parameters of the path, the query and headers, and a body.</summary>
internal sealed class ApiParameters(JsonElement document, ConnectionOptions limits, string path)
{
    private const int ParametersMax = 200;
    private const int FollowedMax = 10;
    private const string Marks = "!#$%&'*+-.^_`|~";

    // What is CodexOS's, the connection's, or decides whom a request reaches.
    private static readonly FrozenSet<string> s_reserved = FrozenSet.ToFrozenSet(
        [
            "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "TE", "Trailer", "Expect", "Cookie",
            "Cookie2", "Set-Cookie", "Forwarded", "Via", "Origin", "Referer", "Date", "Content-Encoding", "Accept-Encoding", "Range",
            "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
        ],
        StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<(ApiPlace, string), (ApiParameter Parameter, JsonNode Schema, bool IsRequired)> _all = [];
    private readonly HashSet<string> _arguments = new(StringComparer.Ordinal);
    private (JsonNode Schema, bool IsRequired)? _body;

    public List<string> Notes { get; } = [];

    public ApiBody? Body { get; private set; }

    public ImmutableArray<ApiParameter> All => [.. _all.Values.Select(static it => it.Parameter)];

    /// <summary>What a reference inside of the document leads to; itself if it is none; null if it leads nowhere.</summary>
    public static JsonElement? Follow(JsonElement document, JsonElement at)
    {
        for (var i = 0; i < FollowedMax; i++)
        {
            if (TextOf(at, "$ref") is not { } reference) return at;
            if (SchemaImport.Resolve(document, reference) is not { } target) return null;
            at = target;
        }

        return null;
    }

    /// <summary>Reads the parameters of a path or an operation; what keeps the operation out, or null.</summary>
    public string? Read(JsonElement holder)
    {
        if (!holder.TryGetProperty("parameters", out var list)) return null;
        if (list.ValueKind is not JsonValueKind.Array || list.GetArrayLength() > ParametersMax)
            return $"its parameters are not a list of at most {ParametersMax}";
        foreach (var given in list.EnumerateArray())
        {
            if (Follow(document, given) is not { ValueKind: JsonValueKind.Object } parameter || TextOf(parameter, "name") is not { Length: > 0 } name)
                return "a parameter has no name, or refers to something that is not in the document";
            if (ReadOne(parameter, name) is { } wrong) return wrong;
        }

        return null;
    }

    /// <summary>Reads what is sent; what keeps the operation out, or null.</summary>
    public string? ReadBody(JsonElement operation, string method)
    {
        if (!operation.TryGetProperty("requestBody", out var given)) return null;
        if (Follow(document, given) is not { ValueKind: JsonValueKind.Object } body
            || !body.TryGetProperty("content", out var content) || content.ValueKind is not JsonValueKind.Object)
            return "what it sends refers to something that is not in the document";
        var isRequired = body.TryGetProperty("required", out var flag) && flag.ValueKind is JsonValueKind.True;
        if (method is "GET" or "HEAD" or "OPTIONS" or "DELETE")
        {
            if (isRequired) return $"it sends something with {method}";
            Notes.Add($"What it may send is left out, because {method} sends nothing.");
            return null;
        }

        var kinds = content.EnumerateObject().Take(20).ToList();
        var chosen = kinds.Find(static kind => IsJson(kind.Name)) is { Value.ValueKind: JsonValueKind.Object } json ? json
            : kinds.Find(static kind => MediaOf(kind.Name) == ApiBody.Form) is { Value.ValueKind: JsonValueKind.Object } form
                ? form
            : kinds.Find(static kind => MediaOf(kind.Name).StartsWith("text/", StringComparison.Ordinal));
        if (chosen.Value.ValueKind is not JsonValueKind.Object)
        {
            var reason = $"it sends {PlainText.Line(string.Join(", ", kinds.Select(static kind => kind.Name)), 80)}, which cannot be written here";
            if (isRequired) return reason;
            Notes.Add($"What it may send is left out: {reason}.");
            return null;
        }

        var media = MediaOf(chosen.Name) is var own and not "*/*" ? own : "application/json";
        if (!media.All(static character => char.IsAsciiLetterOrDigit(character) || "/+-._".Contains(character)))
            return "what it sends has a kind that cannot be read";
        JsonObject schema;
        if (IsJson(media) || media is ApiBody.Form)
        {
            var import = new SchemaImport(document, limits, skipsReadOnly: true);
            if (!import.Read(chosen.Value.TryGetProperty("schema", out var sent) ? sent : JsonElement.Parse("{}"))
                .TryGet(out schema!, out var fault)) return $"of what it sends, {fault.Message}";
            if (media is ApiBody.Form && (schema["type"] ?? "object").ToString() != "object") return "it sends a form that is not an object";
        }
        else
        {
            schema = new JsonObject { ["type"] = "string" };
        }

        _body = (schema, isRequired);
        Body = new ApiBody(Unique("body"), media);
        return null;
    }

    /// <summary>A name in the path that no parameter fills, or null.</summary>
    public string? WhatIsMissing()
    {
        var named = ApiTemplate.Names(path);
        if (named is null) return "its path cannot be read";
        foreach (var name in named)
        {
            if (!_all.ContainsKey((ApiPlace.Path, name))) return $"nothing fills '{PlainText.Line(name, 60)}' of its path";
        }

        return null;
    }

    /// <summary>The schema of the tool's arguments.</summary>
    public JsonObject Schema()
    {
        var (properties, required) = (new JsonObject(), new JsonArray());
        foreach (var (parameter, schema, isRequired) in _all.Values)
        {
            properties[parameter.Argument] = schema.DeepClone();
            if (isRequired) required.Add(parameter.Argument);
        }

        if (_body is { } body)
        {
            properties[Body!.Argument] = body.Schema.DeepClone();
            if (body.IsRequired) required.Add(Body.Argument);
        }

        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["required"] = required };
    }

    private string? ReadOne(JsonElement parameter, string name)
    {
        var isRequired = parameter.TryGetProperty("required", out var flag) && flag.ValueKind is JsonValueKind.True;
        if (!PlainText.IsPlain(name)) return "a parameter's name holds characters that are not seen";
        ApiPlace? known = TextOf(parameter, "in") switch
        {
            "path" => ApiPlace.Path,
            "query" => ApiPlace.Query,
            "header" => ApiPlace.Header,
            _ => null,
        };
        if (known is not { } place) return LeftOut(isRequired, $"'{PlainText.Line(name, 60)}' goes into a place that is not supported (cookies are not)");
        if (place is ApiPlace.Header)
        {
            // The document itself is to be ignored where it names these, says its specification.
            if (name.Equals("Accept", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)
                || name.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) return null;
            if (!IsHeader(name)) return LeftOut(isRequired, $"the header '{PlainText.Line(name, 60)}' may not be set");
        }

        if (!StyleOf(parameter, place).TryGet(out var style, out var fault))
            return LeftOut(isRequired || place is ApiPlace.Path, $"'{PlainText.Line(name, 60)}' {fault.Message}");
        var explode = parameter.TryGetProperty("explode", out var wish) && wish.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? wish.GetBoolean()
            : style is ApiStyle.Form or ApiStyle.DeepObject;
        var import = new SchemaImport(document, limits);
        if (!import.Read(SchemaOf(parameter)).TryGet(out var schema, out fault)) return $"of '{PlainText.Line(name, 60)}', {fault.Message}";
        if (TextOf(parameter, "description") is { } words && PlainText.Line(words, 500) is { Length: > 0 } line) schema["description"] = line;

        // What an operation says of a parameter takes the place of what its path says.
        var key = (place, name);
        var argument = _all.TryGetValue(key, out var before) ? before.Parameter.Argument : Unique(name);
        _all[key] = (new ApiParameter(argument, name, place, style, explode), schema, isRequired || place is ApiPlace.Path);
        return null;
    }

    private static Result<ApiStyle> StyleOf(JsonElement parameter, ApiPlace place)
    {
        if (parameter.TryGetProperty("content", out var content) && content.ValueKind is JsonValueKind.Object)
        {
            return content.EnumerateObject().Take(2).ToList() is [var only] && IsJson(only.Name) ? ApiStyle.Json
                : new Fault("openapi.style", FaultKind.Invalid, "is written in a way that is not supported");
        }

        return (place, TextOf(parameter, "style")) switch
        {
            (ApiPlace.Path or ApiPlace.Header, null or "simple") => ApiStyle.Simple,
            (ApiPlace.Query, null or "form") => ApiStyle.Form,
            (ApiPlace.Query, "spaceDelimited") => ApiStyle.SpaceDelimited,
            (ApiPlace.Query, "pipeDelimited") => ApiStyle.PipeDelimited,
            (ApiPlace.Query, "deepObject") => ApiStyle.DeepObject,
            var (_, other) => new Fault(
                "openapi.style", FaultKind.Invalid, $"is written in the style '{PlainText.Line(other ?? "", 30)}', which is not supported"),
        };
    }

    private static JsonElement SchemaOf(JsonElement parameter)
    {
        if (parameter.TryGetProperty("schema", out var schema)) return schema;
        return parameter.TryGetProperty("content", out var content) && content.ValueKind is JsonValueKind.Object
            && content.EnumerateObject().FirstOrDefault() is { Value.ValueKind: JsonValueKind.Object } only
            && only.Value.TryGetProperty("schema", out schema) ? schema : JsonElement.Parse("{}");
    }

    private string? LeftOut(bool isRequired, string reason)
    {
        if (isRequired) return reason;
        Notes.Add($"Left out: {reason}.");
        return null;
    }

    private string Unique(string name)
    {
        var unique = name;
        for (var i = 2; !_arguments.Add(unique); i++) unique = $"{name}_{i}";
        return unique;
    }

    private static bool IsHeader(string name) =>
        name.Length <= 100 && name.All(static character => char.IsAsciiLetterOrDigit(character) || Marks.Contains(character))
        && !s_reserved.Contains(name)
        && !name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase)
        && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    private static string MediaOf(string text) => text.Split(';')[0].Trim().ToLowerInvariant();

    private static bool IsJson(string text) => MediaOf(text) is "application/json" or "*/*"
        || MediaOf(text).EndsWith("+json", StringComparison.Ordinal);
}
