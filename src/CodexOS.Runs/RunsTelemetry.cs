using System.Diagnostics;
using System.Diagnostics.Metrics;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs;

/// <summary>The engine's traces and measurements, under the name <c>CodexOS.Runs</c>.</summary>
internal static class RunsTelemetry
{
    private static readonly ActivitySource Source = new("CodexOS.Runs");
    private static readonly Meter Meter = new("CodexOS.Runs");

    private static readonly Counter<long> Batches =
        Meter.CreateCounter<long>("codexos.journal.batches", description: "Commits of the journal.");

    private static readonly Counter<long> Records =
        Meter.CreateCounter<long>("codexos.journal.records", description: "Events appended to the journal.");

    private static readonly Counter<long> Started =
        Meter.CreateCounter<long>("codexos.runs.started", description: "Runs started.");

    private static readonly Counter<long> Ended =
        Meter.CreateCounter<long>("codexos.runs.ended", description: "Runs ended, by status.");

    private static readonly Counter<long> Resumed =
        Meter.CreateCounter<long>("codexos.runs.resumed", description: "Runs taken over from another owner.");

    private static readonly Counter<long> Unowned =
        Meter.CreateCounter<long>("codexos.blobs.removed", description: "Stored contents removed that belonged to nobody.");

    private static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>(
        "codexos.step.duration", "s", "Time from the start of an effect to its end, by effect and outcome.");

    private static readonly Histogram<double> StepWait = Meter.CreateHistogram<double>(
        "codexos.step.wait", "s", "Time that a step waited for a place in its pool, by pool.");

    /// <summary>A step has been given a place.</summary>
    public static void StepWaited(string pool, TimeSpan waited) =>
        StepWait.Record(waited.TotalSeconds, new KeyValuePair<string, object?>("pool", pool));

    /// <summary>A commit of the journal.</summary>
    public static void Appended(int records)
    {
        Batches.Add(1);
        Records.Add(records);
    }

    /// <summary>A run has been started.</summary>
    public static void RunStarted(string kind) => Started.Add(1, new KeyValuePair<string, object?>("kind", kind));

    /// <summary>A run was taken over.</summary>
    public static void RunResumed() => Resumed.Add(1);

    /// <summary>A run has ended.</summary>
    public static void RunEnded(string kind, RunStatus status) =>
        Ended.Add(1, new("kind", kind), new("status", status.ToString()));

    /// <summary>Blobs were removed that belonged to nobody.</summary>
    public static void BlobsRemoved(int count) => Unowned.Add(count);

    /// <summary>A step has ended.</summary>
    public static void StepEnded(string effect, bool ok, TimeSpan duration) =>
        StepDuration.Record(duration.TotalSeconds, new("effect", effect), new("ok", ok));

    /// <summary>A span around the performance of one step.</summary>
    public static Activity? Step(EffectCall call, string effect)
    {
        var span = Source.StartActivity(effect);
        // Where no traces are sent there is a span all the same, for its id, and nobody reads its tags.
        if (span is not { IsAllDataRequested: true }) return span;
        span.SetTag("codexos.run", call.Run.ToString());
        span.SetTag("codexos.tenant", call.Tenant.ToString());
        span.SetTag("codexos.step", call.Step);
        return span;
    }
}
