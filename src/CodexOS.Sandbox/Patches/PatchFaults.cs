using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Patches;

/// <summary>Why a patch cannot be used.</summary>
internal static class PatchFaults
{
    public static Fault TooCostly { get; } = new(
        "sandbox.patch_too_costly",
        FaultKind.TooLarge,
        "Finding the places of the patch takes too many comparisons. Send it in smaller pieces, with right line numbers.");

    public static Fault Bad(int line, string what) => new(
        "sandbox.bad_patch", FaultKind.Invalid, $"The patch cannot be read at its line {line}: {what}.");

    public static Fault TooMany(int filesMax) => new(
        "sandbox.patch_too_large", FaultKind.TooLarge, $"The patch changes more than {filesMax} files. Send it in pieces.");

    public static Fault Conflict(string what) => new("sandbox.patch_conflict", FaultKind.Invalid, what);

    public static Fault Ambiguous(string what) => new("sandbox.patch_ambiguous", FaultKind.Invalid, what);

    public static Fault Exists(string path) => new(
        "sandbox.file_exists", FaultKind.Invalid, $"'{path}' is there already, and the patch would make it anew.");
}
