using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Bases;

/// <summary>Knowledge bases as things of projects, by name.</summary>
internal sealed class BasesInProjects(IDbContextFactory<KnowledgeDb> contexts) : IProjectThings
{
    public string Kind => ResourceKinds.Knowledge;

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Bases.AnyAsync(row => row.Name == name, cancellationToken);
    }
}
