using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Writes one file of the index, section after section, and makes it durable.</summary>
internal sealed class SectionWriter : IDisposable
{
    private const int BufferSizeBytes = 1 << 18;

    private static readonly byte[] s_zeros = new byte[SectionLayout.AlignmentBytes];

    private readonly FileStream _file;
    private readonly int _kind;
    private readonly List<SectionLayout.Entry> _entries = [];
    private readonly XxHash3 _hash = new();
    private long _position = SectionLayout.HeaderSizeBytes;
    private long _sectionStart;

    public SectionWriter(string path, int kind)
    {
        _kind = kind;
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, BufferSizeBytes);
        _file.Write(new byte[SectionLayout.HeaderSizeBytes]);
    }

    /// <summary>How many bytes the section that is being written has so far.</summary>
    public long SectionSizeBytes => _position - _sectionStart;

    /// <summary>Begins a section.</summary>
    public void Begin()
    {
        var padding = (int)(-_position & (SectionLayout.AlignmentBytes - 1));
        _file.Write(s_zeros.AsSpan(0, padding));
        _position += padding;
        _sectionStart = _position;
        _hash.Reset();
    }

    /// <summary>Adds to the section that was begun.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _file.Write(bytes);
        _hash.Append(bytes);
        _position += bytes.Length;
    }

    /// <summary>Ends the section that was begun.</summary>
    public void End(int section) => _entries.Add(new SectionLayout.Entry
    {
        Section = section,
        Offset = _sectionStart,
        SizeBytes = SectionSizeBytes,
        Hash = _hash.GetCurrentHashAsUInt64(),
    });

    /// <summary>Where the section that was begun starts in the file, for who maps it before the file is finished.</summary>
    public long SectionOffset => _sectionStart;

    /// <summary>Lets what was written so far be read from the file.</summary>
    public void Flush() => _file.Flush();

    /// <summary>Writes a whole section.</summary>
    public void Add<T>(int section, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        Begin();
        while (!values.IsEmpty)
        {
            // In pieces, since a span of bytes cannot be longer than 2 GiB.
            var some = values[..Math.Min(values.Length, 1 << 20)];
            Write(MemoryMarshal.AsBytes(some));
            values = values[some.Length..];
        }

        End(section);
    }

    /// <summary>Writes the header, and returns when everything is on the disk; gives the size of the file.</summary>
    public long Finish()
    {
        FinishUnsynced();
        _file.Flush(flushToDisk: true);
        return _position;
    }

    /// <summary>Writes the header of a file that need not outlive the process.</summary>
    public void FinishUnsynced()
    {
        var header = new byte[SectionLayout.HeaderSizeBytes];
        MemoryMarshal.Write(header, new SectionLayout.Header
        {
            Magic = SectionLayout.Magic,
            FormatVersion = SectionLayout.FormatVersion,
            Kind = _kind,
            SectionCount = _entries.Count,
            SizeBytes = _position,
        });
        var table = MemoryMarshal.AsBytes<SectionLayout.Entry>(_entries.ToArray());
        table.CopyTo(header.AsSpan(Marshal.SizeOf<SectionLayout.Header>()));
        Seal(header);
        _file.Position = 0;
        _file.Write(header);
        _file.Flush();
    }

    /// <summary>
    /// Puts other bytes, as many, in place of a section of a file that is finished but not used yet, and makes the file
    /// durable.
    /// </summary>
    public static void Replace(string path, int section, ReadOnlySpan<byte> bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var header = new byte[SectionLayout.HeaderSizeBytes];
        file.ReadExactly(header);
        var head = MemoryMarshal.Read<SectionLayout.Header>(header);
        var table = MemoryMarshal.Cast<byte, SectionLayout.Entry>(header.AsSpan(Marshal.SizeOf<SectionLayout.Header>()));
        foreach (ref var entry in table[..head.SectionCount])
        {
            if (entry.Section != section) continue;
            if (bytes.Length != entry.SizeBytes)
                throw new ArgumentException($"The section has {entry.SizeBytes} bytes.", nameof(bytes));
            entry.Hash = XxHash3.HashToUInt64(bytes);
            file.Position = entry.Offset;
            file.Write(bytes);
        }

        Seal(header);
        file.Position = 0;
        file.Write(header);
        file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private static void Seal(byte[] header) => MemoryMarshal.Write(
        header.AsSpan(header.Length - sizeof(ulong)), XxHash3.HashToUInt64(header.AsSpan(..^sizeof(ulong))));
}
