using System.Buffers;
using System.IO.Compression;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Exports;

/// <summary>
/// Packs a version of a workspace, part by part. A version never changes and is walked in one order, so a part depends on
/// its beginning alone and is the same whenever it is packed. The content is hostile: no link is followed, and pipes,
/// sockets, devices and set-user-id bits are left out.
/// </summary>
internal sealed class Packer(Folder files, int depthMax, CancellationToken cancellationToken)
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>How much content there is, and of how many items.</summary>
    public (long ContentBytes, long FilesCount) Measure()
    {
        var (bytes, count) = (0L, 0L);
        Walk(item =>
        {
            if (item.Facts.IsFile) bytes += item.Facts.SizeBytes;
            if (TypeOf(item.Facts) is not null) count++;
            return true;
        });
        return (bytes, count);
    }

    /// <summary>Writes one part, compressed.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="bytesMax">How much it holds, before it is compressed; the last item may exceed it by a header.</param>
    /// <param name="target">Where to.</param>
    /// <param name="onContent">Told of how much content has been packed.</param>
    /// <returns>Where the next part begins, or null after the last; and how much content this one holds.</returns>
    public Result<(PackPosition? Next, long ContentBytes)> Pack(
        PackPosition from, long bytesMax, Stream target, Action<long> onContent)
    {
        using var gzip = new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true);
        var (entry, written, content) = (-1, 0L, 0L);
        PackPosition? next = null;
        Fault? broken = null;
        Walk(item =>
        {
            entry++;
            if (entry < from.Entry || TypeOf(item.Facts) is not { } type) return true;
            var offset = entry == from.Entry ? from.OffsetBytes : 0;
            if (written >= bytesMax)
            {
                next = new PackPosition(entry, offset);
                return false;
            }

            if (offset == 0)
            {
                var header = HeaderOf(item, type);
                gzip.Write(header);
                written += header.Length;
            }

            if (type is not TarType.File) return true;
            var room = Math.Min(item.Facts.SizeBytes - offset, Math.Max(BufferBytes, bytesMax - written));
            if (!Copy(item, offset, room, gzip, copied => onContent(content + copied)))
            {
                broken = Changed(item.Path);
                return false;
            }

            written += room;
            content += room;
            if (offset + room < item.Facts.SizeBytes)
            {
                next = new PackPosition(entry, offset + room);
                return false;
            }

            gzip.Write(TarHeader.End, 0, TarHeader.Padding(item.Facts.SizeBytes));
            return true;
        });
        if (broken is not null) return broken;
        if (next is null) gzip.Write(TarHeader.End);
        return (next, content);
    }

    private static TarType? TypeOf(in FileFacts facts) =>
        facts.IsFile ? TarType.File : facts.IsFolder ? TarType.Folder : facts.IsLink ? TarType.Link : null;

    private static byte[] HeaderOf(Item item, TarType type)
    {
        var target = type is TarType.Link ? Folder.Show(item.Parent.ReadLink(item.Name) ?? []) : "";
        var size = type is TarType.File ? item.Facts.SizeBytes : 0;
        return TarHeader.Of(type, item.Path, item.Facts.Permissions & 0x1FF, size, item.Facts.ModifiedSeconds, target);
    }

    private bool Copy(Item item, long offset, long count, Stream target, Action<long> onCopied)
    {
        if (count == 0) return true;
        using var file = Tree.OpenForced(item.Parent, item.Name, item.Facts);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var copied = 0L; copied < count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var wanted = (int)Math.Min(buffer.Length, count - copied);
                var read = RandomAccess.Read(file, buffer.AsSpan(0, wanted), offset + copied);
                if (read == 0) return false;
                target.Write(buffer, 0, read);
                onCopied(copied += read);
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Shows every item until one says that it is enough.</summary>
    private void Walk(Func<Item, bool> show)
    {
        Visit(files, "", 1);

        bool Visit(Folder folder, string prefix, int depth)
        {
            if (depth > depthMax + 1) return true;
            var entries = folder.Entries();
            entries.Sort(static (one, other) => one.Name.AsSpan().SequenceCompareTo(other.Name));
            foreach (var entry in entries)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (folder.FactsOf(entry.Name) is not { } facts) continue;
                var path = prefix + entry;
                if (!show(new Item(folder, entry.Name, path, facts))) return false;
                if (!facts.IsFolder) continue;
                using var inner = Tree.EnterForced(folder, entry.Name, facts);
                if (inner is not null && !Visit(inner, path + "/", depth + 1)) return false;
            }

            return true;
        }
    }

    private static Fault Changed(string path) => new(
        "sandbox.file_changed",
        FaultKind.Conflict,
        $"'{(path.Length <= 200 ? path : path[..200] + "…")}' became shorter while it was packed. Start the export again.");

    private readonly record struct Item(Folder Parent, byte[] Name, string Path, FileFacts Facts);
}
