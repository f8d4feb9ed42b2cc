using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Bench;

/// <summary>How long runs took from their creation to their last event, read from their rows in milliseconds.</summary>
internal static class RunLatencies
{
    public static async Task<(double P50Ms, double P95Ms)> OfAsync(Database database, TenantId tenant)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var command = connection.CreateCommand();
        command.CommandText = database.Dialect is SqlDialect.Sqlite
            ? "SELECT CAST(ended_at - created_at AS REAL) FROM runs WHERE tenant_id = $tenant ORDER BY 1"
            : """
                SELECT extract(epoch FROM ended_at - created_at)::float8 * 1000 FROM runs.runs
                WHERE tenant_id = @tenant ORDER BY 1
                """;
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = database.Dialect is SqlDialect.Sqlite
            ? ("$tenant", tenant.Value.ToByteArray(bigEndian: true))
            : ("tenant", (object)tenant.Value);
        command.Parameters.Add(parameter);
        var latencies = new List<double>();
        await using DbDataReader row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync()) latencies.Add(row.GetDouble(0));
        return (latencies[latencies.Count / 2], latencies[Math.Min(latencies.Count - 1, latencies.Count * 95 / 100)]);
    }
}
