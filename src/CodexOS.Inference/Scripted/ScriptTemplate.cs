using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CodexOS.Inference.Scripted;

/// <summary>Fills <c>{{ name }}</c> in what a script says and calls.</summary>
internal static partial class ScriptTemplate
{
    private const string MatchPrefix = "match.";

    private static readonly string[] Fixed = ["task", "turn", "last.text", "last.exitCode"];

    public static string Fill(string template, Situation situation, IReadOnlyDictionary<string, string> captures) =>
        Placeholder().Replace(template, found => Value(found.Groups["name"].Value, situation, captures));

    /// <summary>The same for arguments: every string in them is a template, everything else stays.</summary>
    public static JsonNode? Fill(object? value, Situation situation, IReadOnlyDictionary<string, string> captures) =>
        value switch
        {
            null => null,
            string text => JsonValue.Create(Fill(text, situation, captures)),
            IDictionary<object, object?> map => new JsonObject(map.Select(entry =>
                KeyValuePair.Create(entry.Key.ToString()!, Fill(entry.Value, situation, captures)))),
            IEnumerable<object?> list => new JsonArray([.. list.Select(item => Fill(item, situation, captures))]),
            bool flag => JsonValue.Create(flag),
            IFormattable number => JsonNode.Parse(number.ToString(null, CultureInfo.InvariantCulture)),
            _ => JsonValue.Create(value.ToString()),
        };

    /// <summary>
    /// The first placeholder that means nothing, given the names that conditions capture; null if all do.
    /// </summary>
    public static string? FindUnknown(string template, IReadOnlySet<string> captures) =>
        Placeholder().Matches(template)
            .Select(found => found.Groups["name"].Value)
            .FirstOrDefault(name => !Fixed.Contains(name, StringComparer.Ordinal)
                && !(name.StartsWith(MatchPrefix, StringComparison.Ordinal)
                    && captures.Contains(name[MatchPrefix.Length..])));

    private static string Value(string name, Situation situation, IReadOnlyDictionary<string, string> captures) =>
        name switch
        {
            "task" => situation.Task,
            "turn" => situation.Turn.ToString(CultureInfo.InvariantCulture),
            "last.text" => situation.Text,
            "last.exitCode" => situation.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "",
            _ => captures.GetValueOrDefault(name[MatchPrefix.Length..], ""),
        };

    [GeneratedRegex(
        @"\{\{\s*(?<name>[A-Za-z][A-Za-z0-9_.]*)\s*\}\}",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
