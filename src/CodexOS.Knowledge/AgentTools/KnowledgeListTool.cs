using System.Globalization;
using System.Text;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.AgentTools;

/// <summary>Lists the bases that a run may read, or the documents of one.</summary>
internal sealed class KnowledgeListTool(GrantedBases granted, BaseStore bases, DocumentStore documents) : ITool
{
    private const int DocumentsMax = 100;

    public ToolContract Contract { get; } = GrantedBases.Contract(
        "knowledge_list",
        "Lists the knowledge bases that you may read, or the documents of one of them.",
        """
        {
          "type": "object",
          "properties": {
            "base": { "type": "string", "minLength": 1, "maxLength": 60,
                "description": "The knowledge base whose documents are listed; without it, the bases are." },
            "after": { "type": "string", "minLength": 1, "maxLength": 60, "description": "Go on after the document of this id." }
          },
          "additionalProperties": false
        }
        """);

    public async Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        if (GrantedBases.Text(call, "base") is null) return await ListBasesAsync(call, cancellationToken);
        if (!(await granted.FindAsync(call, cancellationToken)).TryGet(out var place, out var fault))
            return GrantedBases.Explain(fault);
        DocumentId? after = null;
        if (GrantedBases.Text(call, "after") is { } last)
        {
            if (!DocumentId.TryParse(last, null, out var id)) return GrantedBases.Explain(KnowledgeFaults.DocumentNotFound);
            after = id;
        }

        return await ListDocumentsAsync(call, place, after, cancellationToken);
    }

    private async Task<Result<ToolResult>> ListBasesAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var listed = new List<Base>();
        foreach (var name in call.Knowledge)
        {
            // One that was deleted since the run was started is left out.
            if (!(await bases.GetAsync(name, cancellationToken)).TryGet(out var one, out _)) continue;
            listed.Add(new Base(one.Name, one.Description));
            text.Append(one.Name).Append(one.Description.Length > 0 ? $": {one.Description}\n" : "\n");
        }

        if (listed.Count == 0) text.Append("There is no knowledge base for you any more.");
        return GrantedBases.Answer(text.ToString(), new { bases = listed }, new Label(Integrity.Tenant, Readers.Tenant));
    }

    private async Task<Result<ToolResult>> ListDocumentsAsync(
        ToolCall call, BaseRow place, DocumentId? after, CancellationToken cancellationToken)
    {
        var rows = await documents.ListAsync(place, DocumentState.Indexed, after, DocumentsMax + 1, cancellationToken);
        var hasMore = rows.Count > DocumentsMax;
        var seen = rows.Take(DocumentsMax).ToList();
        var listed = seen.Where(row => DocumentAccess.MayRead(row, GrantedBases.ReaderOf(call))).ToList();
        var text = new StringBuilder();
        foreach (var row in listed)
        {
            text.Append(CultureInfo.InvariantCulture, $"{row.DocumentId} {row.Name}");
            if (row.Title is { Length: > 0 } title) text.Append(" - ").Append(title);
            text.Append(CultureInfo.InvariantCulture, $" ({row.Format}, {row.CharactersCount} characters)\n");
        }

        if (listed.Count == 0 && !hasMore) text.Append("There is no document for you.\n");
        if (hasMore) text.Append(CultureInfo.InvariantCulture, $"[There are more; go on after {seen[^1].DocumentId}.]\n");
        var label = listed.Aggregate(
            new Label(Integrity.Tool, Readers.Tenant), static (label, row) => label.Join(DocumentAccess.LabelOf(row)));
        return GrantedBases.Answer(
            text.ToString(),
            new
            {
                documents = listed.Select(static row => new Listed(
                    row.DocumentId.ToString(), row.Name, row.Title, row.Format, row.CharactersCount)),
                next = hasMore ? seen[^1].DocumentId.ToString() : null,
            },
            label,
            truncated: hasMore);
    }

    private sealed record Base(string Name, string Description);

    private sealed record Listed(string Id, string Name, string? Title, string? Format, long Characters);
}
