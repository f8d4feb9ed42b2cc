using System.Text.Json.Nodes;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>Which attributes of an entry were asked for; schemas and id are always there.</summary>
/// <param name="Only">Those alone, in lower case; none for all.</param>
/// <param name="Without">All but those.</param>
internal sealed record ScimAttributes(IReadOnlyList<string> Only, IReadOnlyList<string> Without)
{
    private const int LengthMax = 1_000;

    private static readonly string[] s_always = ["schemas", "id"];

    public bool AreAll => Only.Count == 0 && Without.Count == 0;

    /// <summary>Reads two lists. Of a part that is asked for, its whole attribute is given; an unwanted one stays.</summary>
    public static ScimAttributes Read(string? only, string? without) => new(
        [.. PathsIn(only).Select(static path => path.Attribute)],
        [.. PathsIn(without).Where(static path => path.Part is null).Select(static path => path.Attribute)]);

    public bool Has(string attribute) => s_always.Contains(attribute, StringComparer.Ordinal)
        || (!Without.Contains(attribute, StringComparer.OrdinalIgnoreCase)
            && (Only.Count == 0 || Only.Contains(attribute, StringComparer.OrdinalIgnoreCase)));

    public JsonObject Of(JsonObject entry)
    {
        foreach (var name in entry.Select(static member => member.Key).Where(name => !Has(name)).ToList()) entry.Remove(name);
        return entry;
    }

    private static IEnumerable<ScimPath> PathsIn(string? list)
    {
        if (list is not { Length: > 0 and <= LengthMax }) yield break;
        foreach (var name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            if (ScimPath.TryParse(name, out var path)) yield return path;
    }
}
