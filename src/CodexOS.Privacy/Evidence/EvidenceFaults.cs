using CodexOS.Platform.Faults;

namespace CodexOS.Privacy.Evidence;

/// <summary>What can be wrong with bundles of evidence.</summary>
internal static class EvidenceFaults
{
    public static Fault BadStep { get; } = new(
        "evidence.bad_step", FaultKind.Internal, "The step does not say which period it is about. Start a new bundle.");

    public static Fault NotGranted { get; } = new(
        "evidence.not_granted", FaultKind.NotAllowed, "The run was not started for this period.");

    public static Fault NotFound { get; } = new(
        "evidence.not_found", FaultKind.NotFound, "There is no such bundle. GET /api/v1/evidence/bundles lists those that are kept.");

    public static Fault NotReady { get; } = new(
        "evidence.not_ready", FaultKind.Conflict, "The bundle is not whole yet. Follow the run to its end first.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static Fault Failed { get; } = new(
        "evidence.failed", FaultKind.Conflict, "The run did not come to its end, so there is no bundle. See the run.");

    public static Fault Expired { get; } = new(
        "evidence.expired", FaultKind.Gone, "The bundle was kept for a while and is gone. Make another one.");

    public static Fault Damaged { get; } = new(
        "evidence.damaged", FaultKind.Internal, "A part of the stored bundle is missing or damaged. Make another one.");

    public static Fault BadPeriod(int daysMax) => new(
        "evidence.bad_period",
        FaultKind.Invalid,
        $"from must lie before to, to must not lie in the future, and between them must be {daysMax} days at most "
        + "(Privacy:EvidencePeriodMax).");

    public static Fault TooLarge(long most) => new(
        "evidence.too_large",
        FaultKind.TooLarge,
        $"There is more than {most} bytes of evidence. Ask for a shorter period, or have the operator raise Privacy:EvidenceBytesMax.");

    public static Fault TooMany(int most) => new(
        "evidence.too_many",
        FaultKind.LimitReached,
        $"{most} bundles are kept already. Delete one, wait until one expires (Privacy:EvidenceLifetime), or raise Privacy:EvidenceMax.");
}
