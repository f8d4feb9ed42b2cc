using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text.Json;
using CodexOS.Tools.Connections;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// Tells how to go on where an answer is a page: what the header <c>Link</c> or well-known members of the answer say, in terms
/// of the operation's own arguments. It is a hint; nothing is asked by itself.
/// </summary>
internal static class ApiPaging
{
    private const int ValueLengthMax = 500;

    private static readonly string[] s_pages = ["page", "page_number", "pageNumber", "p"];
    private static readonly string[] s_offsets = ["offset", "skip", "start"];
    private static readonly string[] s_cursors =
        ["cursor", "page_token", "pageToken", "after", "starting_after", "next_token", "nextToken", "continuation", "next", "marker"];

    private static readonly string[] s_next =
        ["next_cursor", "nextCursor", "next_page_token", "nextPageToken", "nextToken", "next_token", "cursor", "next"];

    private static readonly string[] s_more = ["has_more", "hasMore", "has_next", "hasNextPage", "more"];

    /// <summary>A sentence, or null if nothing says that there is more.</summary>
    public static string? Hint(ApiBinding binding, HttpResponseHeaders headers, JsonElement answer)
    {
        var query = binding.Parameters.Where(static it => it.Place is ApiPlace.Query).ToImmutableArray();
        if (NextLink(headers) is { } link && Arguments(query, link) is { Length: > 0 } given)
            return $"[There is more. Call again with {given}.]";
        if (answer.ValueKind is not JsonValueKind.Object) return null;
        foreach (var holder in (IEnumerable<JsonElement>)[answer, .. Inner(answer)])
        {
            foreach (var name in s_next)
            {
                if (!holder.TryGetProperty(name, out var next)
                    || next.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)) continue;
                var value = PlainText.Line(next.ToString(), ValueLengthMax);
                if (value.Length == 0) continue;
                if (value.Contains('?', StringComparison.Ordinal) && Arguments(query, value) is { Length: > 0 } parts)
                    return $"[There is more. Call again with {parts}.]";
                if (Named(query, s_cursors) is { } cursor) return $"[There is more. Call again with {cursor.Argument}={value}.]";
            }

            if (s_more.Any(name => holder.TryGetProperty(name, out var more) && more.ValueKind is JsonValueKind.True)
                && (Named(query, s_pages) ?? Named(query, s_offsets) ?? Named(query, s_cursors)) is { } pages)
                return $"[There is more. Call again with the next {pages.Argument}.]";
        }

        return null;
    }

    private static IEnumerable<JsonElement> Inner(JsonElement answer) =>
        ((string[])["meta", "pagination", "paging", "page_info", "pageInfo", "links", "_links", "response_metadata"])
            .Where(name => answer.TryGetProperty(name, out var inner) && inner.ValueKind is JsonValueKind.Object)
            .Select(name => answer.GetProperty(name));

    private static ApiParameter? Named(ImmutableArray<ApiParameter> query, string[] names) =>
        names.Select(name => query.FirstOrDefault(it => it.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(static it => it is not null);

    /// <summary>The address behind <c>rel="next"</c>.</summary>
    private static string? NextLink(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("Link", out var values)) return null;
        foreach (var part in string.Join(',', values).Split(",", StringSplitOptions.TrimEntries).Take(20))
        {
            var end = part.IndexOf('>', StringComparison.Ordinal);
            if (part.Length == 0 || part[0] != '<' || end < 0) continue;
            var after = part[(end + 1)..].Replace(" ", "", StringComparison.Ordinal);
            if (after.Contains(";rel=\"next\"", StringComparison.OrdinalIgnoreCase) || after.Contains(";rel=next", StringComparison.OrdinalIgnoreCase))
                return part[1..end];
        }

        return null;
    }

    /// <summary>What of a query is an argument of the operation and has to do with pages.</summary>
    private static string Arguments(ImmutableArray<ApiParameter> query, string address)
    {
        var at = address.IndexOf('?', StringComparison.Ordinal);
        if (at < 0) return "";
        var words = new List<string>();
        foreach (var pair in address[(at + 1)..].Split('&').Take(50))
        {
            var parts = pair.Split('=', 2);
            var name = Uri.UnescapeDataString(parts[0]);
            if (query.FirstOrDefault(it => it.Name == name) is not { } parameter) continue;
            if (!s_pages.Concat(s_offsets).Concat(s_cursors).Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            var value = parts.Length > 1 ? Uri.UnescapeDataString(parts[1].Replace('+', ' ')) : "";
            words.Add($"{parameter.Argument}={PlainText.Line(value, ValueLengthMax)}");
        }

        return string.Join(", ", words);
    }
}
