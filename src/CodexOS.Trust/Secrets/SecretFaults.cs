using CodexOS.Platform.Faults;

namespace CodexOS.Trust.Secrets;

/// <summary>What can be wrong with a secret.</summary>
internal static class SecretFaults
{
    public static Fault Changed { get; } = new(
        "secrets.changed", FaultKind.Conflict, "Somebody else has set this secret at the same moment. Set it again.");

    public static Fault BadName { get; } = new(
        "secrets.bad_name",
        FaultKind.Invalid,
        "The name of a secret has up to 63 lowercase letters, digits, dashes and dots, and begins with a letter.");

    public static Fault NotFound(string name) => new(
        "secrets.not_found",
        FaultKind.NotFound,
        $"There is no secret '{(name.Length > 64 ? name[..64] + "…" : name)}'. GET /api/v1/secrets lists them.");

    public static Fault NameTaken(string name) => new(
        "secrets.name_taken",
        FaultKind.Conflict,
        $"The operator has set up a secret '{name}' under Egress:Secrets. Choose another name, or have that one removed.");

    public static Fault Bad(string what) => new("secrets.bad_secret", FaultKind.Invalid, what);

    public static Fault TooMany(int most) => new(
        "secrets.too_many", FaultKind.LimitReached, $"A tenant may have {most} secrets at most. Remove those that are not needed.");
}
