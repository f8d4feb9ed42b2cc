using System.Formats.Tar;
using System.Text;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Makes archives, honest and hostile, with the framework's own writer.</summary>
internal sealed class TarBuilder
{
    private readonly MemoryStream _stream = new();
    private readonly TarWriter _writer;

    public TarBuilder(TarEntryFormat format = TarEntryFormat.Pax) => _writer = new TarWriter(_stream, format, leaveOpen: true);

    public TarBuilder File(string path, string text, UnixFileMode mode = (UnixFileMode)0x1A4) =>
        Add(TarEntryType.RegularFile, path, null, Encoding.UTF8.GetBytes(text), mode);

    public TarBuilder File(string path, byte[] content) =>
        Add(TarEntryType.RegularFile, path, null, content, (UnixFileMode)0x1A4);

    public TarBuilder Folder(string path) => Add(TarEntryType.Directory, path, null, null);

    public TarBuilder Link(string path, string target) => Add(TarEntryType.SymbolicLink, path, target, null);

    public TarBuilder HardLink(string path, string target) => Add(TarEntryType.HardLink, path, target, null);

    public TarBuilder Other(TarEntryType type, string path) => Add(type, path, null, null);

    public byte[] Bytes()
    {
        _writer.Dispose();
        return _stream.ToArray();
    }

    private TarBuilder Add(TarEntryType type, string path, string? target, byte[]? content,
        UnixFileMode mode = (UnixFileMode)0x1ED)
    {
        var entry = new PaxTarEntry(type, path) { Mode = mode };
        if (target is not null) entry.LinkName = target;
        if (content is not null) entry.DataStream = new MemoryStream(content);
        _writer.WriteEntry(entry);
        return this;
    }
}
