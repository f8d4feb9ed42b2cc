using System.Globalization;
using System.Text.Json;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>What people did to a run, and what it waits for, each in a line.</summary>
internal static class ControlText
{
    /// <summary>The line of an event, or null if it has none.</summary>
    public static (string Icon, string Text, Tone Tone)? Of(RunEvent happened)
    {
        var data = happened.Data;
        var by = data.Text("by");
        return happened.Kind switch
        {
            RunEventKinds.Paused => ("‖", $"paused by {by}{Because(data.Text("reason"))}", Tone.Warn),
            RunEventKinds.Resumed => ("✓", $"{by} let it go on", Tone.Info),
            RunEventKinds.Steered => ("»", $"{by}: {data.Text("message")}", Tone.Info),
            RunEventKinds.SignalReceived => ("»", $"{by} sent the signal {data.Text("signal")}", Tone.Info),
            RunEventKinds.SignalAwaited => (
                "…", $"waits for the signal {data.Text("signal")}{Until(data.Text("dueAt"))}", Tone.Info),
            RunEventKinds.SignalDelivered => ("✓", $"the signal {data.Text("signal")} is there", Tone.Dim),
            RunEventKinds.TimerStarted => ("…", $"sleeps{Until(data.Text("dueAt"))}", Tone.Info),
            RunEventKinds.StepParked => ("…", $"{data.Text("step")} waits for {data.Text("child")}", Tone.Info),
            RunEventKinds.RollbackRequested => (
                "↶", $"{by} rolls it back to event {data.Number("toSeq")}{Because(data.Text("note"))}", Tone.Warn),
            RunEventKinds.RolledBack => (
                "↶", $"rolled back: it is as it was after event {data.Number("toSeq")}", Tone.Warn),
            RunEventKinds.RollbackFailed => (
                "✗", $"not rolled back: {data.Text("step")} could not be undone: {data.Fault().Message}", Tone.Bad),
            RunEventKinds.Retried => ("↻", $"{by} tries it again{Because(data.Text("note"))}", Tone.Info),
            RunEventKinds.Forked => (
                "⑂", $"forked by {by} from {data.Text("from")} after event {data.Number("seq")}", Tone.Info),
            RunEventKinds.Upgraded => (
                "↑", $"goes on with version {data.Number("toVersion")} instead of {data.Number("fromVersion")}", Tone.Info),
            _ => null,
        };
    }

    /// <summary>How far something is.</summary>
    public static string ProgressOf(JsonElement progress)
    {
        var (done, total) = (progress.Number("done"), progress.Number("total"));
        var share = total > 0 ? $"{Format.Count(done)} of {Format.Count(total)}" : Format.Count(done);
        return $"{share} {progress.Text("unit")} {progress.Text("text")}".TrimEnd();
    }

    private static string Because(string? reason) => reason is { Length: > 0 } ? $": {reason}" : "";

    private static string Until(string? due) =>
        DateTimeOffset.TryParse(due, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? $" until {at.UtcDateTime.ToString("u", CultureInfo.InvariantCulture)}"
            : "";
}
