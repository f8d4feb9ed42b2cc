using System.Text.RegularExpressions;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>Reads the reports of runners that only write text for people. Counts are those that the runner states.</summary>
internal static partial class TextReports
{
    /// <summary>What Python's unittest writes; null if its summary is missing.</summary>
    public static TestReport? ReadUnittest(string text)
    {
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        if (Ran().Matches(text) is not [.., var ran]) return null;
        var summary = UnittestSummary().Match(text, ran.Index + ran.Length);
        if (!summary.Success) return null;
        var counts = Counts().Matches(summary.Groups["counts"].Value)
            .ToDictionary(static it => it.Groups["name"].Value.Trim(), static it => int.Parse(it.Groups["count"].ValueSpan));
        var failed = Of("failures") + Of("errors") + Of("unexpected successes");
        var skipped = Of("skipped") + Of("expected failures");
        var failures = new List<TestFailure>();
        var tests = new HashSet<string>();
        foreach (var block in text[..ran.Index].Split(UnittestRule).Skip(1))
        {
            var (heading, details) = Halves(block.TrimStart('\n'), "\n" + UnittestLine);
            if (UnittestHeading().Match(heading) is not { Success: true } match) continue;
            var name = match.Groups["name"].Value.Trim();
            var whole = match.Groups["id"].Value;
            tests.Add(whole);
            details = details.Trim('\n', '-');
            failures.Add(TestFailure.Of(
                name, LastMessage(details) is { Length: > 0 } message ? message : match.Groups["kind"].Value.ToLowerInvariant(), details));
        }

        // Subtests fail one by one, but their test was run once.
        var total = int.Parse(ran.Groups["count"].ValueSpan);
        var testsFailed = failures.Count == failed ? tests.Count : Math.Min(failed, total);
        return new TestReport(ReportFormat.Unittest, Math.Max(0, total - testsFailed - skipped), skipped, failures)
        {
            Failed = failed,
            Doubt = failures.Count < failed ? $"Of {failed} failures, {failures.Count} are described in what was kept." : null,
        };

        int Of(string name) => counts.GetValueOrDefault(name);
    }

    /// <summary>What Rust's test harness writes, once for each program; null if no summary is there.</summary>
    public static TestReport? ReadCargo(string text)
    {
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        var (passed, failed, skipped, isCargo) = (0, 0, 0, false);
        foreach (Match summary in CargoSummary().Matches(text))
        {
            isCargo = true;
            passed += int.Parse(summary.Groups["passed"].ValueSpan);
            failed += int.Parse(summary.Groups["failed"].ValueSpan);
            skipped += int.Parse(summary.Groups["ignored"].ValueSpan);
        }

        if (!isCargo) return null;
        var failures = new List<TestFailure>();
        var headings = CargoHeading().Matches(text);
        for (var i = 0; i < headings.Count; i++)
        {
            var from = headings[i].Index + headings[i].Length;
            var end = text.IndexOf("\nfailures:\n", from, StringComparison.Ordinal);
            if (i + 1 < headings.Count && (end < 0 || headings[i + 1].Index < end)) end = headings[i + 1].Index;
            var details = (end < 0 ? text[from..] : text[from..end]).Trim();
            var backtrace = details.IndexOf("\nstack backtrace:", StringComparison.Ordinal);
            var message = backtrace < 0 ? details : details[..backtrace];
            failures.Add(TestFailure.Of(headings[i].Groups["name"].Value, message, message));
        }

        return new TestReport(ReportFormat.Cargo, passed, skipped, failures)
        {
            Failed = failed,
            Doubt = failures.Count < failed ? $"Of {failed} failures, {failures.Count} are described in what was kept." : null,
        };
    }

    private const string UnittestRule = "======================================================================\n";
    private const string UnittestLine = "----------------------------------------------------------------------\n";

    private static (string First, string Second) Halves(string text, string at)
    {
        var index = text.IndexOf(at, StringComparison.Ordinal);
        return index < 0 ? (text, "") : (text[..index], text[(index + at.Length)..]);
    }

    /// <summary>What follows the last line of a traceback that tells of a call.</summary>
    private static string LastMessage(string details)
    {
        var lines = details.Split('\n');
        var last = Array.FindLastIndex(lines, static line => line.StartsWith("  ", StringComparison.Ordinal));
        return last < 0 ? details : string.Join('\n', lines[(last + 1)..]).Trim();
    }

    [GeneratedRegex(@"^Ran (?<count>[0-9]{1,9}) tests? in ", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex Ran();

    [GeneratedRegex(
        @"^(OK|FAILED|NO TESTS RAN)( \((?<counts>[^)\n]*)\))?$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex UnittestSummary();

    [GeneratedRegex(@"(?<name>[a-z ]+)=(?<count>[0-9]{1,9})", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Counts();

    [GeneratedRegex(
        @"^(?<kind>ERROR|FAIL|UNEXPECTED SUCCESS): (?<name>(?<id>[^\s(]+( \([^)]*\))?)[^\n]*)",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UnittestHeading();

    [GeneratedRegex(
        @"^test result: (ok|FAILED)\. (?<passed>[0-9]{1,9}) passed; (?<failed>[0-9]{1,9}) failed; (?<ignored>[0-9]{1,9}) ignored;",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex CargoSummary();

    [GeneratedRegex(
        @"^---- (?<name>.+) stdout ----$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    private static partial Regex CargoHeading();
}
