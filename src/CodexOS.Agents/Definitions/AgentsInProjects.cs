using CodexOS.Agents.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Agents.Definitions;

/// <summary>Agents as things of projects, by name.</summary>
internal sealed class AgentsInProjects(IDbContextFactory<AgentsDb> contexts) : IProjectThings
{
    public string Kind => ResourceKinds.Agent;

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Agents.AnyAsync(agent => agent.Name == name, cancellationToken);
    }
}
