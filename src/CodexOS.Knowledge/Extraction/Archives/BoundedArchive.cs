using System.IO.Compression;

namespace CodexOS.Knowledge.Extraction.Archives;

/// <summary>
/// An archive from which no more comes than the limits allow: the number of its members, the bytes of all of them
/// together, and how far one may swell. What a member says of its own size is not believed. Archives inside are not
/// opened.
/// </summary>
internal sealed class BoundedArchive : IDisposable
{
    private const long RatioCountsFromBytes = 1024 * 1024;

    private readonly ZipArchive _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _members = new(StringComparer.OrdinalIgnoreCase);
    private readonly ReadLimits _limits;
    private long _bytes;

    public BoundedArchive(Stream content, ReadLimits limits)
    {
        _limits = limits;
        try
        {
            _zip = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
            if (_zip.Entries.Count > limits.ArchiveMembersMax)
                throw new DocumentException(ExtractionFaults.TooLarge($"{limits.ArchiveMembersMax} files in its archive"));
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or ArgumentException)
        {
            throw new DocumentException(ExtractionFaults.Damaged("the list of files at the end of its ZIP archive is missing"));
        }

        foreach (var entry in _zip.Entries) _members.TryAdd(entry.FullName.Replace('\\', '/'), entry);
    }

    public IEnumerable<string> Names => _members.Keys;

    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>Opens a member that the format cannot be without.</summary>
    public Stream Open(string name) => TryOpen(name)
        ?? throw new DocumentException(ExtractionFaults.Damaged($"its archive has no {name}"));

    /// <summary>Opens a member, or is null where there is none.</summary>
    public Stream? TryOpen(string name)
    {
        if (!_members.TryGetValue(name.TrimStart('/'), out var entry)) return null;
        if (entry.IsEncrypted) throw new DocumentException(ExtractionFaults.Encrypted("The archive"));
        try
        {
            return new CountingStream(entry.Open(), this, Math.Max(1, entry.CompressedLength));
        }
        catch (InvalidDataException)
        {
            throw new DocumentException(ExtractionFaults.Damaged($"{name} in its archive cannot be unpacked"));
        }
    }

    public void Dispose() => _zip.Dispose();

    private void Count(int bytes, long bytesOfMember, long packedBytes)
    {
        _bytes += bytes;
        if (_bytes > _limits.ArchiveSizeBytesMax)
            throw new DocumentException(ExtractionFaults.TooLarge($"{_limits.ArchiveSizeBytesMax} bytes when unpacked"));
        if (bytesOfMember > RatioCountsFromBytes && bytesOfMember / packedBytes > _limits.ArchiveRatioMax)
        {
            throw new DocumentException(ExtractionFaults.TooLarge(
                $"{_limits.ArchiveRatioMax} unpacked bytes for each packed one, as archives made to do harm have"));
        }
    }

    private sealed class CountingStream(Stream inner, BoundedArchive archive, long packedBytes) : Stream
    {
        private long _bytes;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _bytes; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer);
            _bytes += read;
            archive.Count(read, _bytes, packedBytes);
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
