using System.Text.Json.Serialization;

namespace CodexOS.Client.Contracts;

/// <summary>A folder of files on the server that runs work on.</summary>
/// <param name="Id">Its id, <c>wsp_…</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="SizeBytes">The size of its files.</param>
/// <param name="FilesCount">How many files it has.</param>
/// <param name="Origin">Where they came from: <c>upload</c> or <c>sample:NAME</c>.</param>
public sealed record Workspace(string Id, DateTimeOffset CreatedAt, long SizeBytes, int FilesCount, string? Origin);

/// <summary>A sample that a workspace can be made from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Description">What it shows.</param>
public sealed record Sample(string Name, string? Title, string? Description);

/// <summary>What a folder of a workspace contains.</summary>
/// <param name="Path">The folder, relative to the workspace.</param>
/// <param name="Entries">Its files and folders.</param>
public sealed record FolderListing(string Path, IReadOnlyList<FolderEntry> Entries);

/// <summary>A file or folder of a workspace.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Path">Its path, relative to the workspace.</param>
/// <param name="Kind">What it is.</param>
/// <param name="SizeBytes">The size of a file.</param>
public sealed record FolderEntry(string Name, string Path, EntryKind Kind, long? SizeBytes = null);

/// <summary>What an entry of a folder is.</summary>
[JsonConverter(typeof(WordEnumConverter<EntryKind>))]
public enum EntryKind
{
    /// <summary>A kind that this client does not know.</summary>
    Unknown,

    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Directory,
}

/// <summary>What changed in a workspace since it was made.</summary>
/// <param name="Diff">The unified diff.</param>
/// <param name="FilesChanged">How many files.</param>
/// <param name="Insertions">How many lines were added.</param>
/// <param name="Deletions">How many lines were removed.</param>
public sealed record WorkspaceDiff(string Diff, int FilesChanged, int Insertions, int Deletions);

/// <summary>A file that was written.</summary>
/// <param name="Path">Its path, relative to the workspace.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">The hash of its content, in hexadecimal.</param>
/// <param name="Created">Whether it was not there before.</param>
public sealed record WrittenFile(string Path, long SizeBytes, string Sha256, bool Created);

/// <summary>When a file is to be written.</summary>
public sealed class WriteCondition
{
    private WriteCondition(params KeyValuePair<string, string>[] headers) => Headers = headers;

    /// <summary>In any case.</summary>
    public static WriteCondition Always { get; } = new();

    /// <summary>Only where nothing is yet.</summary>
    public static WriteCondition IfNew { get; } = new(new KeyValuePair<string, string>("If-None-Match", "*"));

    internal IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Only over the content with this hash.</summary>
    /// <param name="sha256">As <see cref="WrittenFile.Sha256"/>.</param>
    public static WriteCondition IfContentIs(string sha256) =>
        new(new KeyValuePair<string, string>("If-Match", $"\"{sha256}\""));
}

/// <summary>A version of a workspace's files.</summary>
/// <param name="Number">Counts changes, from 0.</param>
/// <param name="Name">Its name, as a step's way back names it.</param>
/// <param name="SizeBytes">The size of its files.</param>
/// <param name="IsCurrent">Whether it is the one that holds.</param>
public sealed record WorkspaceVersion(long Number, string Name, long SizeBytes, bool IsCurrent);

/// <summary>In which of git's forms the work of a workspace is taken out.</summary>
public enum WorkForm
{
    /// <summary>A mail for each commit, for <c>git am</c>.</summary>
    Patch,

    /// <summary>One diff, for <c>git apply</c>.</summary>
    Diff,

    /// <summary>A bundle with the whole history as a branch, for <c>git fetch</c>.</summary>
    Bundle,
}

internal sealed record SampleBody(string Sample);

/// <summary>The answer to a patch.</summary>
internal sealed record AppliedPatch(WorkspaceDiff Diff);

internal sealed record ItemList<T>(IReadOnlyList<T> Items);
