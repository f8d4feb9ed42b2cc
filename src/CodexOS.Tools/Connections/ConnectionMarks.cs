using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Tools.Connections;

/// <summary>Notes about connections of the present tenant that come up while their tools are called.</summary>
internal sealed class ConnectionMarks(IDbContextFactory<ToolsDb> contexts)
{
    /// <summary>The source has said that its tools have changed. Nothing is asked of it: somebody has to refresh it.</summary>
    public async Task MarkChangedAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Connections.Where(row => row.Id == id && row.State == nameof(ConnectionState.Ready))
            .ExecuteUpdateAsync(
                static set => set.SetProperty(static row => row.State, nameof(ConnectionState.Changed)), cancellationToken);
    }
}
