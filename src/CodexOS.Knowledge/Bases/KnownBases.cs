using CodexOS.Knowledge.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Bases;

/// <summary>Tells which names are names of bases.</summary>
internal sealed class KnownBases(IDbContextFactory<KnowledgeDb> contexts) : IKnowledgeBases
{
    public async Task<IReadOnlySet<string>> KnownAsync(
        IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await db.Bases.Where(row => names.Contains(row.Name)).Select(static row => row.Name)
            .ToListAsync(cancellationToken);
        return found.ToHashSet(StringComparer.Ordinal);
    }
}
