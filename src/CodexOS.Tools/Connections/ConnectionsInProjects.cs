using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Tools.Connections;

/// <summary>Connections as things of projects, by name.</summary>
internal sealed class ConnectionsInProjects(IDbContextFactory<ToolsDb> contexts) : IProjectThings
{
    public string Kind => ResourceKinds.Connection;

    public async Task<bool> ExistsAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Connections.AnyAsync(connection => connection.Name == name, cancellationToken);
    }
}
