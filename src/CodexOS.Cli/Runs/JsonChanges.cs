using System.Text.Json;

namespace CodexOS.Cli.Runs;

/// <summary>One difference between two JSON values.</summary>
/// <param name="Path">Where it is, for instance <c>steps[t1].phase</c>.</param>
/// <param name="Before">What was there; null if nothing.</param>
/// <param name="After">What is there now; null if nothing.</param>
internal sealed record JsonChange(string Path, JsonElement? Before, JsonElement? After);

/// <summary>
/// Compares JSON values by what they mean: the order of members is nothing, items of a list that have a name are compared
/// with the item of that name, and what both lists begin and end with is no difference.
/// </summary>
internal static class JsonChanges
{
    private static readonly string[] s_names = ["step", "callId", "id", "name"];

    public static IEnumerable<JsonChange> Between(JsonElement before, JsonElement after, string path = "") =>
        (before.ValueKind, after.ValueKind) switch
        {
            (JsonValueKind.Object, JsonValueKind.Object) => Members(before, after, path),
            (JsonValueKind.Array, JsonValueKind.Array) =>
                Items([.. before.EnumerateArray()], [.. after.EnumerateArray()], path),
            _ when JsonElement.DeepEquals(before, after) => [],
            _ => [new JsonChange(path, before, after)],
        };

    private static IEnumerable<JsonChange> Members(JsonElement before, JsonElement after, string path)
    {
        foreach (var member in before.EnumerateObject())
        {
            var inner = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (!after.TryGetProperty(member.Name, out var now)) yield return new JsonChange(inner, member.Value, null);
            else foreach (var change in Between(member.Value, now, inner)) yield return change;
        }

        foreach (var member in after.EnumerateObject().Where(each => !before.TryGetProperty(each.Name, out _)))
            yield return new JsonChange(path.Length == 0 ? member.Name : $"{path}.{member.Name}", null, member.Value);
    }

    private static IEnumerable<JsonChange> Items(JsonElement[] before, JsonElement[] after, string path)
    {
        foreach (var name in s_names)
        {
            if (before.Length + after.Length > 0 && ByName(before, name) is { } one && ByName(after, name) is { } other)
                return Named(one, other, path);
        }

        return Placed(before, after, path);
    }

    private static IEnumerable<JsonChange> Named(
        Dictionary<string, JsonElement> before, Dictionary<string, JsonElement> after, string path)
    {
        foreach (var (name, value) in before)
        {
            var inner = $"{path}[{name}]";
            if (!after.TryGetValue(name, out var now)) yield return new JsonChange(inner, value, null);
            else foreach (var change in Between(value, now, inner)) yield return change;
        }

        foreach (var (name, value) in after.Where(each => !before.ContainsKey(each.Key)))
            yield return new JsonChange($"{path}[{name}]", null, value);
    }

    private static IEnumerable<JsonChange> Placed(JsonElement[] before, JsonElement[] after, string path)
    {
        var shorter = Math.Min(before.Length, after.Length);
        var from = 0;
        while (from < shorter && JsonElement.DeepEquals(before[from], after[from])) from++;
        var end = 0;
        while (end < shorter - from && JsonElement.DeepEquals(before[^(end + 1)], after[^(end + 1)])) end++;
        for (var i = from; i < Math.Max(before.Length, after.Length) - end; i++)
        {
            var inner = $"{path}[{i}]";
            if (i >= before.Length - end) yield return new JsonChange(inner, null, after[i]);
            else if (i >= after.Length - end) yield return new JsonChange(inner, before[i], null);
            else foreach (var change in Between(before[i], after[i], inner)) yield return change;
        }
    }

    /// <summary>The items by a member that names each of them, or null if it does not.</summary>
    private static Dictionary<string, JsonElement>? ByName(JsonElement[] items, string name)
    {
        var named = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item.Text(name) is not { } text || !named.TryAdd(text, item)) return null;
        }

        return named;
    }
}
