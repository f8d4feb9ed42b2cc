using CodexOS.Knowledge.Bases;
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
    public async Task<Result<StoredText>> ReadAsync(BaseRow place, DocumentRow row, CancellationToken cancellationToken)
    {
        if (row.TextBlob is not { } blob || row.State is not DocumentState.Indexed) return KnowledgeFaults.NotIndexed;
        if (Find(blob) is { } known) return known;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var read = await content.ReadAsync(db, place, row.DocumentId, ContentPart.Text, blob, cancellationToken);
        if (!read.TryGet(out var bytes, out var fault)) return fault;
        var text = StoredText.Read(bytes);
        Keep(blob, text);
        return text;
    }

    private StoredText? Find(string blob)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(blob, out var node)) return null;
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Text;
        }
    }

    private void Keep(string blob, StoredText text)
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

    private sealed record Entry(string Blob, StoredText Text);
}
