using System.IO.Compression;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// Unpacks an uploaded archive into an empty folder. The archive is hostile: nothing is written outside the folder, links
/// may only point inside it, devices and pipes are refused, and so is whatever unpacks to much more than was sent.
/// </summary>
internal sealed class TarImport(SandboxOptions options)
{
    private const long FreeBytes = 16 << 20;

    /// <summary>Unpacks.</summary>
    /// <param name="upload">The archive as sent.</param>
    /// <param name="isCompressed">Whether it is compressed by gzip.</param>
    /// <param name="root">An empty folder.</param>
    /// <param name="owner">Who is given what is unpacked, or null.</param>
    /// <param name="cancellationToken">Stops half-way.</param>
    public async Task<Result<Done>> UnpackAsync(
        Stream upload, bool isCompressed, Folder root, uint? owner, CancellationToken cancellationToken)
    {
        var sent = new CountedStream(upload);
        await using var plain = isCompressed ? new GZipStream(sent, CompressionMode.Decompress, leaveOpen: true) : null;
        var unpacked = new CountedStream((Stream?)plain ?? sent);
        var reader = new TarReader(unpacked);
        var writer = new TarWriter(root, owner, options);
        try
        {
            var buffer = new byte[128 * 1024];
            var itemsCount = 0;
            while (await reader.NextAsync(cancellationToken) is { } item)
            {
                if (++itemsCount > options.WorkspaceFilesMax)
                    return SandboxFaults.WorkspaceTooLarge($"{options.WorkspaceFilesMax} files and folders");
                if (writer.Begin(item) is { } refused) return refused;
                int count;
                while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    if (Exceeded(sent.Count, unpacked.Count) is { } exceeded) return exceeded;
                    writer.Write(buffer.AsSpan(0, count));
                }

                writer.End();
            }

            return itemsCount == 0 ? SandboxFaults.BadArchive("is empty") : Done.Value;
        }
        catch (BadArchiveException bad)
        {
            return SandboxFaults.BadArchive(bad.Message);
        }
        catch (InvalidDataException)
        {
            return SandboxFaults.BadArchive("is not compressed by gzip, or is damaged");
        }
        finally
        {
            writer.End();
        }
    }

    private Fault? Exceeded(long sentBytes, long unpackedBytes)
    {
        if (unpackedBytes > options.WorkspaceBytesMax)
            return SandboxFaults.WorkspaceTooLarge($"{options.WorkspaceBytesMax} bytes");
        return unpackedBytes > FreeBytes && unpackedBytes / options.UploadRatioMax > sentBytes
            ? SandboxFaults.BadArchive($"unpacks to more than {options.UploadRatioMax} times what was sent")
            : null;
    }

    /// <summary>Counts what is read through it.</summary>
    private sealed class CountedStream(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            Count += count;
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("Archives are read asynchronously.");

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
