using System.Buffers.Text;
using System.Text;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>What an archive holds at one place.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Its path as written.</param>
/// <param name="Target">Where a link points, as written.</param>
/// <param name="SizeBytes">The length of its content, which follows in the stream.</param>
/// <param name="IsExecutable">Whether its owner may execute it.</param>
internal sealed record TarItem(TarKind Kind, string Path, string Target, long SizeBytes, bool IsExecutable);

/// <summary>What an archive can hold.</summary>
internal enum TarKind
{
    File,
    Folder,
    SymbolicLink,
    HardLink,
    Other,
}

/// <summary>The archive is not what it claims to be.</summary>
internal sealed class BadArchiveException(string why) : Exception(why);

/// <summary>
/// Reads tar archives (ustar, pax and GNU names) one item at a time, with bounds on everything that the archive says of
/// itself. Sparse files, volumes and devices are reported as <see cref="TarKind.Other"/>.
/// </summary>
internal sealed class TarReader(Stream archive)
{
    private const int BlockBytes = 512;
    private const int ExtensionBytesMax = 64 * 1024;
    private readonly byte[] _block = new byte[BlockBytes];
    private long _unread;
    private int _padding;

    /// <summary>The next item, or null at the end. Content of the item before that was not read is skipped.</summary>
    /// <exception cref="BadArchiveException">It is not a tar archive.</exception>
    public async Task<TarItem?> NextAsync(CancellationToken cancellationToken)
    {
        string? path = null;
        string? target = null;
        long? size = null;
        while (true)
        {
            await SkipAsync(cancellationToken);
            if (!await TryReadBlockAsync(cancellationToken) || _block.AsSpan().IndexOfAnyExcept((byte)0) < 0) return null;
            CheckSum();
            var type = (char)_block[156];
            var ownSize = ReadNumber(124, 12);
            if (type is 'x' or 'g' or 'L' or 'K')
            {
                var extension = await ReadExtensionAsync(ownSize, cancellationToken);
                if (type == 'L') path = TextOf(extension);
                else if (type == 'K') target = TextOf(extension);
                else if (type == 'x') ReadPax(extension, ref path, ref target, ref size);
                continue;
            }

            var kind = type switch
            {
                '0' or '\0' or '7' => TarKind.File,
                '5' => TarKind.Folder,
                '2' => TarKind.SymbolicLink,
                '1' => TarKind.HardLink,
                _ => TarKind.Other,
            };
            path ??= HeaderPath();
            // Old archives mark a folder by a slash at the end of its name.
            if (kind == TarKind.File && path.EndsWith('/')) kind = TarKind.Folder;
            var length = kind == TarKind.File ? size ?? ownSize : 0;
            if (length < 0) throw new BadArchiveException("has an item of negative length");
            _unread = kind == TarKind.Other ? size ?? ownSize : length;
            _padding = (int)((BlockBytes - (_unread % BlockBytes)) % BlockBytes);
            return new TarItem(kind, path, target ?? Text(157, 100), length, (ReadNumber(100, 8) & 0x40) != 0);
        }
    }

    /// <summary>Reads content of the present item; 0 at its end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_unread == 0) return 0;
        if (buffer.Length > _unread) buffer = buffer[..(int)_unread];
        var count = await archive.ReadAsync(buffer, cancellationToken);
        if (count == 0) throw new BadArchiveException("ends in the middle of a file");
        _unread -= count;
        return count;
    }

    private async Task SkipAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (_unread > 0) _ = await ReadAsync(buffer, cancellationToken);
        if (_padding > 0) await ReadExactlyAsync(buffer.AsMemory(0, _padding), cancellationToken);
        _padding = 0;
    }

    private async Task<bool> TryReadBlockAsync(CancellationToken cancellationToken)
    {
        var count = await archive.ReadAtLeastAsync(_block, BlockBytes, throwOnEndOfStream: false, cancellationToken);
        if (count is not (0 or BlockBytes)) throw new BadArchiveException("ends in the middle of a header");
        return count == BlockBytes;
    }

    private async Task ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = await archive.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (count < buffer.Length) throw new BadArchiveException("ends too early");
    }

    private async Task<byte[]> ReadExtensionAsync(long size, CancellationToken cancellationToken)
    {
        if (size is < 0 or > ExtensionBytesMax) throw new BadArchiveException("has a name or attributes that are too long");
        var extension = new byte[size];
        await ReadExactlyAsync(extension, cancellationToken);
        _padding = (int)((BlockBytes - (size % BlockBytes)) % BlockBytes);
        return extension;
    }

    private void CheckSum()
    {
        var sum = 0L;
        for (var i = 0; i < BlockBytes; i++) sum += i is >= 148 and < 156 ? ' ' : _block[i];
        if (sum != ReadNumber(148, 8)) throw new BadArchiveException("is not a tar archive, or is damaged");
    }

    private string HeaderPath()
    {
        var name = Text(0, 100);
        var isUstar = _block.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        var prefix = isUstar ? Text(345, 155) : "";
        return prefix.Length == 0 ? name : $"{prefix}/{name}";
    }

    private string Text(int at, int length) => TextOf(_block.AsSpan(at, length));

    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private long ReadNumber(int at, int length)
    {
        var field = _block.AsSpan(at, length);
        if ((field[0] & 0x80) != 0)
        {
            // GNU writes what eight digits cannot hold as a binary number.
            long value = field[0] & 0x3F;
            foreach (var digit in field[1..])
            {
                if (value > long.MaxValue >> 9) throw new BadArchiveException("has a number that is too large");
                value = (value << 8) | digit;
            }

            return value;
        }

        var number = 0L;
        foreach (var digit in field.Trim(" \0"u8))
        {
            if (digit is < (byte)'0' or > (byte)'7') throw new BadArchiveException("is not a tar archive, or is damaged");
            number = (number << 3) | (uint)(digit - '0');
        }

        return number;
    }

    /// <summary>Reads <c>length key=value</c> lines.</summary>
    private static void ReadPax(ReadOnlySpan<byte> text, ref string? path, ref string? target, ref long? size)
    {
        while (!text.IsEmpty)
        {
            if (!Utf8Parser.TryParse(text, out int length, out var digits) || length <= digits || length > text.Length)
                throw new BadArchiveException("has damaged attributes");
            var line = text[(digits + 1)..length].TrimEnd((byte)'\n');
            var equals = line.IndexOf((byte)'=');
            if (equals < 0) throw new BadArchiveException("has damaged attributes");
            var value = line[(equals + 1)..];
            switch (Encoding.UTF8.GetString(line[..equals]))
            {
                case "path":
                    path = Encoding.UTF8.GetString(value);
                    break;
                case "linkpath":
                    target = Encoding.UTF8.GetString(value);
                    break;
                case "size":
                    size = Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && number >= 0
                        ? number
                        : throw new BadArchiveException("has a file of unknown length");
                    break;
                case var key when key.StartsWith("GNU.sparse", StringComparison.Ordinal):
                    throw new BadArchiveException("has a sparse file; pack it without --sparse");
            }

            text = text[length..];
        }
    }
}
