using System.ComponentModel.DataAnnotations;
using CodexOS.Sandbox.Contracts;

namespace CodexOS.Sandbox;

/// <summary>Limits of sandboxes and file workspaces.</summary>
public sealed class SandboxOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Sandbox";

    /// <summary>What builds the walls: Bubblewrap, or Container, which is crun and needs a server that runs as root.</summary>
    public SandboxDriver Driver { get; set; } = SandboxDriver.Bubblewrap;

    /// <summary>The container runtime, which is crun: a path, or a name that is searched for in the system's folders.</summary>
    [Required, StringLength(4096, MinimumLength = 1)]
    public string ContainerRuntime { get; set; } = "crun";

    /// <summary>The bubblewrap program: an absolute path, or a name that is searched for in the system's folders.</summary>
    [Required, StringLength(4096, MinimumLength = 1)]
    public string BubblewrapPath { get; set; } = "bwrap";

    /// <summary>The least isolation under which anything is executed: Reduced or Full.</summary>
    [AllowedValues(IsolationLevel.Reduced, IsolationLevel.Full, ErrorMessage = "Sandbox:LevelMin must be Reduced or Full.")]
    public IsolationLevel LevelMin { get; set; } = IsolationLevel.Reduced;

    /// <summary>
    /// The first user id that sandboxes run as when the server runs as root; each workspace takes the next one.
    /// </summary>
    [Range(1_000, 2_000_000_000)]
    public int UserIdFirst { get; set; } = 200_000;

    /// <summary>How many user ids, and so workspaces, there can be.</summary>
    [Range(100, 100_000_000)]
    public int UserIdsMax { get; set; } = 1_000_000;

    /// <summary>Folders and files of the host, beside <c>/usr</c>, that every sandbox can read at the same place.</summary>
    [MaxLength(32)]
    public IList<string> ReadOnlyPaths { get; } = [];

    /// <summary>How many sandboxes run at once.</summary>
    [Range(1, 256)]
    public int SandboxesMax { get; set; } = 8;

    /// <summary>How many more may wait for their turn before others are told to come back later.</summary>
    [Range(0, 10_000)]
    public int WaitingMax { get; set; } = 64;

    /// <summary>
    /// How many of the sandboxes may keep a program that is talked to; one place always stays for programs that run to their
    /// end.
    /// </summary>
    [Range(0, 255)]
    public int SessionsMax { get; set; } = 6;

    /// <summary>How many kept programs a tenant may have.</summary>
    [Range(0, 255)]
    public int SessionsPerTenantMax { get; set; } = 4;

    /// <summary>How long an interpreter is kept that no call uses.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SessionIdleMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an interpreter is kept at most.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan SessionTimeMax { get; set; } = TimeSpan.FromHours(8);

    /// <summary>How much a kept program may write to standard output in its life, in bytes; then it is killed.</summary>
    [Range(1L << 10, 1L << 40)]
    public long SessionOutputBytesMax { get; set; } = 256L << 20;

    /// <summary>Most memory of a sandbox, its files in memory included, in bytes.</summary>
    [Range(64L << 20, 1L << 40)]
    public long MemoryBytesMax { get; set; } = 1L << 30;

    /// <summary>Most processes and threads of a sandbox.</summary>
    [Range(16, 100_000)]
    public int ProcessesMax { get; set; } = 512;

    /// <summary>Most processors a sandbox uses, 1.5 being one and a half.</summary>
    [Range(0.1, 256)]
    public double ProcessorsMax { get; set; } = 2;

    /// <summary>Most open files of one process in a sandbox.</summary>
    [Range(64, 65_536)]
    public int OpenFilesMax { get; set; } = 1_024;

    /// <summary>Largest file a sandbox may write, in bytes.</summary>
    [Range(1L << 20, 1L << 40)]
    public long FileBytesMax { get; set; } = 256L << 20;

    /// <summary>Size of <c>/tmp</c> and of <c>/dev/shm</c> in a sandbox, each, in bytes of memory.</summary>
    [Range(1L << 20, 1L << 36)]
    public long TemporaryBytesMax { get; set; } = 64L << 20;

    /// <summary>How much of standard output and of standard error is kept, each, in bytes.</summary>
    [Range(1_024, 16 << 20)]
    public int OutputBytesMax { get; set; } = 64 << 10;

    /// <summary>How long the shell tool lets a command run unless the call says otherwise.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ShellTimeDefault { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The longest time a call of the shell tool may ask for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "06:00:00")]
    public TimeSpan ShellTimeMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How much is kept of a report of tests, and of what the tests write, each, in bytes. A longer report gives no counts.
    /// </summary>
    [Range(64 << 10, 64 << 20)]
    public int TestReportBytesMax { get; set; } = 4 << 20;

    /// <summary>How long CodexOS's own use of git in a sandbox may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan GitTimeMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Largest patch or bundle that is taken out of a workspace or brought in, in bytes.</summary>
    [Range(64 << 10, 256 << 20)]
    public int GitBytesMax { get; set; } = 16 << 20;

    /// <summary>Most workspaces of a tenant, unless the installation's owner set another quota for it.</summary>
    [Range(1, 100_000_000)]
    public int WorkspacesPerTenantMax { get; set; } = 100_000;

    /// <summary>Largest size of a workspace, in bytes.</summary>
    [Range(1L << 20, 1L << 44)]
    public long WorkspaceBytesMax { get; set; } = 1L << 30;

    /// <summary>
    /// How many bytes the files of all workspaces of a tenant may have together, unless its quota says otherwise.
    /// </summary>
    [Range(1L << 20, 1_000_000_000_000_000L)]
    public long WorkspaceBytesPerTenantMax { get; set; } = 1L << 40;

    /// <summary>Most files, folders and links in a workspace.</summary>
    [Range(10, 10_000_000)]
    public int WorkspaceFilesMax { get; set; } = 50_000;

    /// <summary>Most folders inside each other in a workspace.</summary>
    [Range(4, 200)]
    public int WorkspaceDepthMax { get; set; } = 64;

    /// <summary>
    /// How many earlier versions of a workspace are kept beside the current one: so far a run can be rolled back or forked.
    /// </summary>
    [Range(1, 1_000)]
    public int VersionsKept { get; set; } = 32;

    /// <summary>
    /// How many results of calls are kept per workspace, so that a call repeated after a crash is not made twice.
    /// </summary>
    [Range(16, 100_000)]
    public int OutcomesKept { get; set; } = 256;

    /// <summary>Whether a new version is flushed to disk before it becomes current, so that it survives a power cut.</summary>
    public bool SyncToDisk { get; set; } = true;

    /// <summary>
    /// From which size on programs write into a layer over a workspace's files, which are shared with earlier versions,
    /// instead of into a copy of them; each file counts as 8 KiB more. Only where the server can mount one. In bytes.
    /// </summary>
    [Range(0L, 1L << 44)]
    public long LayerBytesMin { get; set; } = 4L << 20;

    /// <summary>How much of the disk stays free: changes to workspaces are refused below it. In bytes.</summary>
    [Range(0L, 1L << 40)]
    public long DiskFreeBytesMin { get; set; } = 256L << 20;

    /// <summary>
    /// Files and folders at the top of a workspace that agents can neither change nor add, because whoever opens the folder
    /// later would execute what stands in them; beside .mcp.json, .codexos, .cursor, .idea and .vscode.
    /// </summary>
    [MaxLength(64)]
    public IList<string> ProtectedNames { get; } = [".mcp.json", ".codexos", ".cursor", ".idea", ".vscode"];

    /// <summary>How long a call waits for another change to the same workspace to end.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "06:00:00")]
    public TimeSpan WorkspaceWaitMax { get; set; } = TimeSpan.FromMinutes(11);

    /// <summary>
    /// How long a request of the API that changes a file waits for another change to the same workspace to end.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan ApiWaitMax { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest archive that can be uploaded, as sent, in bytes.</summary>
    [Range(1L << 10, 1L << 40)]
    public long UploadBytesMax { get; set; } = 256L << 20;

    /// <summary>How many times larger than its upload an archive may unpack, beyond its first 16 MiB.</summary>
    [Range(2, 10_000)]
    public int UploadRatioMax { get; set; } = 100;

    /// <summary>Largest file that is read or written through the API, or read by a tool, in bytes.</summary>
    [Range(1_024, 1 << 30)]
    public int ReadBytesMax { get; set; } = 16 << 20;

    /// <summary>How long one search of files takes; what is left is searched by going on with its cursor.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:30")]
    public TimeSpan SearchTimeMax { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest file that a search looks into, in bytes; a search needs about three times as much memory.</summary>
    [Range(64 << 10, 256 << 20)]
    public int SearchFileBytesMax { get; set; } = 16 << 20;

    /// <summary>Most files that one patch may change.</summary>
    [Range(1, 10_000)]
    public int PatchFilesMax { get; set; } = 200;

    /// <summary>
    /// How much of a workspace an export packs in one step, in bytes: a crash costs at most this much work.
    /// </summary>
    [Range(64L << 10, 1L << 34)]
    public long ExportPartBytes { get; set; } = 16L << 20;

    /// <summary>How long an export may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan ExportTimeMax { get; set; } = TimeSpan.FromHours(6);

    /// <summary>How long the archive of an export is kept, and what an unfinished one has packed.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00")]
    public TimeSpan ExportLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many archives are kept for a tenant at once; further exports are refused.</summary>
    [Range(1, 10_000)]
    public int ExportsPerTenantMax { get; set; } = 20;

    /// <summary>How often archives that are too old are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan ExportSweepInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Where samples are; by default the folder <c>samples</c> beside the program or above it.</summary>
    [StringLength(4096)]
    public string? SamplesPath { get; set; }

    /// <summary>The author of commits that agents make, as <c>Name &lt;address&gt;</c>.</summary>
    [Required, RegularExpression("^[^<>\n]{1,100} <[^<>\n ]{1,100}>$",
        ErrorMessage = "Sandbox:CommitAuthor must be Name <address>.")]
    public string CommitAuthor { get; set; } = "CodexOS Agent <agent@codexos.local>";
}
