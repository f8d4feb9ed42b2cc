using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>
/// Reads the Test Anything Protocol ("TAP specification", version 14, and the versions 12 and 13 before it). A test with
/// subtests is not counted beside them, unless it failed and none of them did. A text with neither version nor plan is none:
/// other programs write "ok" too.
/// </summary>
internal sealed partial class TapReport
{
    private const int IndentOfSubtest = 4;
    private const int LevelsMax = 64;
    private readonly List<Level> _levels = [new Level()];
    private readonly List<TestFailure> _failures = [];
    private int _passed;
    private int _skipped;
    private bool _isTap;
    private string? _doubt;

    private TapReport()
    {
    }

    /// <summary>The report in a text; null if the text is none.</summary>
    public static TestReport? Read(string text)
    {
        var reader = new TapReport();
        var lines = text.Split('\n');
        for (var at = 0; at < lines.Length; at++)
        {
            var line = lines[at].TrimEnd('\r');
            var indent = line.Length - line.TrimStart(' ').Length;
            if (indent % IndentOfSubtest == 0 && indent / IndentOfSubtest < LevelsMax)
                at = reader.Take(line[indent..], indent, lines, at);
        }

        reader.CloseDownTo(0);
        reader.CheckPlan(reader._levels[0]);
        return reader._isTap
            ? new TestReport(ReportFormat.Tap, reader._passed, reader._skipped, reader._failures) { Doubt = reader._doubt }
            : null;
    }

    /// <summary>Takes a line; returns the last one that belongs to it.</summary>
    private int Take(string line, int indent, string[] lines, int at)
    {
        var depth = indent / IndentOfSubtest;
        if (line.StartsWith("TAP version ", StringComparison.Ordinal)) _isTap = true;
        if (line.StartsWith("Bail out!", StringComparison.Ordinal))
        {
            _doubt ??= $"The tests were given up: {line["Bail out!".Length..].Trim()}";
            return at;
        }

        var comment = Subtest().Match(line);
        if (comment.Success)
        {
            LevelAt(depth).NextName = comment.Groups["name"].Value.Trim();
            return at;
        }

        var plan = Plan().Match(line);
        if (plan.Success)
        {
            var level = LevelAt(depth);
            level.Planned = int.Parse(plan.Groups["count"].ValueSpan);
            _isTap = true;
            return at;
        }

        var point = Point().Match(line);
        return point.Success ? TakePoint(point, depth, lines, at) : at;
    }

    private int TakePoint(Match point, int depth, string[] lines, int at)
    {
        // What was deeper are the subtests of this one.
        var failuresBefore = _failures.Count;
        var inner = depth + 1 < _levels.Count ? _levels[depth + 1] : null;
        if (inner is not null)
        {
            failuresBefore = inner.FailuresBefore;
            CloseDownTo(depth);
        }

        var level = LevelAt(depth);
        level.Points++;
        level.NextName = null;
        var name = Unescape(point.Groups["name"].Value.Trim());
        var directive = point.Groups["directive"].Value;
        var (yaml, end) = ReadYaml(lines, at + 1, depth * IndentOfSubtest);
        var isOk = !point.Groups["not"].Success;
        if (directive.Length > 0)
        {
            if (inner is null or { Points: 0 }) _skipped++;
            return end;
        }

        var isParent = inner is { Points: > 0 };
        if (isOk)
        {
            if (!isParent) _passed++;
            return end;
        }

        if (isParent && _failures.Count > failuresBefore) return end;
        var groups = _levels.Take(depth).Select(static each => each.NextName).OfType<string>();
        var full = string.Join(" > ", [.. groups, name.Length > 0 ? name : $"test {point.Groups["number"].Value}"]);
        _failures.Add(FailureOf(full, yaml));
        return end;
    }

    private static TestFailure FailureOf(string name, Dictionary<string, string> yaml)
    {
        var message = yaml.GetValueOrDefault("error") ?? yaml.GetValueOrDefault("message") ?? "";
        var stack = yaml.GetValueOrDefault("stack") ?? yaml.GetValueOrDefault("at") ?? "";
        var location = Location().Match(yaml.GetValueOrDefault("location") ?? "");
        var (file, line) = location.Success
            ? (location.Groups["path"].Value, int.Parse(location.Groups["line"].ValueSpan))
            : (yaml.GetValueOrDefault("file"), int.TryParse(yaml.GetValueOrDefault("line"), out var number) ? number : (int?)null);
        return TestFailure.Of(name, message, stack, file, line);
    }

    /// <summary>The texts of a YAML block, by name; of the values, plain ones, quoted ones and literal blocks.</summary>
    private static (Dictionary<string, string> Texts, int End) ReadYaml(string[] lines, int at, int indent)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (at >= lines.Length || lines[at].Trim() != "---") return (texts, at - 1);
        var margin = lines[at].Length - lines[at].TrimStart(' ').Length;
        if (margin <= indent) return (texts, at - 1);
        for (at++; at < lines.Length; at++)
        {
            var line = lines[at].TrimEnd('\r');
            if (line.Trim() == "..." && line.Length - line.TrimStart(' ').Length == margin) return (texts, at);
            var match = YamlEntry().Match(line);
            if (!match.Success) continue;
            var (name, value) = (match.Groups["name"].Value, match.Groups["value"].Value.Trim());
            var depth = match.Groups["margin"].Length;
            if (value is "|" or "|-" or ">" or ">-" or "|+")
            {
                var block = new StringBuilder();
                while (at + 1 < lines.Length && IsInside(lines[at + 1], depth)) block.Append(lines[++at].Trim()).Append('\n');
                value = block.ToString();
            }
            else if (value is ['\'', .., '\''])
            {
                value = value[1..^1].Replace("''", "'", StringComparison.Ordinal);
            }
            else if (value is ['"', .., '"'])
            {
                value = value[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);
            }

            texts.TryAdd(name, value);
        }

        return (texts, at - 1);
    }

    private static bool IsInside(string line, int depth)
    {
        var text = line.TrimEnd('\r');
        return text.Trim().Length == 0 || text.Length - text.TrimStart(' ').Length > depth;
    }

    private Level LevelAt(int depth)
    {
        CloseDownTo(depth);
        while (_levels.Count <= depth) _levels.Add(new Level { FailuresBefore = _failures.Count });
        return _levels[depth];
    }

    private void CloseDownTo(int depth)
    {
        for (var last = _levels.Count - 1; last > depth; last--)
        {
            CheckPlan(_levels[last]);
            _levels.RemoveAt(last);
        }
    }

    private void CheckPlan(Level level)
    {
        if (level.Planned is { } planned && planned != level.Points)
            _doubt ??= $"{planned} tests were planned and {level.Points} reported.";
        else if (level.Planned is null && level.Points > 0 && level == _levels[0])
            _doubt ??= "The plan is missing, so tests may be missing too.";
    }

    private static string Unescape(string text) =>
        text.Replace("\\#", "#", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);

    private sealed class Level
    {
        public int Points { get; set; }

        public int? Planned { get; set; }

        public int FailuresBefore { get; init; }

        public string? NextName { get; set; }
    }

    [GeneratedRegex(@"^# Subtest(: (?<name>.*))?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Subtest();

    [GeneratedRegex(@"^1\.\.(?<count>[0-9]{1,9})(\s+#.*)?\s*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Plan();

    [GeneratedRegex(
        @"^(?<not>not )?ok\b\s*(?<number>[0-9]{1,9})?\s*(- )?(?<name>.*?)(\s*#\s*(?<directive>(?i:skip|todo))\b.*)?(\s*\{\s*)?$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Point();

    [GeneratedRegex(@"^(?<path>.+?):(?<line>[0-9]{1,9})(:[0-9]+)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Location();

    [GeneratedRegex(@"^(?<margin> *)(?<name>[A-Za-z_]+): *(?<value>.*)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex YamlEntry();
}
