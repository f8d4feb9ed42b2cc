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

internal sealed record ItemList<T>(IReadOnlyList<T> Items);
