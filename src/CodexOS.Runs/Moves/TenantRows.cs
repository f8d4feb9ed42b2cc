using System.Globalization;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Npgsql;

namespace CodexOS.Runs.Moves;

/// <summary>
/// The rows of a tenant on their way from one database to another. A table is read by ranges of its pages, in the form in which
/// PostgreSQL stores values, into a temporary table beside the target, and from there merged: PostgreSQL lets nobody COPY into a
/// table with row-level security. A batch is a transaction, and doing it again changes nothing.
/// </summary>
internal sealed class TenantRows(TenantId tenant, Place source, Place target, IReadOnlyList<MovedTable> tables)
{
    /// <summary>How many pages of a table are read at once, of 8 KiB each.</summary>
    private const int PagesPerBatch = 2_048;

    private const string Settings =
        "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true), "
        + "set_config('IntervalStyle', 'postgres', true), set_config('bytea_output', 'hex', true), "
        + "set_config('extra_float_digits', '1', true)";

    private readonly RowScope _scope = PlaceChanges.ScopeOf(tenant);

    /// <summary>The tables, each after those that its rows refer to.</summary>
    public IReadOnlyList<MovedTable> Tables => tables;

    /// <summary>
    /// The oldest transaction of the source that has not ended: what a statement sees from here on and later ones change is
    /// written by this one or a later one.
    /// </summary>
    public async Task<string> MomentAsync(CancellationToken cancellationToken)
    {
        await using var command = source.Postgres.CreateCommand("SELECT pg_snapshot_xmin(pg_current_snapshot())::text");
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// Copies a table's rows, all or those that were written since a moment. While the tenant works, a row that refers to one
    /// which is not there yet is left out: it was written after the moment at which this pass began, so the next one has it.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="since">The moment; null for all rows.</param>
    /// <param name="isClosed">Whether nobody writes any more, so that nothing may be left out.</param>
    /// <param name="progress">Told how many pages of how many were read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many rows were written in the target, and how many bytes were carried.</returns>
    public async Task<CopiedRows> CopyAsync(
        MovedTable table, string? since, bool isClosed, Action<long, long> progress, CancellationToken cancellationToken)
    {
        var pages = await PagesAsync(source, table, cancellationToken);
        var copied = new CopiedRows(0, 0);
        for (var first = 0L; first < pages; first += PagesPerBatch)
        {
            // Ids of pages end where integers do; a table that grows meanwhile is read to its end by the last range.
            var next = first + PagesPerBatch < pages ? first + PagesPerBatch : 4_294_967_295L;
            copied += await CopyBatchAsync(table, first, next, since, isClosed, cancellationToken);
            progress(Math.Min(first + PagesPerBatch, pages), pages);
        }

        return copied;
    }

    /// <summary>Removes rows of the target whose keys are no longer in the source, from all tables.</summary>
    public async Task RemoveStaleAsync(CancellationToken cancellationToken)
    {
        foreach (var table in tables.Reverse()) await RemoveStaleAsync(table, cancellationToken);
    }

    /// <summary>Removes all rows of the tenant from a place.</summary>
    public async Task<long> RemoveAllAsync(Place place, Action<MovedTable> progress, CancellationToken cancellationToken)
    {
        var removed = 0L;
        foreach (var table in tables.Reverse())
        {
            progress(table);
            var pages = await PagesAsync(place, table, cancellationToken);
            for (var first = 0L; first < pages; first += PagesPerBatch)
            {
                var next = first + PagesPerBatch < pages ? first + PagesPerBatch : 4_294_967_295L;
                await using var delete = new ScopedStatement(
                    place.Postgres, _scope, $"DELETE FROM {table.Name} WHERE {WhereOf(first, next)}");
                removed += await delete.ExecuteAsync(cancellationToken);
            }
        }

        return removed;
    }

    /// <summary>Whether the tenant has any row in a place.</summary>
    public async Task<bool> AnyAsync(Place place, CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            await using var look = new ScopedStatement(
                place.Postgres, _scope, $"SELECT 1 FROM {table.Name} WHERE tenant_id = $1 LIMIT 1");
            if (await look.With(tenant.Value).ScalarAsync(cancellationToken) is not null) return true;
        }

        return false;
    }

    /// <summary>How many rows a table has in a place, and a hash over all of them, in whatever order they lie.</summary>
    public async Task<TableSum> SumAsync(Place place, MovedTable table, CancellationToken cancellationToken)
    {
        await using var connection = await place.Postgres.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var settings = new ScopedStatement(connection, _scope, Settings))
            await settings.ScalarAsync(cancellationToken);
        await using var sum = new ScopedStatement(connection, _scope, $"""
            SELECT count(*), coalesce(sum(hashtextextended(line, 0)::numeric), 0)::text,
                coalesce(sum(hashtextextended(line, 1)::numeric), 0)::text
            FROM (SELECT ROW({table.ColumnList})::text COLLATE "C" AS line FROM {table.Name} WHERE tenant_id = $1) lines
            """);
        // A large table takes as long as it takes.
        sum.TakeAsLongAsItTakes();
        await using var row = await sum.With(tenant.Value).ReadAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new TableSum(table.Name, row.GetInt64(0), $"{row.GetString(1)}:{row.GetString(2)}");
    }

    private async Task<CopiedRows> CopyBatchAsync(
        MovedTable table, long first, long next, string? since, bool isClosed, CancellationToken cancellationToken)
    {
        var select = $"SELECT {table.ColumnList} FROM {table.Name} WHERE {WhereOf(first, next)}"
            + (since is null ? "" : $" AND age(xmin) <= age({Text(since)}::xid8::xid)");
        try
        {
            return await CarryAsync(table.ColumnList, table.Name, select, MergeOf(table, isClosed), cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UniqueViolation)
        {
            // A name that has gone over to another row, for instance: the row that had it is not removed here yet.
            await RemoveStaleAsync(cancellationToken);
            return await CarryAsync(table.ColumnList, table.Name, select, MergeOf(table, isClosed), cancellationToken);
        }
    }

    private async Task RemoveStaleAsync(MovedTable table, CancellationToken cancellationToken)
    {
        var keys = string.Join(", ", table.Key);
        await CarryAsync(
            keys, table.Name, $"SELECT {keys} FROM {table.Name} WHERE tenant_id = {Text($"{tenant.Value:D}")}",
            $"""
            DELETE FROM {table.Name} t WHERE t.tenant_id = {Text($"{tenant.Value:D}")}
                AND NOT EXISTS (SELECT 1 FROM pg_temp.incoming i WHERE {Equal(table.Key, "i", table.Key, "t")})
            """,
            cancellationToken);
    }

    /// <summary>Carries what the source gives into a temporary table of the target, and merges it from there.</summary>
    private async Task<CopiedRows> CarryAsync(
        string columns, string table, string select, string merge, CancellationToken cancellationToken)
    {
        await using var to = await target.Postgres.OpenConnectionAsync(cancellationToken);
        await using var into = await to.BeginTransactionAsync(cancellationToken);
        await using (var make = new ScopedStatement(
            to, _scope, $"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"))
        {
            await make.ExecuteAsync(cancellationToken);
        }

        var bytes = await StreamAsync(to, columns, select, cancellationToken);
        await using var statement = new ScopedStatement(to, _scope, merge);
        statement.TakeAsLongAsItTakes();
        var rows = await statement.ExecuteAsync(cancellationToken);
        await into.CommitAsync(cancellationToken);
        return new CopiedRows(rows, bytes);
    }

    private async Task<long> StreamAsync(
        NpgsqlConnection to, string columns, string select, CancellationToken cancellationToken)
    {
        await using var from = await source.Postgres.OpenConnectionAsync(cancellationToken);
        await using var reading = await from.BeginTransactionAsync(cancellationToken);
        await using (var scope = new ScopedStatement(from, _scope, "SELECT 1")) await scope.ScalarAsync(cancellationToken);
        var bytes = 0L;
        await using (var output = await from.BeginRawBinaryCopyAsync(
            $"COPY ({select}) TO STDOUT (FORMAT BINARY)", cancellationToken))
        await using (var input = await to.BeginRawBinaryCopyAsync(
            $"COPY pg_temp.incoming ({columns}) FROM STDIN (FORMAT BINARY)", cancellationToken))
        {
            var buffer = new byte[81_920];
            for (int read; (read = await output.ReadAsync(buffer, cancellationToken)) > 0; bytes += read)
                await input.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        await reading.CommitAsync(cancellationToken);
        return bytes;
    }

    private static string MergeOf(MovedTable table, bool isClosed)
    {
        var rest = table.Columns.Except(table.Key, StringComparer.Ordinal).ToList();
        var known = isClosed
            ? ""
            : string.Concat(table.Parents.Select(parent =>
                $" AND (({string.Join(" OR ", parent.Columns.Select(static column => $"i.{column} IS NULL"))})"
                + $" OR EXISTS (SELECT 1 FROM {parent.Table} p WHERE {Equal(parent.Key, "p", parent.Columns, "i")}))"));
        // A row that has not changed is left as it is: some tables refuse every change of a row.
        var change = rest.Count == 0
            ? "NOTHING"
            : $"UPDATE SET {string.Join(", ", rest.Select(static column => $"{column} = excluded.{column}"))} WHERE "
                + $"ROW({string.Join(", ", rest.Select(static column => $"t.{column}"))}) IS DISTINCT FROM "
                + $"ROW({string.Join(", ", rest.Select(static column => $"excluded.{column}"))})";
        return $"""
            INSERT INTO {table.Name} AS t ({table.ColumnList}) OVERRIDING SYSTEM VALUE
            SELECT {table.ColumnList} FROM pg_temp.incoming i WHERE true{known}
            ON CONFLICT ({string.Join(", ", table.Key)}) DO {change}
            """;
    }

    private static string Equal(IReadOnlyList<string> ones, string one, IReadOnlyList<string> others, string other) =>
        string.Join(" AND ", ones.Select((column, i) => $"{one}.{column} = {other}.{others[i]}"));

    /// <summary>How many pages the longest part of a table has: the ranges are read in all partitions at once.</summary>
    private static async Task<long> PagesAsync(Place place, MovedTable table, CancellationToken cancellationToken)
    {
        await using var command = place.Postgres.CreateCommand("""
            SELECT coalesce(max(pg_relation_size(p.relid)), pg_relation_size($1::regclass))
                / current_setting('block_size')::bigint + 1
            FROM pg_partition_tree($1::regclass) p WHERE p.isleaf
            """);
        command.Parameters.Add(new() { Value = table.Name, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private string WhereOf(long first, long next) => string.Create(
        CultureInfo.InvariantCulture,
        $"tenant_id = {Text($"{tenant.Value:D}")} AND ctid >= '({first},0)'::tid AND ctid < '({next},0)'::tid");

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>What was copied.</summary>
/// <param name="Rows">How many rows were written in the target.</param>
/// <param name="Bytes">How many bytes were carried.</param>
internal sealed record CopiedRows(long Rows, long Bytes)
{
    public static CopiedRows operator +(CopiedRows one, CopiedRows other) =>
        new(one.Rows + other.Rows, one.Bytes + other.Bytes);
}

/// <summary>What a table has of a tenant.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Hash">A hash over all of them.</param>
internal sealed record TableSum(string Table, long Rows, string Hash);
