using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// Turns the operations of an OpenAPI document into definitions. References are followed inside of the document only. What
/// an operation needs and is not supported keeps it out, with the reason; what it merely offers is left out with a note.
/// </summary>
internal sealed class ApiReader
{
    private static readonly string[] s_methods = ["get", "put", "post", "delete", "options", "head", "patch"];

    private static readonly FrozenSet<string> s_pathMembers = FrozenSet.ToFrozenSet(
        ["summary", "description", "parameters", "servers", "$ref", .. s_methods], StringComparer.Ordinal);

    private readonly JsonElement _document;
    private readonly string _connection;
    private readonly OpenApiSettings _settings;
    private readonly ConnectionOptions _limits;
    private readonly Uri _address;
    private readonly ImmutableArray<ToolDefinition>.Builder _tools = ImmutableArray.CreateBuilder<ToolDefinition>();
    private readonly ImmutableArray<SkippedTool>.Builder _skipped = ImmutableArray.CreateBuilder<SkippedTool>();

    private ApiReader(JsonElement document, string connection, OpenApiSettings settings, ConnectionOptions limits, Uri address) =>
        (_document, _connection, _settings, _limits, _address) = (document, connection, settings, limits, address);

    /// <summary>The operations, or <c>openapi.malformed</c>.</summary>
    public static Result<Discovery> Read(
        string text, string connection, OpenApiSettings settings, ConnectionOptions limits)
    {
        if (!ApiText.Read(text, limits).TryGet(out var document, out var fault)) return fault;
        if (document.ValueKind is not JsonValueKind.Object || TextOf(document, "openapi") is not { } version
            || !(version.StartsWith("3.0", StringComparison.Ordinal) || version.StartsWith("3.1", StringComparison.Ordinal)))
            return ApiText.Bad("it is not an OpenAPI document of version 3.0 or 3.1");
        if (!ApiServers.Choose(document, settings, limits).TryGet(out var address, out fault)) return fault;
        var reader = new ApiReader(document, connection, settings, limits, address);
        if (reader.ReadPaths() is { } wrong) return wrong;
        var info = document.TryGetProperty("info", out var about) ? about : default;
        return new Discovery(
            reader._tools.ToImmutable(),
            new ConnectionNotes(
                new ServerFacts(
                    PlainText.Line(TextOf(info, "title") ?? "", 100), PlainText.Line(TextOf(info, "version") ?? "", 60),
                    $"openapi {version}", address.AbsoluteUri, null),
                reader._skipped.ToImmutable()));
    }

    private Fault? ReadPaths()
    {
        if (_document.TryGetProperty("webhooks", out var hooks) && hooks.ValueKind is JsonValueKind.Object)
            Skip("webhooks", "requests of the API to its users are not received here");
        if (!_document.TryGetProperty("paths", out var paths)) return null;
        if (paths.ValueKind is not JsonValueKind.Object) return ApiText.Bad("its paths are not an object");
        foreach (var path in paths.EnumerateObject())
        {
            if (Follow(path.Value) is not { ValueKind: JsonValueKind.Object } item)
            {
                Skip(path.Name, "the path refers to something that is not in the document");
                continue;
            }

            foreach (var member in item.EnumerateObject())
            {
                if (s_methods.Contains(member.Name, StringComparer.Ordinal) && member.Value.ValueKind is JsonValueKind.Object)
                {
                    if (_tools.Count + _skipped.Count > _limits.ToolsMax * 4)
                        return ConnectionFaults.TooMuch($"{_limits.ToolsMax * 4} operations", nameof(ConnectionOptions.ToolsMax));
                    ReadOperation(path.Name, item, member.Name.ToUpperInvariant(), member.Value);
                }
                else if (!s_pathMembers.Contains(member.Name) && !member.Name.StartsWith("x-", StringComparison.Ordinal))
                {
                    Skip($"{member.Name.ToUpperInvariant()} {path.Name}", "requests of this method are not made");
                }
            }
        }

        return null;
    }

    private void ReadOperation(string path, JsonElement item, string method, JsonElement operation)
    {
        var place = $"{method} {path}";
        var id = TextOf(operation, "operationId") ?? place;
        if (!IsWanted(operation, id, place)) return;
        if (ToolNames.Of(_connection, id) is not { } name)
        {
            Skip(id, "its name is empty, too long, or not of plain letters, digits and marks");
            return;
        }

        if (item.TryGetProperty("servers", out _) || operation.TryGetProperty("servers", out _))
        {
            Skip(id, "it has a server of its own; one connection is for one server");
            return;
        }

        var parameters = new ApiParameters(_document, _limits, path);
        if (parameters.Read(item) is { } wrong || (wrong = parameters.Read(operation)) is not null
            || (wrong = parameters.ReadBody(operation, method)) is not null || (wrong = parameters.WhatIsMissing()) is not null)
        {
            Skip(id, wrong);
            return;
        }

        if (!SchemaImport.Closed(parameters.Schema(), _limits).TryGet(out var schema, out var fault))
        {
            Skip(id, fault.Message);
            return;
        }

        var notes = parameters.Notes.ToList();
        if (operation.TryGetProperty("callbacks", out _)) notes.Add("Requests of the API in answer to it are not received.");
        if (operation.TryGetProperty("deprecated", out var old) && old.ValueKind is JsonValueKind.True) notes.Add("Its document calls it deprecated.");
        if (CredentialsOf(operation) is { } credentials) notes.Add(credentials);
        var isRead = method is "GET" or "HEAD" or "OPTIONS";
        _tools.Add(new ToolDefinition(
            name, id, DescriptionOf(operation, place, notes), schema,
            isRead ? EffectClass.Read : EffectClass.Irreversible,
            // PUT and DELETE come to the same when they are repeated, unless somebody else has acted in between.
            isRead ? RepeatClass.Read : RepeatClass.Unsafe, Asks: !isRead)
        {
            Notes = [.. notes],
            Hints = JsonSerializer.SerializeToElement(new { method, path }, Json.Options),
            Binding = JsonSerializer.SerializeToElement(
                new ApiBinding(method, _address.AbsoluteUri.TrimEnd('/'), path, parameters.All, parameters.Body), Json.Options),
        });
    }

    private bool IsWanted(JsonElement operation, string id, string place)
    {
        if (_settings.Operations is { Count: > 0 } wanted && !wanted.Contains(id, StringComparer.Ordinal)
            && !wanted.Contains(place, StringComparer.Ordinal)) return false;
        if (_settings.Tags is not { Count: > 0 } tags) return true;
        return ListOf(operation, "tags") is { } own && own.EnumerateArray()
            .Any(tag => tag.ValueKind is JsonValueKind.String && tags.Contains(tag.GetString()!, StringComparer.Ordinal));
    }

    private string DescriptionOf(JsonElement operation, string place, List<string> notes)
    {
        var text = string.Join(
            "\n", new[] { TextOf(operation, "summary"), TextOf(operation, "description") }.OfType<string>().Distinct(StringComparer.Ordinal));
        var (clean, hidden) = PlainText.Clean(text.Length == 0 ? place : text);
        if (hidden > 0) notes.Add($"{hidden} characters that are not seen were taken out of its words.");
        if (clean.Length <= _limits.DescriptionLengthMax) return clean;
        notes.Add($"Its description has {clean.Length} characters and is cut.");
        return PlainText.Cut(clean, _limits.DescriptionLengthMax);
    }

    /// <summary>What is said of credentials that the connection does not name; null if there is nothing to say.</summary>
    private string? CredentialsOf(JsonElement operation)
    {
        if (!(operation.TryGetProperty("security", out var wanted) || _document.TryGetProperty("security", out wanted))
            || wanted.ValueKind is not JsonValueKind.Array || wanted.GetArrayLength() == 0) return null;
        var ways = new List<string>();
        foreach (var one in wanted.EnumerateArray())
        {
            if (one.ValueKind is not JsonValueKind.Object) continue;
            var parts = one.EnumerateObject().Take(4).Select(scheme => WordsOf(scheme.Name)).ToList();
            // One of the ways is to need none.
            if (parts.Count == 0) return null;
            ways.Add(string.Join(" and ", parts));
        }

        var words = string.Join(", or ", ways.Take(4));
        return _settings.Secret is { } secret
            ? $"It wants credentials: {words}. The secret '{secret}' is sent as the operator has set it up."
            : $"It wants credentials: {words}. The connection names no secret.";
    }

    private string WordsOf(string scheme)
    {
        if (SchemaImport.Resolve(_document, $"#/components/securitySchemes/{scheme.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}")
            is not { } found || Follow(found) is not { ValueKind: JsonValueKind.Object } it) return PlainText.Line(scheme, 40);
        return TextOf(it, "type") switch
        {
            "apiKey" => $"a key in the {PlainText.Line(TextOf(it, "in") ?? "header", 10)} '{PlainText.Line(TextOf(it, "name") ?? "", 60)}'",
            "http" => $"the header Authorization with '{PlainText.Line(TextOf(it, "scheme") ?? "", 20)}'",
            "oauth2" or "openIdConnect" => "an access token in the header Authorization",
            var other => PlainText.Line(other ?? scheme, 40),
        };
    }

    private JsonElement? Follow(JsonElement at) => ApiParameters.Follow(_document, at);

    private void Skip(string name, string reason)
    {
        if (_skipped.Count < _limits.ToolsMax) _skipped.Add(new SkippedTool(ConnectionFaults.Shown(name), reason));
    }
}
