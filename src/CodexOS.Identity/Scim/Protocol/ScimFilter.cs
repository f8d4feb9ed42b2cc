using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>
/// Filters of lists (RFC 7644, section 3.4.2.2), as far as identity providers use them: conditions with <c>eq</c>, all of which
/// have to hold. Anything else is refused, since a filter that is misunderstood finds the wrong people.
/// </summary>
internal static class ScimFilter
{
    public const int LengthMax = 1_000;
    public const int ConditionsMax = 10;

    /// <summary>The conditions of a filter, by the attribute that each asks for; none without a filter.</summary>
    /// <param name="text">The filter as it came; null if there is none.</param>
    /// <param name="attributes">What can be asked for: <c>emails.value</c>.</param>
    public static Result<IReadOnlyList<(string Attribute, ScimCondition Condition)>> Parse(
        string? text, IReadOnlyList<string> attributes)
    {
        var conditions = new List<(string, ScimCondition)>();
        if (text is null) return conditions;
        if (text.Length > LengthMax) return ScimFaults.BadFilter($"It has more than {LengthMax} characters.");
        var reader = new ScimReader(text.Trim(' '));
        do
        {
            if (conditions.Count == ConditionsMax) return ScimFaults.BadFilter($"It has more than {ConditionsMax} conditions.");
            if (ScimCondition.Read(reader, maySelect: true) is not { } condition) return Unknown(attributes);
            if (condition.Text?.Contains('\0', StringComparison.Ordinal) is true)
                return ScimFaults.BadFilter("It has a character that no text here has.");
            if (AttributeOf(condition.Path, attributes) is not { } attribute) return Unknown(attributes);
            conditions.Add((attribute, condition));
            if (reader.IsAtEnd) return conditions;
        }
        while (reader.TakeSpaces() && reader.TakeWord().Equals("and", StringComparison.OrdinalIgnoreCase) && reader.TakeSpaces());

        return Unknown(attributes);
    }

    /// <summary>Whether a condition asks for true or false; of a word in quotes, as some providers write it, too.</summary>
    public static bool? FlagOf(ScimCondition condition) =>
        condition.Flag ?? (bool.TryParse(condition.Text, out var flag) ? flag : null);

    /// <summary>
    /// The name under which an attribute can be asked for. Of several values it is the values that are asked for; there is one
    /// address of each person here, so that its type selects nothing.
    /// </summary>
    private static string? AttributeOf(ScimPath path, IReadOnlyList<string> attributes)
    {
        var name = attributes.FirstOrDefault(one => Is(one, $"{path.Attribute}.{path.Part ?? "value"}"));
        if (name is not null) return path.Selector is null || IsOnlyAddress(path) ? name : null;
        return path is { Part: null, Selector: null } ? attributes.FirstOrDefault(one => Is(one, path.Attribute)) : null;
    }

    private static bool Is(string attribute, string name) => attribute.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool IsOnlyAddress(ScimPath path) =>
        path is { Attribute: "emails", Selector.Path: { Attribute: "type" or "primary", Part: null } };

    private static Fault Unknown(IReadOnlyList<string> attributes) => ScimFaults.BadFilter(
        $"Compare {string.Join(", ", attributes)} by eq with a text in quotes, true or false, and join conditions by and.");
}
