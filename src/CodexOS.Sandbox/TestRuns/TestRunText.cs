using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Tools;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>Says what a run of tests came to, within limits, and never more than was reported.</summary>
internal static class TestRunText
{
    private const int FailuresMax = 50;
    private const int NameLengthMax = 400;
    private const int MessageLengthMax = 2_000;
    private const int MessagesLengthMax = 24_000;
    private const int OutputLengthMax = 8_000;
    private const int OutputLengthMaxWithoutReport = 28_000;

    /// <summary>The answer to the model and its data.</summary>
    public static ToolResult Answer(
        string runner, IReadOnlyList<string> others, SandboxExit exit, TimeSpan time, TestReport? report, SandboxOptions options)
    {
        var text = new StringBuilder($"[{runner}: {EndOf(exit, time, options)}, {exit.Duration.TotalSeconds:0.0} s]\n");
        if (others.Count > 0) text.Append($"[Also recognized here: {string.Join(", ", others)}. Choose with runner.]\n");
        if (report is null) text.Append("[No report of tests was understood, so there are no counts; this is what was written.]\n");
        else AppendCounts(text, report, exit);

        var failures = new List<DataFailure>();
        var left = MessagesLengthMax;
        foreach (var failure in report?.Failures.Take(FailuresMax) ?? [])
        {
            var message = Cut(failure.Message, Math.Min(MessageLengthMax, left));
            left -= message.Length;
            failures.Add(new DataFailure(Cut(failure.Name, NameLengthMax), failure.File, failure.Line, message));
            text.Append($"FAILED {failures[^1].Name}");
            if (failure.File is { } file) text.Append($"  {Cut(file, NameLengthMax)}{(failure.Line is { } line ? $":{line}" : "")}");
            text.Append('\n');
            foreach (var part in message.Split('\n')) text.Append("  ").Append(part.TrimEnd()).Append('\n');
        }

        var isCut = report is not null && (report.Failures.Count > FailuresMax || left <= 0);
        if (report is not null && report.Failures.Count > FailuresMax)
            text.Append($"[… and {report.Failures.Count - FailuresMax} more failures]\n");
        var output = report?.Output ?? exit.Output.Text;
        var shown = TailOf(output, report is null ? OutputLengthMaxWithoutReport : OutputLengthMax);
        text.Append("[output]\n").Append(shown);
        if (text[^1] != '\n') text.Append('\n');

        var data = new Data(
            runner,
            exit.ExitCode,
            exit.End == SandboxEnd.TimedOut,
            report?.Format,
            report?.Total,
            report?.Passed,
            report?.Failed,
            report?.Skipped,
            report?.Doubt,
            failures,
            shown,
            (long)exit.Duration.TotalMilliseconds);
        return WorkspaceTools.Answer(
            text.ToString(),
            data,
            isError: exit is not { End: SandboxEnd.Exited, ExitCode: 0 } || report is { Failed: > 0 },
            truncated: isCut || shown.Length < output.Length || exit.Output.IsTruncated || exit.Error.IsTruncated);
    }

    private static void AppendCounts(StringBuilder text, TestReport report, SandboxExit exit)
    {
        text.Append($"[{report.Total} tests: {report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped]\n");
        if (report.Doubt is { } doubt) text.Append($"[{doubt}]\n");
        if (report.Failed == 0 && exit is { End: SandboxEnd.Exited, ExitCode: not 0 })
            text.Append("[No test is reported as failed, but the runner says that it failed. See the output.]\n");
    }

    private static string EndOf(SandboxExit exit, TimeSpan time, SandboxOptions options) => exit.End switch
    {
        SandboxEnd.TimedOut => $"killed after {time.TotalSeconds:0} s",
        SandboxEnd.OutOfMemory => $"killed, it needed more than {options.MemoryBytesMax >> 20} MiB of memory",
        SandboxEnd.FolderTooLarge => "killed, the workspace grew beyond its limits; what the tests changed was discarded",
        _ => $"exit code {exit.ExitCode}",
    };

    private static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax) return text;
        var end = lengthMax > 0 && char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : Math.Max(0, lengthMax);
        return text[..end] + "…";
    }

    /// <summary>The end of an output, where runners say what matters.</summary>
    private static string TailOf(string output, int lengthMax)
    {
        if (output.Length <= lengthMax) return output;
        var from = output.Length - lengthMax;
        if (char.IsLowSurrogate(output[from])) from++;
        return $"[… {from} characters are left out here …]\n{output.AsSpan(from)}";
    }

    private sealed record Data(
        string Runner,
        int ExitCode,
        bool TimedOut,
        ReportFormat? Format,
        int? Total,
        int? Passed,
        int? Failed,
        int? Skipped,
        string? Doubt,
        IReadOnlyList<DataFailure> Failures,
        string Output,
        long DurationMs);

    private sealed record DataFailure(string Name, string? File, int? Line, string Message);
}
