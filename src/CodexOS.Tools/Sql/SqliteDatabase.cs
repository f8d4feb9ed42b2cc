using System.Text.Json;
using CodexOS.Platform.Faults;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodexOS.Tools.Sql;

/// <summary>
/// A SQLite file, opened read-only for each statement. The file may be hostile and so may the statement: an authorizer allows
/// reading and nothing else, limits bound what a statement can be and make, and a progress handler ends it when its time is up.
/// </summary>
internal sealed class SqliteDatabase(string name, string path, SqlOptions options, TimeProvider clock) : SqlDatabase
{
    private const int InstructionsBetweenChecks = 1_000;
    private const int ValueBytesMax = 16 << 20;
    private const int StatementBytesMax = 1 << 20;

    // Action codes of sqlite3_set_authorizer that only read.
    private const int Read = 20;
    private const int Select = 21;
    private const int Function = 31;
    private const int Recursive = 33;

    private const int Deny = 1;
    private static readonly string[] s_functionsDenied = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"];

    // Identifiers of sqlite3_limit and the values they get; databases cannot be attached at all.
    private static readonly (int Limit, int Value)[] s_limits =
        [
            (0, ValueBytesMax), (1, StatementBytesMax), (2, 500), (3, 200), (4, 50), (7, 0), (8, 1_000), (9, 200), (10, 10),
            (11, 0),
        ];

    private readonly SemaphoreSlim _turns = new(options.ConnectionsMax);

    public override string Dialect => "SQLite";

    public override Task<Result<SqlRows>> QueryAsync(
        string sql, IReadOnlyList<JsonElement> parameters, int rowsMax, CancellationToken cancellationToken) =>
        UseAsync(database => Run(database, sql, parameters, rowsMax, isOwn: false, cancellationToken), cancellationToken);

    public override Task<Result<SqlRows>> ColumnsAsync(int rowsMax, CancellationToken cancellationToken) => UseAsync(
        database => Run(
            database,
            """
            SELECT '' AS schema, m.name AS "table", m.type AS kind, c.name AS "column", lower(c.type) AS type,
              CASE WHEN c."notnull" OR c.pk > 0 THEN 'no' ELSE 'yes' END AS nullable
            FROM sqlite_schema m JOIN pragma_table_info(m.name) c
            WHERE m.type IN ('table', 'view') AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\'
            ORDER BY m.name, c.cid
            """,
            [],
            rowsMax,
            isOwn: true,
            cancellationToken),
        cancellationToken);

    public override ValueTask DisposeAsync()
    {
        _turns.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Result<SqlRows>> UseAsync(Func<sqlite3, Result<SqlRows>> use, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(options.TimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            await _turns.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SqlFaults.TooLate(options.TimeMax);
        }

        try
        {
            return await Task.Run(() => OpenAndUse(use), cancellationToken);
        }
        finally
        {
            _turns.Release();
        }
    }

    private Result<SqlRows> OpenAndUse(Func<sqlite3, Result<SqlRows>> use)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        using var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            using var guard = connection.CreateCommand();
            guard.CommandText = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;";
            guard.ExecuteNonQuery();
        }
        catch (SqliteException error)
        {
            return SqlFaults.Unavailable(name, $"SQLite says: {raw.sqlite3_errstr(error.SqliteErrorCode).utf8_to_string()}.");
        }

        foreach (var (limit, value) in s_limits) _ = raw.sqlite3_limit(connection.Handle, limit, value);
        return use(connection.Handle!);
    }

    private Result<SqlRows> Run(
        sqlite3 database,
        string sql,
        IReadOnlyList<JsonElement> parameters,
        int rowsMax,
        bool isOwn,
        CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        delegate_progress progress = _ =>
            cancellationToken.IsCancellationRequested || clock.GetElapsedTime(began) > options.TimeMax ? 1 : 0;
        raw.sqlite3_progress_handler(database, InstructionsBetweenChecks, progress, null);
        if (!isOwn) raw.sqlite3_set_authorizer(database, (strdelegate_authorizer)Authorize, null);
        var code = raw.sqlite3_prepare_v2(database, sql, out var statement, out var rest);
        using (statement)
        {
            if (code != raw.SQLITE_OK) return FaultOf(database, code, cancellationToken);
            if (statement.IsInvalid) return SqlFaults.OneStatement;
            // What follows may be spaces and comments: nothing that makes a statement.
            code = raw.sqlite3_prepare_v2(database, rest, out var second);
            using (second)
            {
                if (code != raw.SQLITE_OK || !second.IsInvalid) return SqlFaults.OneStatement;
            }

            if (raw.sqlite3_stmt_readonly(statement) == 0) return SqlFaults.ReadsOnly;
            if (Bind(statement, parameters) is { } wrong) return wrong;
            return Fetch(database, statement, rowsMax, cancellationToken);
        }
    }

    private static int Authorize(
        object user, int action, string first, string second, string schema, string trigger) => action switch
        {
            Read or Select or Recursive => 0,
            Function => s_functionsDenied.Contains(second, StringComparer.OrdinalIgnoreCase) ? Deny : 0,
            _ => Deny,
        };

    private static Fault? Bind(sqlite3_stmt statement, IReadOnlyList<JsonElement> parameters)
    {
        var count = raw.sqlite3_bind_parameter_count(statement);
        if (count != parameters.Count) return SqlFaults.BadParameter(Math.Min(count, parameters.Count) + 1);
        for (var i = 0; i < count; i++)
        {
            // $1 is a name to SQLite; ? and ?1 have none or one of their own.
            var given = raw.sqlite3_bind_parameter_name(statement, i + 1).utf8_to_string();
            var at = given is { Length: > 1 } && int.TryParse(given.AsSpan(1), out var number) ? number - 1 : i;
            if (at < 0 || at >= count) return SqlFaults.BadParameter(at + 1);
            var value = parameters[at];
            _ = value.ValueKind switch
            {
                JsonValueKind.String => raw.sqlite3_bind_text(statement, i + 1, value.GetString()!),
                JsonValueKind.Number when value.TryGetInt64(out var whole) => raw.sqlite3_bind_int64(statement, i + 1, whole),
                JsonValueKind.Number => raw.sqlite3_bind_double(statement, i + 1, value.GetDouble()),
                JsonValueKind.True => raw.sqlite3_bind_int(statement, i + 1, 1),
                JsonValueKind.False => raw.sqlite3_bind_int(statement, i + 1, 0),
                _ => raw.sqlite3_bind_null(statement, i + 1),
            };
        }

        return null;
    }

    private Result<SqlRows> Fetch(sqlite3 database, sqlite3_stmt statement, int rowsMax, CancellationToken cancellationToken)
    {
        var columns = new SqlColumn[raw.sqlite3_column_count(statement)];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = new SqlColumn(
                raw.sqlite3_column_name(statement, i).utf8_to_string(),
                raw.sqlite3_column_decltype(statement, i).utf8_to_string()?.ToLowerInvariant() ?? "");
        }

        var rows = new SqlRowsBuilder(columns, options, rowsMax);
        while (true)
        {
            var code = raw.sqlite3_step(statement);
            if (code == raw.SQLITE_DONE) return rows.Build(hasMore: false);
            if (code != raw.SQLITE_ROW) return FaultOf(database, code, cancellationToken);
            if (rows.IsFull) return rows.Build(hasMore: true);
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++) row[i] = ValueOf(statement, i, rows);
            rows.Add(row);
        }
    }

    private static object? ValueOf(sqlite3_stmt statement, int column, SqlRowsBuilder rows)
    {
        switch (raw.sqlite3_column_type(statement, column))
        {
            case raw.SQLITE_INTEGER:
                return SqlRowsBuilder.Show(raw.sqlite3_column_int64(statement, column));
            case raw.SQLITE_FLOAT:
                return SqlRowsBuilder.Show(raw.sqlite3_column_double(statement, column));
            case raw.SQLITE_TEXT:
                return rows.Show(raw.sqlite3_column_text(statement, column).utf8_to_string());
            case raw.SQLITE_BLOB:
                var bytes = raw.sqlite3_column_blob(statement, column);
                return rows.Show(bytes, bytes.Length);
            default:
                return null;
        }
    }

    private Fault FaultOf(sqlite3 database, int code, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = raw.sqlite3_errmsg(database).utf8_to_string();
        // What the authorizer denies is an error like any other where it is a function.
        if (message.StartsWith("not authorized", StringComparison.Ordinal)) return SqlFaults.ReadsOnly;
        return (code & 0xFF) switch
        {
            raw.SQLITE_INTERRUPT => SqlFaults.TooLate(options.TimeMax),
            raw.SQLITE_AUTH or raw.SQLITE_READONLY => SqlFaults.ReadsOnly,
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN => SqlFaults.Unavailable(
                name, $"SQLite says: {raw.sqlite3_errstr(code).utf8_to_string()}."),
            _ => SqlFaults.Failed(message),
        };
    }
}
