namespace CodexOS.Client.Contracts;

/// <summary>A folder's files as one gzip-compressed tar archive in a temporary file, which disposing deletes.</summary>
public sealed class PackedFolder : IDisposable
{
    private readonly string _path;

    internal PackedFolder(string path, int filesCount, long sizeBytes)
    {
        _path = path;
        FilesCount = filesCount;
        SizeBytes = sizeBytes;
        PackedSizeBytes = new FileInfo(path).Length;
    }

    /// <summary>How many files it has.</summary>
    public int FilesCount { get; }

    /// <summary>The size of the files.</summary>
    public long SizeBytes { get; }

    /// <summary>The size of the archive.</summary>
    public long PackedSizeBytes { get; }

    /// <summary>Opens the archive; the caller disposes the stream.</summary>
    public Stream OpenRead() =>
        new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, useAsync: true);

    /// <inheritdoc />
    public void Dispose() => File.Delete(_path);
}

/// <summary>What may be packed.</summary>
public sealed record PackLimits
{
    /// <summary>The most files.</summary>
    public int FilesMax { get; init; } = 20_000;

    /// <summary>The largest sum of file sizes in bytes.</summary>
    public long SizeMaxBytes { get; init; } = 256L * 1024 * 1024;
}
