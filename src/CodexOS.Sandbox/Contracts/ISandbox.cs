using System.Collections.Immutable;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Contracts;

/// <summary>
/// Executes programs that nobody trusts. It fails closed: where a guard cannot be set up the program is not started, and
/// the fault <c>sandbox.unavailable</c> says what is missing and how to get it.
/// </summary>
public interface ISandbox
{
    /// <summary>What isolation this machine gives. It is found out by starting a sandbox, and remembered.</summary>
    Task<IsolationReport> ReportAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs a program to its end. When this returns, every process that it left behind is gone.
    /// Faults: <c>sandbox.unavailable</c>, <c>sandbox.busy</c>, <c>sandbox.disk_full</c>.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled; its processes are gone.</exception>
    Task<Result<SandboxExit>> RunAsync(SandboxCommand command, CancellationToken cancellationToken);

    /// <summary>
    /// Whether programs can be given a <see cref="SandboxCommand.Layer"/> on the file system of a folder. It is found out by
    /// mounting one, once, and remembered.
    /// </summary>
    /// <param name="place">A folder that is not there yet; it is used to try, and removed.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<bool> CanLayerAsync(string place, CancellationToken cancellationToken);

    /// <summary>
    /// Starts a program that is kept and talked to; <see cref="SandboxCommand.TimeMax"/> is its whole life, and its places
    /// are counted for the tenant of the present flow. Whoever starts it disposes it.
    /// Faults: those of <see cref="RunAsync"/>, and <c>sandbox.sessions_max</c>.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was cancelled before the program started; nothing is left.</exception>
    Task<Result<ISandboxSession>> StartAsync(SandboxCommand command, CancellationToken cancellationToken);
}

/// <summary>A program to run in a sandbox, with the one host folder that it may see.</summary>
/// <param name="Program">The program and its arguments; it is searched for on the sandbox's own path.</param>
/// <param name="TimeMax">When it is killed.</param>
public sealed record SandboxCommand(ImmutableArray<string> Program, TimeSpan TimeMax)
{
    /// <summary>The host folder that appears as <c>/workspace</c>; without one, an empty folder in memory does.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// Where what the program writes is kept while it runs: a folder beside <see cref="Folder"/> that is not there yet, and is
    /// gone afterwards. The files of the folder are never written into then; what has changed is put in their place when
    /// the program has ended, however it did, unless the call was cancelled or failed. Null has it write into them.
    /// </summary>
    public string? Layer { get; init; }

    /// <summary>Whether the folder can only be read.</summary>
    public bool FolderIsReadOnly { get; init; }

    /// <summary>Existing paths in the folder that cannot be written; relative, without links.</summary>
    public ImmutableArray<string> ReadOnlyPaths { get; init; } = [];

    /// <summary>The user that owns the folder and as whom the program runs, where the server may choose (as root).</summary>
    public uint User { get; init; }

    /// <summary>How large the folder may be at any time, in bytes; the program is killed when it exceeds this.</summary>
    public long FolderSizeBytesMax { get; init; } = long.MaxValue;

    /// <summary>How many files and folders the folder may hold at any time.</summary>
    public int FolderFilesMax { get; init; } = int.MaxValue;

    /// <summary>
    /// How much of each output stream is kept of a program that is run to its end, in bytes; null takes the configured limit.
    /// </summary>
    public int? OutputBytesMax { get; init; }

    /// <summary>Variables for the program beside <c>PATH</c>, <c>HOME</c>, <c>TMPDIR</c> and <c>LANG</c>.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// What the program may reach of the network, through the proxy that its variables name; null, or one that is not open,
    /// is no network at all. It belongs to the caller.
    /// </summary>
    public EgressSession? Egress { get; init; }

    /// <summary>
    /// Is given output as it comes, from a thread of the sandbox; it must not block. Of a kept program: standard error.
    /// </summary>
    public Action<string> OnOutput { get; init; } = static _ => { };
}

/// <summary>How a program in a sandbox ended.</summary>
/// <param name="End">Why it ended.</param>
/// <param name="ExitCode">Its exit code, 128 + signal if one killed it; -1 if the sandbox ended it.</param>
/// <param name="Output">What it wrote to standard output: the beginning and the end, if it was too much.</param>
/// <param name="Error">The same for standard error.</param>
/// <param name="Duration">From start to end.</param>
/// <param name="Level">The isolation it ran under.</param>
public sealed record SandboxExit(
    SandboxEnd End, int ExitCode, SandboxOutput Output, SandboxOutput Error, TimeSpan Duration, IsolationLevel Level);

/// <summary>What a program wrote to one stream.</summary>
/// <param name="Text">As UTF-8; what is not UTF-8, and NUL, is replaced by U+FFFD.</param>
/// <param name="TotalBytes">How much it was in all.</param>
/// <param name="IsTruncated">Whether something is left out in the middle.</param>
public sealed record SandboxOutput(string Text, long TotalBytes, bool IsTruncated);

/// <summary>Why a program in a sandbox ended.</summary>
public enum SandboxEnd
{
    /// <summary>By itself.</summary>
    Exited,

    /// <summary>Its time was up.</summary>
    TimedOut,

    /// <summary>It needed more memory than it may have.</summary>
    OutOfMemory,

    /// <summary>Its folder grew beyond its limit.</summary>
    FolderTooLarge,

    /// <summary>It was kept, and wrote more than it may.</summary>
    OutputTooLarge,

    /// <summary>It was kept, and whoever kept it ended it, or the server stopped.</summary>
    Closed,

    /// <summary>It was kept, and its sandbox failed; standard error says why.</summary>
    Lost,
}
