using System.Data.Common;
using System.Globalization;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Runs.Moves;

/// <summary>A database in which the work of tenants can lie.</summary>
/// <param name="Name">What <c>codexos tenants move</c> calls it; <c>home</c> is the home database.</param>
/// <param name="Tenants">How many tenants lie there.</param>
/// <param name="SizeBytes">How large the whole database is; null if it does not answer.</param>
/// <param name="Version">What it is, with its version; null if it does not answer.</param>
public sealed record Shard(string Name, int Tenants, long? SizeBytes, string? Version);

/// <summary>Looks at the databases.</summary>
internal sealed class Shards(Database database, TenantPlaces places, ITenantRegister register)
{
    /// <summary>All of them, the home database first.</summary>
    public async Task<IReadOnlyList<Shard>> ListAsync(CancellationToken cancellationToken)
    {
        var counts = places.Counts;
        var all = await register.CountAsync(cancellationToken);
        var elsewhere = counts.Where(static one => one.Key != Place.HomeName).Sum(static one => one.Value);
        var list = new List<Shard>();
        foreach (var place in places.All)
        {
            var count = place.IsHome ? Math.Max(0, all - elsewhere) : counts.GetValueOrDefault(place.Name);
            list.Add(await LookAsync(new Shard(place.Name, count, null, null), place, cancellationToken));
        }

        return list;
    }

    private async Task<Shard> LookAsync(Shard shard, Place place, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenAsync(place, cancellationToken);
            await using var command = connection.CreateCommand();
            var isSqlite = database.Dialect is SqlDialect.Sqlite;
            command.CommandText = isSqlite
                ? "SELECT page_count * page_size, sqlite_version() FROM pragma_page_count(), pragma_page_size()"
                : "SELECT pg_database_size(current_database()), current_setting('server_version')";
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return shard with
            {
                SizeBytes = Convert.ToInt64(row.GetValue(0), CultureInfo.InvariantCulture),
                Version = $"{(isSqlite ? "SQLite" : "PostgreSQL")} {row.GetString(1)}",
            };
        }
        catch (DbException)
        {
            // What does not answer is listed as that.
            return shard;
        }
    }
}
