using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Privacy;

/// <summary>What can be wrong with exports, erasures, retention and rotations of keys.</summary>
internal static class PrivacyFaults
{
    public static Fault SubjectNotFound { get; } = new(
        "privacy.subject_not_found", FaultKind.NotFound, "Your tenant knows nobody of this id. GET /api/v1/members lists its people.");

    public static Fault BadStep { get; } = new(
        "privacy.bad_step", FaultKind.Internal, "The step does not say whom it is about. Start it again.");

    public static Fault NotGranted { get; } = new(
        "privacy.not_granted", FaultKind.NotAllowed, "The run was not started for this person.");

    public static Fault NotGrantedKeys { get; } = new(
        "privacy.not_granted", FaultKind.NotAllowed, "The run was not started to rotate keys.");

    public static Fault RotationNotFound { get; } = new(
        "keys.rotation_not_found", FaultKind.NotFound, "There is no such rotation. GET /api/v1/keys/rotations lists them.");

    public static Fault ExportNotFound { get; } = new(
        "privacy.export_not_found", FaultKind.NotFound, "There is no such export. Start one for the person.");

    public static Fault ExportNotReady { get; } = new(
        "privacy.export_not_ready", FaultKind.Conflict, "The archive is not whole yet. Follow the run to its end first.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static Fault ExportFailed { get; } = new(
        "privacy.export_failed", FaultKind.Conflict, "The export did not come to its end, so there is no archive. See its run.");

    public static Fault ExportExpired { get; } = new(
        "privacy.export_expired", FaultKind.Gone, "The archive was kept for a while and is gone. Start the export again.");

    public static Fault ExportDamaged { get; } = new(
        "privacy.export_damaged", FaultKind.Internal, "The archive is damaged or belongs elsewhere. Start the export again.");

    public static Fault ErasureNotFound { get; } = new(
        "privacy.erasure_not_found", FaultKind.NotFound, "There is no such erasure.");

    public static Fault NotConfirmed { get; } = new(
        "privacy.not_confirmed",
        FaultKind.Invalid,
        "confirm must be the address of the person, or their id where your tenant does not know the address: an erasure cannot be undone.");

    public static Fault BadKind { get; } = new(
        "privacy.bad_retention_kind", FaultKind.NotFound, "There is no such kind of data. GET /api/v1/privacy/retention lists them.");

    public static Fault RotationBusy(RunId? run)
    {
        var busy = new Fault(
            "keys.rotation_busy", FaultKind.Conflict,
            $"Keys are being rotated{(run is { } by ? $" by {by}" : "")}. Follow that run to its end, or cancel it, and try again.");
        return run is { } named ? busy.With("run", named.ToString()) : busy;
    }

    public static Fault TooLarge(long most) => new(
        "privacy.export_too_large",
        FaultKind.TooLarge,
        $"There is more than {most} bytes of data about this person. The operator can raise Privacy:ExportBytesMax.");

    public static Fault TooMany(int most) => new(
        "privacy.too_many_exports",
        FaultKind.LimitReached,
        $"{most} archives are kept already. Each goes after Privacy:ExportLifetime; or raise Privacy:ExportsMax.");

    public static Fault BadDays(int least, int most) => new(
        "privacy.bad_retention", FaultKind.Invalid, $"days must be between {least} and {most}.");
}
