using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace CodexOS.Runs.Journal;

/// <summary>
/// A prepared statement whose parameters are bound by place. The provider's commands look every parameter up by its name
/// and box its value, which for the journal's small rows costs more than SQLite itself.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private byte[] _text = new byte[4_096];
    private int _next;

    public SqliteStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    /// <summary>Binds the next parameter.</summary>
    public SqliteStatement Bind<TId>(TId id)
        where TId : struct, ITypedId<TId>
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        Check(raw.sqlite3_bind_blob(_statement, ++_next, bytes));
        return this;
    }

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_next, value));
        return this;
    }

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(long? value) => value is { } known ? Bind(known) : BindNull();

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(RunId? run) => run is { } known ? Bind(known) : BindNull();

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(DateTimeOffset? at) => at is { } known ? Bind(known.ToUnixTimeMilliseconds()) : BindNull();

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(double? value)
    {
        if (value is not { } known) return BindNull();
        Check(raw.sqlite3_bind_double(_statement, ++_next, known));
        return this;
    }

    /// <inheritdoc cref="Bind{TId}" />
    public SqliteStatement Bind(string? text)
    {
        if (text is null) return BindNull();
        var room = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_text.Length < room) _text = new byte[room];
        var length = Encoding.UTF8.GetBytes(text, _text);
        Check(raw.sqlite3_bind_text(_statement, ++_next, _text.AsSpan(0, length)));
        return this;
    }

    /// <summary>Executes it; how many rows it has changed.</summary>
    public int Run()
    {
        try
        {
            while (Step())
            {
            }

            return raw.sqlite3_changes(_database);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Executes it; whether there is a row.</summary>
    public bool Any()
    {
        try
        {
            return Step();
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => _statement.Dispose();

    private SqliteStatement BindNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_next));
        return this;
    }

    private bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        if (code == raw.SQLITE_ROW) return true;
        if (code != raw.SQLITE_DONE) Check(code);
        return false;
    }

    private void Reset()
    {
        _next = 0;
        // It repeats the error of the step, which has been thrown already.
        raw.sqlite3_reset(_statement);
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(code, _database);
    }
}
