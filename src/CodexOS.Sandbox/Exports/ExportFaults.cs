using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Exports;

/// <summary>What can be wrong with an export.</summary>
internal static class ExportFaults
{
    public static Fault BadStep { get; } = new(
        "sandbox.bad_export", FaultKind.Internal, "The step does not say what to pack. Start the export again.");

    public static Fault NotGranted { get; } = new(
        "sandbox.not_granted", FaultKind.NotAllowed, "The run may not read this workspace.");

    public static Fault VersionGone { get; } = new(
        "sandbox.version_gone",
        FaultKind.Conflict,
        "The workspace was changed so often meanwhile that the version that was being packed is gone. Start the export "
        + "again, or raise Sandbox:VersionsKept.");

    public static Fault NotFound { get; } = new(
        "sandbox.export_not_found", FaultKind.NotFound, "There is no such export. Start one for the workspace.");

    public static Fault NotReady { get; } = new(
        "sandbox.export_not_ready", FaultKind.Conflict, "The archive is not whole yet. Follow the run to its end first.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static Fault Failed { get; } = new(
        "sandbox.export_failed", FaultKind.Conflict, "The export did not come to its end, so there is no archive. See its run.");

    public static Fault Expired { get; } = new(
        "sandbox.export_expired", FaultKind.Gone, "The archive was kept for a while and is gone. Start the export again.");

    public static Fault PartMissing(int number) => new(
        "sandbox.export_part_missing",
        FaultKind.Conflict,
        $"Part {number} of the archive is gone or damaged. Start the export again.");

    public static Fault TooMany(int max, TimeSpan lifetime) => new(
        "sandbox.too_many_exports",
        FaultKind.LimitReached,
        $"{max} archives are kept already. Each goes {lifetime} after it was made; or raise Sandbox:ExportsPerTenantMax.");
}
