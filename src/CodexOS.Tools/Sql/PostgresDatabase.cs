using System.Data;
using System.Globalization;
using System.Text.Json;
using CodexOS.Platform.Faults;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Tools.Sql;

/// <summary>
/// A PostgreSQL database. Each statement runs alone in a read-only transaction that is rolled back, with a time that the server
/// keeps, under a role that can reach neither files nor programs nor other servers; a stronger role is refused.
/// </summary>
internal sealed class PostgresDatabase : SqlDatabase
{
    /// <summary>
    /// What a role can do that it must not: the first reason, or nothing. Roles that are granted to it count, whether it inherits
    /// them or not, because it could take them on.
    /// </summary>
    private const string WhatIsTooMuch =
        """
        SELECT reason FROM (
          SELECT 1 AS rank, 'it is or can become a superuser, or may replicate' AS reason FROM pg_roles r
            WHERE (r.rolsuper OR r.rolreplication) AND pg_has_role(session_user, r.oid, 'MEMBER')
          UNION ALL
          SELECT 2, 'it is a member of ' || r.rolname FROM pg_roles r
            WHERE r.rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
              AND pg_has_role(session_user, r.oid, 'MEMBER')
          UNION ALL
          SELECT 3, 'it may call ' || p.oid::regprocedure FROM pg_proc p
            JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
            LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
            LEFT JOIN pg_extension e ON e.oid = d.refobjid
            WHERE has_function_privilege(p.oid, 'EXECUTE') AND p.prorettype <> 'trigger'::regtype AND (
              (n.nspname = 'pg_catalog'
                AND p.proname ~ '^(pg_read_file|pg_read_binary_file|pg_stat_file|pg_ls_.*|pg_file_.*|lo_import|lo_export)$')
              OR e.extname IN
                ('dblink', 'postgres_fdw', 'file_fdw', 'adminpack', 'http', 'pg_net', 'aws_s3', 'pg_background', 'pg_cron')
                AND p.proname !~ '_(handler|validator)$'
              OR (NOT l.lanpltrusted AND l.lanname NOT IN ('c', 'internal'))
              OR (l.lanname = 'c' AND e.oid IS NULL AND n.nspname NOT IN ('pg_catalog', 'information_schema'))
              OR (p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND e.oid IS NULL
                AND EXISTS (SELECT 1 FROM pg_roles o WHERE o.oid = p.proowner AND o.rolsuper)))
        ) found ORDER BY rank, reason LIMIT 1
        """;

    private const string Columns =
        """
        SELECT c.table_schema::text, c.table_name::text, lower(t.table_type)::text, c.column_name::text, c.udt_name::text,
          lower(c.is_nullable)::text
        FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema NOT IN ('pg_catalog', 'information_schema')
        ORDER BY c.table_schema, c.table_name, c.ordinal_position
        """;

    private static readonly string[] s_texts =
        ["text", "character varying", "character", "name", "json", "jsonb", "xml", "citext", "\"char\"", "unknown"];

    private readonly string _name;
    private readonly SqlOptions _options;
    private readonly TimeProvider _clock;
    private readonly NpgsqlDataSource _source;

    public PostgresDatabase(string name, string connectionString, SqlOptions options, TimeProvider clock)
    {
        _name = name;
        _options = options;
        _clock = clock;
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = options.ConnectionsMax,
            MinPoolSize = 0,
            // Nothing that one statement sets is there for the next.
            NoResetOnClose = false,
            Multiplexing = false,
            MaxAutoPrepare = 0,
            Enlist = false,
            IncludeErrorDetail = false,
            CommandTimeout = 0,
            ApplicationName = "codexos-sql",
        };
        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }

    public override string Dialect => "PostgreSQL";

    public override Task<Result<SqlRows>> QueryAsync(
        string sql, IReadOnlyList<JsonElement> parameters, int rowsMax, CancellationToken cancellationToken) =>
        UseAsync((connection, token) => RunAsync(connection, sql, parameters, rowsMax, token), cancellationToken);

    public override Task<Result<SqlRows>> ColumnsAsync(int rowsMax, CancellationToken cancellationToken) =>
        UseAsync((connection, token) => RunAsync(connection, Columns, [], rowsMax, token), cancellationToken);

    public override ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>
    /// 1. connect, 2. begin a read-only transaction with a time, 3. hold the role to its limits, 4. run, 5. roll back.
    /// </summary>
    private async Task<Result<SqlRows>> UseAsync(
        Func<NpgsqlConnection, CancellationToken, Task<Result<SqlRows>>> use, CancellationToken cancellationToken)
    {
        // The server ends a statement in time; this ends a server that does not.
        using var timeUp = new CancellationTokenSource(_options.TimeMax + TimeSpan.FromSeconds(2), _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            // 1.
            await using var connection = await _source.OpenConnectionAsync(either.Token);

            // 2.
            await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, either.Token);
            await using (var begin = connection.CreateCommand())
            {
                begin.CommandText =
                    $"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = {(int)_options.TimeMax.TotalMilliseconds}; "
                    + $"SET LOCAL lock_timeout = {(int)_options.TimeMax.TotalMilliseconds}; SET LOCAL idle_in_transaction_session_timeout = 60000";
                await begin.ExecuteNonQueryAsync(either.Token);
            }

            // 3.
            await using (var check = new NpgsqlCommand(WhatIsTooMuch, connection))
            {
                if (await check.ExecuteScalarAsync(either.Token) is string reason)
                    return SqlFaults.Unavailable(_name, $"its role can do too much: {reason}. Give it a role that can only read tables.");
            }

            // 4.
            var result = await use(connection, either.Token);

            // 5.
            await transaction.RollbackAsync(CancellationToken.None);
            return result;
        }
        catch (PostgresException error)
        {
            return FaultOf(error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return SqlFaults.TooLate(_options.TimeMax);
        }
        catch (NpgsqlException error)
        {
            return SqlFaults.Unavailable(_name, error.InnerException is TimeoutException ? "it does not answer." : "the connection failed.");
        }
    }

    private async Task<Result<SqlRows>> RunAsync(
        NpgsqlConnection connection,
        string sql,
        IReadOnlyList<JsonElement> parameters,
        int rowsMax,
        CancellationToken cancellationToken)
    {
        // A batch's command is one statement: the driver refuses more, and so does the server's extended protocol.
        await using var batch = new NpgsqlBatch(connection);
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(ParameterOf(value));
        batch.BatchCommands.Add(command);
        NpgsqlDataReader reader;
        try
        {
            reader = await batch.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellationToken);
        }
        catch (NotSupportedException)
        {
            return SqlFaults.OneStatement;
        }

        await using (reader)
        {
            var columns = new SqlColumn[reader.FieldCount];
            for (var i = 0; i < columns.Length; i++) columns[i] = new SqlColumn(reader.GetName(i), reader.GetDataTypeName(i));
            var result = await FetchAsync(reader, columns, rowsMax, cancellationToken);
            // Rows that are not wanted are not fetched: the server is told to stop.
            if (!result.TryGet(out var rows, out _) || rows.HasMore) batch.Cancel();
            try
            {
                await reader.CloseAsync();
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.QueryCanceled)
            {
                // As it was told.
            }

            return result;
        }
    }

    private async Task<Result<SqlRows>> FetchAsync(
        NpgsqlDataReader reader, SqlColumn[] columns, int rowsMax, CancellationToken cancellationToken)
    {
        foreach (var column in columns)
        {
            if (KindOf(column.Type) is Kind.Unknown) return SqlFaults.UnknownType(column.Name, column.Type);
        }

        var rows = new SqlRowsBuilder(columns, _options, rowsMax);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rows.IsFull) return rows.Build(hasMore: true);
            var row = new object?[columns.Length];
            for (var i = 0; i < row.Length; i++)
            {
                if (await reader.IsDBNullAsync(i, cancellationToken)) continue;
                row[i] = await ValueOfAsync(reader, i, KindOf(columns[i].Type), rows, cancellationToken);
            }

            rows.Add(row);
        }

        return rows.Build(hasMore: false);
    }

    private async Task<object> ValueOfAsync(
        NpgsqlDataReader reader, int column, Kind kind, SqlRowsBuilder rows, CancellationToken cancellationToken)
    {
        switch (kind)
        {
            case Kind.Text:
                using (var text = await reader.GetTextReaderAsync(column, cancellationToken))
                {
                    var buffer = new char[_options.ValueLengthMax + 1];
                    var length = await text.ReadBlockAsync(buffer, cancellationToken);
                    return rows.Show(new string(buffer, 0, length));
                }

            case Kind.Bytes:
                await using (var stream = await reader.GetStreamAsync(column, cancellationToken))
                {
                    var buffer = new byte[Math.Min(_options.ValueLengthMax, stream.Length)];
                    var length = await stream.ReadAtLeastAsync(
                        buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                    return rows.Show(buffer.AsSpan(0, length), stream.Length);
                }

            case Kind.Numeric:
                return rows.Show(await NumericAsync(reader, column, cancellationToken));
            default:
                return reader.GetValue(column) switch
                {
                    bool truth => truth,
                    short number => (long)number,
                    int number => (long)number,
                    long number => SqlRowsBuilder.Show(number),
                    uint number => (long)number,
                    float number => SqlRowsBuilder.Show(number),
                    double number => SqlRowsBuilder.Show(number),
                    DateTime time => time.ToString(time.Kind == DateTimeKind.Utc ? "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'" : "yyyy-MM-dd'T'HH:mm:ss.FFFFFF"),
                    DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    TimeOnly time => time.ToString("HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture),
                    var other => rows.Show(string.Create(CultureInfo.InvariantCulture, $"{other}")),
                };
        }
    }

    /// <summary>An exact number as its digits, as far as .NET's decimal holds them.</summary>
    private static async Task<string> NumericAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken)
    {
        try
        {
            var number = await reader.GetFieldValueAsync<decimal>(column, cancellationToken);
            return number.ToString(CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return "(a number with too many digits; cast it: ::text)";
        }
    }

    private static NpgsqlParameter ParameterOf(JsonElement value) => value.ValueKind switch
    {
        // The server finds out what a text is to be: a date, an id, an array.
        JsonValueKind.String => new NpgsqlParameter { Value = value.GetString()!, NpgsqlDbType = NpgsqlDbType.Unknown },
        JsonValueKind.Number when value.TryGetInt64(out var whole) => new NpgsqlParameter<long> { TypedValue = whole },
        JsonValueKind.Number => new NpgsqlParameter<double> { TypedValue = value.GetDouble() },
        JsonValueKind.True or JsonValueKind.False => new NpgsqlParameter<bool> { TypedValue = value.GetBoolean() },
        _ => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown },
    };

    private Fault FaultOf(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable => SqlFaults.TooLate(_options.TimeMax),
        PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.InsufficientPrivilege =>
            SqlFaults.ReadsOnly with { Message = $"{SqlFaults.ReadsOnly.Message} The database says: {error.MessageText}" },
        PostgresErrorCodes.SyntaxError when error.MessageText.Contains("multiple commands", StringComparison.Ordinal) => SqlFaults.OneStatement,
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.AdminShutdown =>
            SqlFaults.Unavailable(_name, "it refuses the connection."),
        _ => SqlFaults.Failed(error.Hint is { Length: > 0 } hint ? $"{error.MessageText} ({hint})" : error.MessageText),
    };

    private static Kind KindOf(string type)
    {
        var at = type.IndexOf('(', StringComparison.Ordinal);
        var plain = at < 0 ? type : type[..at] + type[(type.IndexOf(')', at) + 1)..];
        return plain switch
        {
            "bytea" => Kind.Bytes,
            "numeric" => Kind.Numeric,
            "boolean" or "smallint" or "integer" or "bigint" or "real" or "double precision" or "oid" or "uuid" or "date"
                or "timestamp without time zone" or "timestamp with time zone" or "time without time zone" => Kind.Plain,
            _ when s_texts.Contains(plain) => Kind.Text,
            _ => Kind.Unknown,
        };
    }

    private enum Kind
    {
        Unknown,
        Plain,
        Text,
        Bytes,
        Numeric,
    }
}
