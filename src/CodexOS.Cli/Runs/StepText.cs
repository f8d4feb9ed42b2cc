using System.Text.Json;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Runs;

/// <summary>Says what a tool call is about, in a few words.</summary>
internal static class StepText
{
    private static readonly string[] s_telling =
        ["command", "code", "path", "pattern", "query", "sql", "patch", "message", "url", "name"];

    /// <summary>The argument that tells most, or all of them.</summary>
    public static string ArgumentsOf(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
            return arguments.ValueKind == JsonValueKind.Undefined ? "" : PlainText.LineOf(arguments.ToString());
        foreach (var name in s_telling)
        {
            if (arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String)
                return FirstLineOf(PlainText.Of(value.GetString()).Trim());
        }

        var all = arguments.EnumerateObject().Select(each => $"{each.Name}={each.Value}");
        return PlainText.LineOf(string.Join(' ', all));
    }

    /// <summary>What came out, from the tool's own data where the tool is known.</summary>
    public static string ResultOf(string tool, JsonElement data) => PlainText.LineOf(tool switch
    {
        _ when data.ValueKind != JsonValueKind.Object => "",
        "shell" or "python" or "node" => data.Flag("timedOut") ? "timed out" : $"exit {data.Number("exitCode")}",
        "git_diff" => $"{Format.Plural(data.Number("filesChanged"), "file")} "
            + $"+{data.Number("insertions")} −{data.Number("deletions")}",
        "edit_file" or "write_file" or "apply_patch" => Changes(data.Text("diff")),
        "run_tests" => data.TryGetProperty("total", out var total) && total.ValueKind == JsonValueKind.Number
            ? $"{data.Number("passed")} passed, {data.Number("failed")} failed, {data.Number("skipped")} skipped"
            : $"exit {data.Number("exitCode")}",
        "sql_query" => Count(data, "rows", "row", "rows"),
        "git_commit" => $"{Short(data.Text("commit"))} {Format.Plural(data.Number("filesChanged"), "file")}",
        "list_files" => Count(data, "entries", "entry", "entries"),
        "read_file" => $"lines {data.Number("startLine")}–{data.Number("startLine") + LinesOf(data) - 1} of "
            + $"{data.Number("totalLines")}",
        "search_files" => Count(data, "matches", "match", "matches") is { Length: > 0 } count ? count : Count(data, "files", "file", "files"),
        _ => "",
    });

    private static string Count(JsonElement data, string list, string noun, string nouns) =>
        data.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array
            ? (items.GetArrayLength() == 1 ? $"1 {noun}" : $"{items.GetArrayLength()} {nouns}")
            : "";

    private static string FirstLineOf(string text)
    {
        var end = text.IndexOf('\n');
        return end < 0 ? text : text[..end].TrimEnd() + " …";
    }

    private static string Changes(string? diff)
    {
        if (diff is null) return "";
        var (added, removed) = DiffText.Count(diff);
        return $"+{added} −{removed}";
    }

    private static string Short(string? commit) => commit is { Length: > 10 } ? commit[..10] : commit ?? "";

    private static long LinesOf(JsonElement data) =>
        data.TryGetProperty("lines", out var lines) && lines.ValueKind == JsonValueKind.Array
            ? lines.GetArrayLength()
            : data.Number("lines");
}
