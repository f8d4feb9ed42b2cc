using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Sandbox.Native;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// The folder of one workspace on disk. Every change makes a new version of all files; the link <c>current</c> names the one
/// that holds, and replacing the link is what makes a change happen.
/// </summary>
/// <remarks>
/// <code>
/// current → versions/000012-5f0c…      the number counts changes, the rest is the hash of the change's key
/// versions/000012-5f0c…/files/         the files, owned by the workspace's user
/// versions/000012-5f0c…/layer/         what a program has changed, until it is put in place
/// versions/000012-5f0c…/outcome.json   what the change answered
/// versions/000012-5f0c…/size.json      how large the files are
/// outcomes/000007-91ab….json           what changes answered whose versions are pruned
/// lock                                 held while a change is made
/// </code>
/// </remarks>
internal sealed class WorkspaceFolder(string path)
{
    private const string CurrentLink = "current";

    // The workspace's user has to pass through; nobody else can list what is there or enter the files.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PassThrough = OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Path { get; } = path;

    private string VersionsPath => System.IO.Path.Combine(Path, "versions");

    private string OutcomesPath => System.IO.Path.Combine(Path, "outcomes");

    /// <summary>A key in the form in which it names a version.</summary>
    public static string HashOf(string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..32];

    /// <summary>Makes the folder.</summary>
    public void Make()
    {
        Directory.CreateDirectory(Path, PassThrough);
        Directory.CreateDirectory(VersionsPath, PassThrough);
        Directory.CreateDirectory(OutcomesPath, OwnerOnly);
    }

    /// <summary>Keeps other processes from changing the workspace, or returns null if one is changing it.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when ((error.HResult & 0xFFFF) == SystemError.Again)
        {
            return null;
        }
    }

    /// <summary>The version that holds; null in a workspace that is not made yet.</summary>
    public WorkspaceVersion? Current()
    {
        var link = System.IO.Path.Combine(Path, CurrentLink);
        return new FileInfo(link).LinkTarget is { } target
            ? WorkspaceVersion.Parse(VersionsPath, System.IO.Path.GetFileName(target))
            : null;
    }

    /// <summary>All versions on disk, oldest first; those after the current one never came to hold.</summary>
    public List<WorkspaceVersion> Versions() =>
    [
        .. Directory.EnumerateDirectories(VersionsPath)
            .Select(folder => WorkspaceVersion.Parse(VersionsPath, System.IO.Path.GetFileName(folder)))
            .OfType<WorkspaceVersion>()
            .OrderBy(version => version.Number),
    ];

    /// <summary>Makes the folders of a version that does not hold yet.</summary>
    public WorkspaceVersion Begin(long number, string keyHash)
    {
        var version = new WorkspaceVersion(VersionsPath, number, keyHash);
        Directory.CreateDirectory(version.Path, PassThrough);
        Directory.CreateDirectory(version.FilesPath, OwnerOnly);
        return version;
    }

    /// <summary>What a change that took place answered, by the hash of its key; null if it did not take place.</summary>
    public ToolResult? FindOutcome(string keyHash)
    {
        var current = Current();
        var version = Versions().FirstOrDefault(version =>
            version.KeyHash == keyHash && version.Number <= (current?.Number ?? -1));
        if (version is not null) return ReadOutcome(version.OutcomePath);
        var pruned = Directory.EnumerateFiles(OutcomesPath, $"*-{keyHash}.json").FirstOrDefault();
        return pruned is null ? null : ReadOutcome(pruned);
    }

    /// <summary>The one step by which a change happens.</summary>
    public void MakeCurrent(WorkspaceVersion version, bool syncToDisk)
    {
        using var folder = Folder.Open(Path);
        if (syncToDisk) folder.SyncDisk();
        var next = Folder.Name($"{CurrentLink}.next");
        _ = folder.Remove(next, folder: false);
        Check(folder.MakeLink(next, Folder.Name($"versions/{version.Name}")));
        Check(folder.Move(next, folder, Folder.Name(CurrentLink)));
        if (syncToDisk) folder.Sync();
    }

    /// <summary>Removes what never came to hold, versions beyond those kept, and outcomes beyond those kept.</summary>
    public void Tidy(int versionsKept, int outcomesKept, CancellationToken cancellationToken)
    {
        var current = Current();
        var versions = Versions();
        foreach (var version in versions.Where(version => version.Number > (current?.Number ?? -1)))
            Remove(version, cancellationToken);

        foreach (var version in versions.Where(version => version.Number < current?.Number - versionsKept))
        {
            if (File.Exists(version.OutcomePath))
                File.Move(version.OutcomePath, System.IO.Path.Combine(OutcomesPath, $"{version.Name}.json"), overwrite: true);
            Remove(version, cancellationToken);
        }

        foreach (var outcome in Directory.EnumerateFiles(OutcomesPath).OrderDescending().Skip(outcomesKept).ToList())
            File.Delete(outcome);
    }

    /// <summary>Removes a version.</summary>
    public void Remove(WorkspaceVersion version, CancellationToken cancellationToken)
    {
        using var versions = Folder.Open(VersionsPath);
        Tree.Remove(versions, Folder.Name(version.Name), cancellationToken);
    }

    /// <summary>Removes the whole workspace.</summary>
    public void RemoveAll(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path)) return;
        using var parent = Folder.Open(System.IO.Path.GetDirectoryName(Path)!);
        Tree.Remove(parent, Folder.Name(System.IO.Path.GetFileName(Path)), cancellationToken);
    }

    private static ToolResult ReadOutcome(string path) =>
        JsonSerializer.Deserialize<ToolResult>(File.ReadAllBytes(path), Json.Options)
        ?? throw new InvalidDataException($"{path} holds no outcome.");

    private static void Check(int error)
    {
        if (error != 0) throw SystemError.Of(error, "Making a version current");
    }
}

/// <summary>One version of a workspace's files.</summary>
/// <param name="VersionsPath">The folder of all versions.</param>
/// <param name="Number">Counts changes, from 0.</param>
/// <param name="KeyHash">The hash of the key of the change that made it.</param>
internal sealed record WorkspaceVersion(string VersionsPath, long Number, string KeyHash)
{
    public string Name => $"{Number:D6}-{KeyHash}";

    public string Path => System.IO.Path.Combine(VersionsPath, Name);

    public string FilesPath => System.IO.Path.Combine(Path, "files");

    /// <summary>Where what a program writes is kept while it runs.</summary>
    public string LayerPath => System.IO.Path.Combine(Path, "layer");

    public string OutcomePath => System.IO.Path.Combine(Path, "outcome.json");

    private string SizePath => System.IO.Path.Combine(Path, "size.json");

    public static WorkspaceVersion? Parse(string versionsPath, string? name)
    {
        var parts = name?.Split('-', 2);
        return parts is [var number, var hash] && long.TryParse(number, NumberStyles.None, null, out var value)
            ? new WorkspaceVersion(versionsPath, value, hash)
            : null;
    }

    /// <summary>Stores what the change answered.</summary>
    public void WriteOutcome(ToolResult result) =>
        File.WriteAllBytes(OutcomePath, JsonSerializer.SerializeToUtf8Bytes(result, Json.Options));

    /// <summary>Stores how large the files are.</summary>
    public void WriteSize(TreeSize size) =>
        File.WriteAllBytes(SizePath, JsonSerializer.SerializeToUtf8Bytes(size, Json.Options));

    /// <summary>How large the files are.</summary>
    public TreeSize ReadSize() => JsonSerializer.Deserialize<TreeSize>(File.ReadAllBytes(SizePath), Json.Options);
}
