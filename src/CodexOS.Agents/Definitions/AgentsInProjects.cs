using CodexOS.Agents.Demo;
using CodexOS.Agents.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Agents.Definitions;

/// <summary>Agents as things of projects, by name.</summary>
/// <param name="contexts">The agents.</param>
/// <param name="services">Gives the demo agent when it is needed: it comes by way of projects to things like these.</param>
internal sealed class AgentsInProjects(IDbContextFactory<AgentsDb> contexts, IServiceProvider services) : IProjectThings
{
    public string Kind => ResourceKinds.Agent;

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<DemoAgent>().EnsureAsync(cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Agents.AnyAsync(agent => agent.Name == name, cancellationToken);
    }
}
