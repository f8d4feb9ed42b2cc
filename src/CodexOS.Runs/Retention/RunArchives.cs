using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;

namespace CodexOS.Runs.Retention;

/// <summary>
/// Events of runs as compressed files in the blob store: gzip over lines of JSON, the first of which says what follows. The
/// store names a file by the SHA-256 of its bytes and checks it with every read, so a damaged one is never taken for whole.
/// </summary>
internal sealed class RunArchives(IBlobStore blobs)
{
    private const int FormatVersion = 1;
    private const int KeptMax = 8;
    private const int KeptEventsMax = 20_000;

    private readonly Lock _lock = new();
    private readonly LinkedList<(string Hash, IReadOnlyList<StoredEvent> Events)> _kept = [];

    /// <summary>The compressed file of a run's events.</summary>
    public static byte[] Pack(RunId run, IReadOnlyList<StoredEvent> events)
    {
        using var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal))
        using (var lines = new StreamWriter(gzip, new UTF8Encoding(false)))
        {
            lines.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"format\":{FormatVersion},\"run\":\"{run}\",\"from\":{events[0].Seq},\"count\":{events.Count}}}\n"));
            foreach (var one in events)
            {
                // A line's end inside a payload can only be space between its parts.
                var payload = one.Payload.ReplaceLineEndings(" ");
                lines.Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"seq\":{one.Seq},\"kind\":{one.Kind},\"at\":{one.At.ToUnixTimeMilliseconds()},\"name\":\"{RunEventJson.NameOf(one.Kind)}\",\"data\":"));
                lines.Write(payload);
                lines.Write("}\n");
            }
        }

        return target.ToArray();
    }

    /// <summary>Reads a file back.</summary>
    /// <exception cref="PayloadLostException">It is missing or damaged.</exception>
    /// <exception cref="InvalidDataException">It is not an archive that this version can read.</exception>
    public async Task<IReadOnlyList<StoredEvent>> ReadAsync(TenantId tenant, string hash, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Hash != hash) continue;
                _kept.Remove(node);
                _kept.AddFirst(node);
                return node.Value.Events;
            }
        }

        var blob = await blobs.ReadAsync(tenant, hash, cancellationToken);
        if (!blob.TryGet(out var content, out var fault)) throw new PayloadLostException(fault);
        var events = Unpack(content, hash);
        if (events.Count > KeptEventsMax) return events;
        lock (_lock)
        {
            _kept.AddFirst((hash, events));
            if (_kept.Count > KeptMax) _kept.RemoveLast();
        }

        return events;
    }

    private static List<StoredEvent> Unpack(byte[] content, string hash)
    {
        using var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var lines = new StreamReader(gzip, new UTF8Encoding(false));
        using var head = JsonDocument.Parse(lines.ReadLine() ?? "{}");
        if (!head.RootElement.TryGetProperty("format", out var format) || format.GetInt32() != FormatVersion)
            throw new InvalidDataException($"The archive {hash} has a format that this version does not know.");
        var count = head.RootElement.GetProperty("count").GetInt32();
        var events = new List<StoredEvent>(count);
        while (lines.ReadLine() is { } line)
        {
            using var one = JsonDocument.Parse(line);
            events.Add(new StoredEvent(
                one.RootElement.GetProperty("seq").GetInt32(),
                one.RootElement.GetProperty("kind").GetInt16(),
                one.RootElement.GetProperty("data").GetRawText(),
                DateTimeOffset.FromUnixTimeMilliseconds(one.RootElement.GetProperty("at").GetInt64())));
        }

        return events.Count == count
            ? events
            : throw new InvalidDataException($"The archive {hash} has {events.Count} events instead of {count}.");
    }
}
