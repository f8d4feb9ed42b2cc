using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// One file of the index, mapped into memory. It is checked whole before it is mapped, by reading and not by mapping, so
/// that checking does not make the process look as large as its index.
/// </summary>
internal sealed unsafe class SectionFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly SectionLayout.Entry[] _entries;
    private int _isDisposed;

    private SectionFile(string path, SectionLayout.Entry[] entries, long sizeBytes)
    {
        _entries = entries;
        SizeBytes = sizeBytes;
        _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>How large the file is.</summary>
    public long SizeBytes { get; }

    /// <summary>Checks and maps a file.</summary>
    public static Result<SectionFile> Open(string path, int kind)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
            var header = new byte[SectionLayout.HeaderSizeBytes];
            file.ReadExactly(header);
            var hash = MemoryMarshal.Read<ulong>(header.AsSpan(^sizeof(ulong)..));
            if (XxHash3.HashToUInt64(header.AsSpan(..^sizeof(ulong))) != hash)
                return IndexFaults.Damaged(name, "its header is not what was written");
            var head = MemoryMarshal.Read<SectionLayout.Header>(header);
            if (head.Magic != SectionLayout.Magic || head.Kind != kind)
                return IndexFaults.Damaged(name, "it is another kind of file");
            if (head.FormatVersion != SectionLayout.FormatVersion) return IndexFaults.OtherVersion(name, head.FormatVersion);
            if (head.SizeBytes != file.Length) return IndexFaults.Damaged(name, "its length is not what was written");
            var entries = MemoryMarshal
                .Cast<byte, SectionLayout.Entry>(header.AsSpan(Marshal.SizeOf<SectionLayout.Header>()))[..head.SectionCount]
                .ToArray();
            foreach (var entry in entries)
            {
                if (HashOf(file, entry) != entry.Hash)
                    return IndexFaults.Damaged(name, $"section {entry.Section} is not what was written");
            }

            return new SectionFile(path, entries, head.SizeBytes);
        }
        catch (FileNotFoundException)
        {
            return IndexFaults.Damaged(name, "it is missing");
        }
        catch (EndOfStreamException)
        {
            return IndexFaults.Damaged(name, "it is cut off");
        }
    }

    /// <summary>The values of a section; empty if the file has no such section.</summary>
    public MappedArray<T> Array<T>(int section)
        where T : unmanaged
    {
        foreach (var entry in _entries)
        {
            if (entry.Section == section) return new MappedArray<T>(_start + entry.Offset, entry.SizeBytes);
        }

        return default;
    }

    /// <summary>Whether the file has a section.</summary>
    public bool Has(int section) => System.Array.Exists(_entries, entry => entry.Section == section);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private static ulong HashOf(FileStream file, SectionLayout.Entry entry)
    {
        var hash = new XxHash3();
        var buffer = new byte[1 << 16];
        file.Position = entry.Offset;
        for (var left = entry.SizeBytes; left > 0;)
        {
            var read = file.ReadAtLeast(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)), 1);
            hash.Append(buffer.AsSpan(0, read));
            left -= read;
        }

        return hash.GetCurrentHashAsUInt64();
    }
}
