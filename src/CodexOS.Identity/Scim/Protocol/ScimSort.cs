using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>In which order a list is asked for (RFC 7644, section 3.4.2.3).</summary>
/// <param name="By">The attribute as the server writes it; null is the order in which entries were made.</param>
/// <param name="IsDescending">Whether the last comes first.</param>
internal sealed record ScimSort(string? By, bool IsDescending)
{
    private const int LengthMax = 200;

    /// <summary>Reads what was asked for.</summary>
    /// <param name="by">The attribute, in any case, with the schema before it or without.</param>
    /// <param name="order"><c>ascending</c>, which it is unless it says otherwise, or <c>descending</c>.</param>
    /// <param name="known">What can be sorted by.</param>
    public static Result<ScimSort> Read(string? by, string? order, IReadOnlyList<string> known)
    {
        if (by is not { Length: > 0 }) return new ScimSort(null, false);
        var isDescending = string.Equals(order, "descending", StringComparison.OrdinalIgnoreCase);
        if (!isDescending && order is { Length: > 0 } && !string.Equals(order, "ascending", StringComparison.OrdinalIgnoreCase))
            return ScimFaults.BadValue("sortOrder is ascending or descending.");
        var name = by.Length <= LengthMax && ScimPath.TryParse(by, out var path) && path.Selector is null
            ? path.Part is { } part ? $"{path.Attribute}.{part}" : path.Attribute
            : "";
        return known.FirstOrDefault(one => one.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found
            ? new ScimSort(found, isDescending)
            : ScimFaults.BadValue($"sortBy is one of these: {string.Join(", ", known)}.");
    }
}
