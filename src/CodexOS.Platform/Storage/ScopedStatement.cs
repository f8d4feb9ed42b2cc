using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Platform.Storage;

/// <summary>
/// A statement for PostgreSQL with positional parameters that tells first whose rows it may touch. Both travel in one message
/// and are one transaction, unless the connection is in another already.
/// </summary>
public sealed class ScopedStatement : IAsyncDisposable
{
    private readonly NpgsqlBatch _batch;
    private readonly NpgsqlBatchCommand _statement;

    /// <summary>Makes a statement for one of the pool's connections.</summary>
    public ScopedStatement(NpgsqlDataSource pool, RowScope scope, string sql)
        : this((pool ?? throw new ArgumentNullException(nameof(pool))).CreateBatch(), scope, sql)
    {
    }

    /// <summary>Makes a statement for a connection, in the transaction that it is in.</summary>
    public ScopedStatement(NpgsqlConnection connection, RowScope scope, string sql)
        : this((connection ?? throw new ArgumentNullException(nameof(connection))).CreateBatch(), scope, sql)
    {
    }

    private ScopedStatement(NpgsqlBatch batch, RowScope scope, string sql)
    {
        _batch = batch;
        _batch.BatchCommands.Add(new NpgsqlBatchCommand(scope.Positional)
        {
            Parameters = { new() { Value = scope.Tenants }, new() { Value = scope.Work } },
        });
        _statement = new NpgsqlBatchCommand(sql);
        _batch.BatchCommands.Add(_statement);
    }

    /// <summary>Adds the next parameter.</summary>
    public ScopedStatement With(object value)
    {
        _statement.Parameters.Add(new() { Value = value });
        return this;
    }

    /// <summary>Adds the next parameter, of a type that its value does not tell.</summary>
    public ScopedStatement With(NpgsqlDbType type, object value)
    {
        _statement.Parameters.Add(new() { NpgsqlDbType = type, Value = value });
        return this;
    }

    /// <summary>Sets no limit to its time, for what goes through a whole table in the background.</summary>
    public ScopedStatement TakeAsLongAsItTakes()
    {
        _batch.Timeout = 0;
        return this;
    }

    /// <summary>Executes it and stands before its first row.</summary>
    public async Task<NpgsqlDataReader> ReadAsync(CancellationToken cancellationToken)
    {
        var rows = await _batch.ExecuteReaderAsync(cancellationToken);
        try
        {
            await rows.NextResultAsync(cancellationToken);
            return rows;
        }
        catch
        {
            await rows.DisposeAsync();
            throw;
        }
    }

    /// <summary>Executes it: the first column of its first row, or null if there is none.</summary>
    public async Task<object?> ScalarAsync(CancellationToken cancellationToken)
    {
        await using var row = await ReadAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? row.GetValue(0) : null;
    }

    /// <summary>Executes it: how many rows it changed.</summary>
    public Task<int> ExecuteAsync(CancellationToken cancellationToken) => _batch.ExecuteNonQueryAsync(cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _batch.DisposeAsync();
}
