using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox;

/// <summary>The expected failures of this module.</summary>
internal static class SandboxFaults
{
    public static Fault DiskFull { get; } = new(
        "sandbox.disk_full",
        FaultKind.StorageFull,
        "The disk that holds the workspaces is full. Free some space; nothing was changed, and the call can be repeated.");

    public static Fault WorkspaceNotFound { get; } = new(
        "sandbox.workspace_not_found", FaultKind.NotFound, "There is no such workspace.");

    public static Fault Busy { get; } = new(
        "sandbox.busy", FaultKind.Throttled, "All sandboxes are in use and the queue is full. Try again later.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public const string SessionsMaxCode = "sandbox.sessions_max";

    public static Fault SessionsMax(int sessionsMax) => new(
        SessionsMaxCode,
        FaultKind.Throttled,
        $"{sessionsMax} programs are kept in sandboxes already, which is the limit. Wait until one ends, or raise "
        + "Sandbox:SessionsMax, Sandbox:SessionsPerTenantMax and Sandbox:SandboxesMax.")
    {
        RetryAfter = TimeSpan.FromSeconds(30),
    };

    public static Fault WorkspaceBusy { get; } = new(
        "sandbox.workspace_busy",
        FaultKind.Conflict,
        "Another change to this workspace is under way. Try again when it has ended.");

    public static Fault KeyReused { get; } = new(
        "sandbox.idempotency_conflict",
        FaultKind.Conflict,
        "This Idempotency-Key was used before with a different sample. Use a new key for a new request.");

    public static Fault VersionGone(string version) => new(
        "sandbox.version_gone",
        FaultKind.Gone,
        $"The files of the version {version} are no longer kept, so there is no way back to them. Raise Sandbox:VersionsKept to "
        + "keep more.");

    public static Fault Unavailable(string why) => new("sandbox.unavailable", FaultKind.Unavailable, why);

    public static Fault BadPath(string path, string why) => new(
        "sandbox.bad_path",
        FaultKind.Invalid,
        $"The path '{Shorten(path)}' {why}. Use a path relative to the workspace, without '..' and without links.");

    public static Fault GitsOwn(string path) => new(
        "sandbox.gits_own",
        FaultKind.Invalid,
        $"'{Shorten(path)}' belongs to the repository's own administration, which only git reads and changes. "
        + "Look at the diff instead, or use git in the shell tool.");

    public static Fault ProtectedPath(string path) => new(
        "sandbox.protected_path",
        FaultKind.Invalid,
        $"'{Shorten(path)}' holds settings of agents or editors, which stay as they are in a workspace. Leave it alone.");

    public static Fault FileNotFound(string path) => new(
        "sandbox.file_not_found", FaultKind.NotFound, $"There is nothing at '{Shorten(path)}' in the workspace.");

    public static Fault NotAFile(string path) => new(
        "sandbox.not_a_file", FaultKind.Invalid, $"'{Shorten(path)}' is not a regular file.");

    public static Fault NotAFolder(string path) => new(
        "sandbox.not_a_folder", FaultKind.Invalid, $"'{Shorten(path)}' is not a folder.");

    public static Fault FileTooLarge(string path, long bytesMax) => new(
        "sandbox.file_too_large", FaultKind.TooLarge, $"'{Shorten(path)}' is larger than the limit of {bytesMax} bytes.");

    public static Fault WorkspaceTooLarge(string what) => new(
        "sandbox.workspace_too_large", FaultKind.TooLarge, $"The workspace would exceed its limit of {what}.");

    public static Fault BadArchive(string why) => new("sandbox.bad_archive", FaultKind.Invalid, $"The archive {why}.");

    public static Fault BadBundle(string why) => new(
        "sandbox.bad_bundle", FaultKind.Invalid, $"The bundle cannot be taken in: {why}");

    public static Fault GitFailed(string what, string why) => new(
        "sandbox.git_failed", FaultKind.Invalid, $"{what} failed: {why}");

    public static Fault GitTooLarge(long bytesMax) => new(
        "sandbox.git_too_large",
        FaultKind.TooLarge,
        $"What git gave or was given is larger than Sandbox:GitBytesMax, {bytesMax} bytes. Export the workspace as an archive.");

    private static string Shorten(string path)
    {
        var shown = path.Length <= 200 ? path : path[..200] + "…";
        return shown.Replace('\0', '\uFFFD');
    }
}
