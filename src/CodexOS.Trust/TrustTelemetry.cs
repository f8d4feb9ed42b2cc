using System.Diagnostics.Metrics;

namespace CodexOS.Trust;

/// <summary>The module's measurements, under the name <c>CodexOS.Trust</c>.</summary>
internal static class TrustTelemetry
{
    private static readonly Meter Meter = new("CodexOS.Trust");

    private static readonly Counter<long> Sequenced = Meter.CreateCounter<long>(
        "codexos.audit.entries", "{entry}", "Entries that took their place in a log.");

    private static readonly Counter<long> RefusedEntries = Meter.CreateCounter<long>(
        "codexos.audit.refused", "{entry}", "Entries that could not be written, so that what they tell of was not done.");

    private static readonly Counter<long> Checkpoints = Meter.CreateCounter<long>(
        "codexos.audit.checkpoints", "{checkpoint}", "Checkpoints signed.");

    private static readonly Counter<long> FailedCopies = Meter.CreateCounter<long>(
        "codexos.audit.failed_copies", "{copy}", "Copies of checkpoints that a place outside of the database did not take.");

    private static readonly Counter<long> Findings = Meter.CreateCounter<long>(
        "codexos.audit.findings", "{finding}", "What verifications found wrong.");

    public static void CountSequenced(int entries) => Sequenced.Add(entries);

    public static void CountRefusedEntry() => RefusedEntries.Add(1);

    public static void CountCheckpoint() => Checkpoints.Add(1);

    public static void CountFailedCopy() => FailedCopies.Add(1);

    public static void CountFindings(int findings) => Findings.Add(findings);
}
