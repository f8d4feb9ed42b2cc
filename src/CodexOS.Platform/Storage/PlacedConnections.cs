using System.Data.Common;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Gives a context its connection when it first needs one: to the place of the tenant that it works for then. A context is not
/// used for a tenant that lies elsewhere afterwards; <see cref="ScopedCommands"/> sees to that.
/// </summary>
internal sealed class PlacedConnections(Database database, TenantPlaces places) : DbConnectionInterceptor
{
    public override InterceptionResult<DbConnection> ConnectionCreating(
        ConnectionCreatingEventData eventData, InterceptionResult<DbConnection> result) =>
        InterceptionResult<DbConnection>.SuppressWithResult(database.ConnectionTo(places.Current));
}
