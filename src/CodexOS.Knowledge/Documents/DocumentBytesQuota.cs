using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Quotas;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Documents;

/// <summary>How many bytes the documents of a tenant may have, in all its knowledge bases together.</summary>
internal sealed class DocumentBytesQuota(IDbContextFactory<KnowledgeDb> contexts, IOptions<KnowledgeOptions> options) : IQuota
{
    public const string QuotaName = "knowledge_bytes";

    public string Name => QuotaName;

    public string Summary => "Bytes of documents in knowledge bases.";

    public long Default => options.Value.BytesPerTenantMax;

    public async ValueTask<long> UsedAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await UsedAsync(db, cancellationToken);
    }

    /// <summary>How many bytes the present tenant has; an index has the sizes, so no document is looked at.</summary>
    public static Task<long> UsedAsync(KnowledgeDb db, CancellationToken cancellationToken) =>
        db.Documents.SumAsync(static row => row.SizeBytes, cancellationToken);
}
