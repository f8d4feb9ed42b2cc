using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CodexOS.Platform.Storage;

/// <summary>Gives connections that EF Core opens the same settings as those opened by hand.</summary>
internal sealed class SqliteSettings(Database database) : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) =>
        throw new InvalidOperationException("Open database connections asynchronously.");

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (connection is SqliteConnection) await database.ConfigureAsync(connection, cancellationToken);
    }
}
