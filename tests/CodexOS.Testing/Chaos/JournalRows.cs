using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodexOS.Testing.Chaos;

/// <summary>The journal as it lies in the database, read without the engine once all servers have ended.</summary>
internal static class JournalRows
{
    /// <summary>All rows by run, as the API prints its id.</summary>
    public static async Task<Dictionary<string, List<(int Seq, int Epoch, int Kind)>>> ReadAsync(
        string connectionString, bool postgres, CancellationToken cancellationToken)
    {
        await using DbConnection connection = postgres
            ? new NpgsqlConnection(connectionString)
            : new SqliteConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        var table = postgres ? "runs.run_events" : "run_events";
        command.CommandText = $"SELECT run_id, seq, epoch, kind FROM {table} ORDER BY run_id, seq";
        var runs = new Dictionary<string, List<(int, int, int)>>(StringComparer.Ordinal);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var id = postgres ? row.GetGuid(0) : new Guid((byte[])row[0], bigEndian: true);
            var run = $"run_{id:N}";
            if (!runs.TryGetValue(run, out var events)) runs[run] = events = [];
            events.Add((row.GetInt32(1), row.GetInt32(2), row.GetInt16(3)));
        }

        return runs;
    }

    /// <summary>What is wrong with one run's rows.</summary>
    public static IEnumerable<string> Violations(List<(int Seq, int Epoch, int Kind)> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Seq != i) yield return $"a gap in the table: row {i} has place {rows[i].Seq}";
            if (i > 0 && rows[i].Epoch < rows[i - 1].Epoch)
                yield return $"epoch regression in the table: {rows[i].Epoch} after {rows[i - 1].Epoch} at {rows[i].Seq}";
        }
    }
}
