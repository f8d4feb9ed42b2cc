using System.Collections.Concurrent;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Documents;

/// <summary>The texts of documents. Those asked for last are kept at hand, up to <c>Knowledge:TextCacheBytesMax</c>.</summary>
internal sealed class DocumentTexts(
    IDbContextFactory<KnowledgeDb> contexts, BaseContent content, IOptions<KnowledgeOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _known = [];
    private readonly LinkedList<Entry> _recent = [];
    private long _bytes;

    /// <summary>The text of a document's present version.</summary>
    public async Task<Result<KeptText>> ReadAsync(BaseRow place, DocumentRow row, CancellationToken cancellationToken)
    {
        if (row.TextBlob is not { } blob || row.State is not DocumentState.Indexed) return KnowledgeFaults.NotIndexed;
        if (Find(blob) is { } known) return known;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var read = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Text, blob, cancellationToken);
        if (!read.TryGet(out var bytes, out var fault)) return fault;
        var text = KeptText.Of(StoredText.Read(bytes));
        Keep(blob, text);
        return text;
    }

    /// <summary>The texts of several documents; those that are not at hand are read side by side.</summary>
    public async Task<Result<ConcurrentDictionary<DocumentId, KeptText>>> ReadAsync(
        BaseRow place, IReadOnlyCollection<DocumentRow> rows, CancellationToken cancellationToken)
    {
        var texts = new ConcurrentDictionary<DocumentId, KeptText>();
        var missing = new List<DocumentRow>();
        foreach (var row in rows)
        {
            if (row.TextBlob is { } blob && Find(blob) is { } known) texts[row.DocumentId] = known;
            else missing.Add(row);
        }

        if (missing.Count == 0) return texts;
        Fault? unread = null;
        await Parallel.ForEachAsync(
            missing,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            async (row, token) =>
            {
                if ((await ReadAsync(place, row, token)).TryGet(out var text, out var fault)) texts[row.DocumentId] = text;
                else unread = fault;
            });
        if (unread is not null) return unread;
        return texts;
    }

    private KeptText? Find(string blob)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(blob, out var node)) return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Text;
        }
    }

    private void Keep(string blob, KeptText text)
    {
        if (text.SizeBytes > options.Value.TextCacheBytesMax / 4) return;
        lock (_gate)
        {
            if (_known.ContainsKey(blob)) return;
            _known[blob] = _recent.AddFirst(new Entry(blob, text));
            for (_bytes += text.SizeBytes; _bytes > options.Value.TextCacheBytesMax; _recent.RemoveLast())
            {
                var last = _recent.Last!.Value;
                _known.Remove(last.Blob);
                _bytes -= last.Text.SizeBytes;
            }
        }
    }

    private sealed record Entry(string Blob, KeptText Text);
}
