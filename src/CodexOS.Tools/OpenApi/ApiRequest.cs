using System.Collections.Immutable;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// Makes the request of a call: each argument is written where its parameter belongs and nowhere else. The address that comes
/// out is compared with what was put together, so that no reader of addresses makes another one of it.
/// </summary>
internal static class ApiRequest
{
    private const int AddressLengthMax = 16_000;
    private const int HeaderLengthMax = 4_000;

    /// <summary>The request, or <c>openapi.bad_value</c>.</summary>
    public static Result<HttpRequestMessage> Of(ApiBinding binding, JsonElement arguments)
    {
        var basis = new Uri(binding.Address);
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        var query = new List<string>();
        var headers = new List<(string Name, string Value)>();
        foreach (var parameter in binding.Parameters)
        {
            if (!arguments.TryGetProperty(parameter.Argument, out var value)
                || (value.ValueKind is JsonValueKind.Null && parameter.Place is not ApiPlace.Path)) continue;
            switch (parameter.Place)
            {
                case ApiPlace.Path:
                    if (Plain(parameter, value, static text => ApiTemplate.Encode(text)) is not { Length: > 0 } segment)
                        return Bad(parameter, "is empty, or would lead to another path");
                    paths[parameter.Name] = segment;
                    break;
                case ApiPlace.Query:
                    query.AddRange(Pairs(parameter, value));
                    break;
                default:
                    var line = Plain(parameter, value, static text => text)!;
                    if (line.Length > HeaderLengthMax || line.Any(static character => character is < ' ' or > '~'))
                        return Bad(parameter, "holds characters that cannot stand in a header, or is too long");
                    headers.Add((parameter.Name, line));
                    break;
            }
        }

        if (ApiTemplate.Fill(binding.Path, paths.GetValueOrDefault) is not { } path)
            return BadPath;
        var whole = basis.AbsolutePath.TrimEnd('/') + path;
        var text = $"{basis.Scheme}://{basis.Host}:{basis.Port}{whole}{(query.Count == 0 ? "" : $"?{string.Join('&', query)}")}";
        if (text.Length > AddressLengthMax) return TooLong;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme != basis.Scheme
            || address.Host != basis.Host || address.Port != basis.Port || address.AbsolutePath != whole
            || address.Fragment.Length > 0 || address.UserInfo.Length > 0)
        {
            return BadPath;
        }

        var request = new HttpRequestMessage(new HttpMethod(binding.Method), address);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (binding.Body is { } body && arguments.TryGetProperty(body.Argument, out var sent))
            request.Content = ContentOf(body, sent);
        return request;
    }

    private static ByteArrayContent ContentOf(ApiBody body, JsonElement sent)
    {
        var text = body.MediaType switch
        {
            ApiBody.Form => string.Join(
                '&', sent.EnumerateObject().SelectMany(static member => FormPairs(member.Name, member.Value))),
            _ when body.MediaType.StartsWith("text/", StringComparison.Ordinal) => Text(sent),
            _ => sent.GetRawText(),
        };
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue(body.MediaType);
        return content;
    }

    private static IEnumerable<string> FormPairs(string name, JsonElement value) => value.ValueKind is JsonValueKind.Array
        ? value.EnumerateArray().Select(item => Pair(name, Text(item)))
        : [Pair(name, Text(value))];

    /// <summary>What a parameter comes to in the query.</summary>
    private static IEnumerable<string> Pairs(ApiParameter parameter, JsonElement value)
    {
        var name = parameter.Name;
        if (parameter.Style is ApiStyle.Json) return [Pair(name, value.GetRawText())];
        if (value.ValueKind is JsonValueKind.Array)
        {
            var items = value.EnumerateArray().Select(Text).ToList();
            if (parameter.Explode || parameter.Style is ApiStyle.DeepObject) return items.Select(item => Pair(name, item));
            // What separates is written as it is; what is between is encoded.
            var mark = parameter.Style switch { ApiStyle.SpaceDelimited => "%20", ApiStyle.PipeDelimited => "%7C", _ => "," };
            return [$"{Uri.EscapeDataString(name)}={string.Join(mark, items.Select(Uri.EscapeDataString))}"];
        }

        if (value.ValueKind is not JsonValueKind.Object) return [Pair(name, Text(value))];
        if (parameter.Style is ApiStyle.DeepObject) return value.EnumerateObject().SelectMany(member => Deep($"{name}[{member.Name}]", member.Value));
        if (parameter.Explode) return value.EnumerateObject().Select(static member => Pair(member.Name, Text(member.Value)));
        var parts = value.EnumerateObject().SelectMany(static member => new[] { member.Name, Text(member.Value) });
        return [$"{Uri.EscapeDataString(name)}={string.Join(',', parts.Select(Uri.EscapeDataString))}"];
    }

    private static IEnumerable<string> Deep(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Deep($"{name}[{member.Name}]", member.Value)),
        JsonValueKind.Array => value.EnumerateArray().Select(item => Pair(name, Text(item))),
        _ => [Pair(name, Text(value))],
    };

    /// <summary>A value with commas between its members, each written by a function; null if one cannot be.</summary>
    private static string? Plain(ApiParameter parameter, JsonElement value, Func<string, string?> write)
    {
        if (parameter.Style is ApiStyle.Json) return write(value.GetRawText());
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                var items = value.EnumerateArray().Select(item => write(Text(item))).ToList();
                return items.Contains(null) ? null : string.Join(',', items);
            case JsonValueKind.Object:
                var members = value.EnumerateObject()
                    .Select(member => (Name: write(member.Name), Value: write(Text(member.Value)))).ToList();
                if (members.Exists(static member => member.Name is null || member.Value is null)) return null;
                return string.Join(',', members.Select(member => $"{member.Name}{(parameter.Explode ? '=' : ',')}{member.Value}"));
            default:
                return write(Text(value));
        }
    }

    private static string Pair(string name, string value) => $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number when value.TryGetInt64(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };

    private static Fault Bad(ApiParameter parameter, string why) => new(
        "openapi.bad_value", FaultKind.Invalid, $"The request was not made: '{parameter.Argument}' {why}. Give another value.");

    private static Fault BadPath { get; } = new(
        "openapi.bad_value", FaultKind.Invalid, "The request was not made: what fills its path is missing, or would lead to another one.");

    private static Fault TooLong { get; } = new(
        "openapi.bad_value", FaultKind.Invalid, $"The request was not made: its address would have more than {AddressLengthMax} characters.");
}
