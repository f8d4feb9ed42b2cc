using CodexOS.Platform.Faults;

namespace CodexOS.Trust.Keys;

/// <summary>What can keep a value from being opened.</summary>
internal static class VaultFaults
{
    public static Fault Damaged { get; } = new(
        "trust.sealed_damaged",
        FaultKind.Internal,
        "A sealed value cannot be opened: it was changed, or belongs to another place. Restore it from a backup, or set it anew.");

    public static Fault Destroyed { get; } = new(
        "trust.key_destroyed", FaultKind.Gone, "The key of this value was destroyed, so the value is gone for good.");
}
