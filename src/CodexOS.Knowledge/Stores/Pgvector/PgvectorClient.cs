using System.Globalization;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace CodexOS.Knowledge.Stores.Pgvector;

/// <summary>
/// Speaks with a PostgreSQL that has the extension vector, from version 0.8 on. A collection is a table. Parameters are texts
/// and arrays of texts, which every server reads that speaks the protocol.
/// </summary>
internal sealed class PgvectorClient : IVectorClient
{
    private const int IndexedDimensionMax = 2_000;

    // Between the readers of a passage; no tag has it.
    private const string Between = "\u001F";

    private readonly string _name;
    private readonly NpgsqlDataSource _source;

    public PgvectorClient(string name, StoreOptions options)
    {
        _name = name;
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Timeout = Math.Max(1, (int)options.RequestTimeMax.TotalSeconds),
            // Whoever asks sets the time; a second clock would only differ.
            CommandTimeout = 0,
            MaxPoolSize = options.RequestsAtOnceMax,
            ApplicationName = "codexos",
            // What a connection is told once holds for as long as it is open.
            NoResetOnClose = true,
        };
        if (!string.IsNullOrEmpty(options.PasswordFile)) settings.Password = File.ReadAllText(options.PasswordFile).Trim();
        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        source.UsePhysicalConnectionInitializer(
            static _ => throw new NotSupportedException("Connections are opened asynchronously."), PrepareAsync);
        _source = source.Build();
    }

    /// <inheritdoc />
    public Task PingAsync(CancellationToken cancellationToken) =>
        RunAsync("SELECT 1", [], cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<string>> ListCollectionNamesAsync(string prefix, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await ReadAsync(
            """
            SELECT relname::text FROM pg_catalog.pg_class
            WHERE relkind = 'r' AND starts_with(relname::text, $1) AND pg_catalog.pg_table_is_visible(oid) ORDER BY 1
            """,
            [Text(prefix)], row => names.Add(row.GetString(0)), cancellationToken);
        return names;
    }

    /// <inheritdoc />
    public async Task EnsureCollectionExistsAsync(VectorCollection collection, CancellationToken cancellationToken)
    {
        await EnsureExtensionAsync(cancellationToken);
        var (table, dimension) = (collection.Name, collection.Model.Dimension);
        await RunAsync(
            $"""
            CREATE TABLE IF NOT EXISTS {table} (
                id text PRIMARY KEY, document text NOT NULL, readers text[] NULL, embedding vector({dimension}) NOT NULL)
            """,
            [], cancellationToken);
        await RunAsync($"CREATE INDEX IF NOT EXISTS {table}_d ON {table} (document)", [], cancellationToken);
        if (dimension > IndexedDimensionMax) return;
        await RunAsync(
            $"CREATE INDEX IF NOT EXISTS {table}_v ON {table} USING hnsw (embedding vector_cosine_ops)", [], cancellationToken);
    }

    /// <inheritdoc />
    public Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken) =>
        RunAsync($"DROP TABLE IF EXISTS {Quoted(name)}", [], cancellationToken);

    /// <inheritdoc />
    public async Task<long> CountAsync(VectorCollection collection, CancellationToken cancellationToken)
    {
        var count = 0L;
        await ReadAsync($"SELECT count(*) FROM {collection.Name}", [], row => count = row.GetInt64(0), cancellationToken);
        return count;
    }

    /// <inheritdoc />
    public Task UpsertAsync(
        VectorCollection collection, IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) =>
        RunAsync(
            $"""
            INSERT INTO {collection.Name} (id, document, readers, embedding)
            SELECT id, document, string_to_array(nullif(readers, ''), $5), embedding::vector
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (id, document, readers, embedding)
            ON CONFLICT (id) DO UPDATE
            SET document = excluded.document, readers = excluded.readers, embedding = excluded.embedding
            """,
            [
                Texts(records.Select(static record => VectorIds.Of(record.Key))),
                Texts(records.Select(static record => VectorIds.Of(record.Key.Document))),
                Texts(records.Select(static record => string.Join(Between, record.Readers))),
                Texts(records.Select(static record => Literal(record.Vector))),
                Text(Between),
            ],
            cancellationToken);

    /// <inheritdoc />
    public Task DeleteAsync(
        VectorCollection collection, IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken) =>
        RunAsync(
            $"DELETE FROM {collection.Name} WHERE document = ANY($1::text[])", [Texts(documents.Select(VectorIds.Of))],
            cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<VectorMatch>> SearchAsync(
        VectorCollection collection, VectorSearch search, CancellationToken cancellationToken)
    {
        var vector = Literal(search.Vector.Span);
        var top = search.Top.ToString(CultureInfo.InvariantCulture);
        var parameters = new List<NpgsqlParameter> { Text(vector) };
        var wanted = new List<string>();
        if (search.Readers is { } readers)
        {
            parameters.Add(Texts(readers));
            wanted.Add($"(readers IS NULL OR readers && ${parameters.Count}::text[])");
        }

        if (search.Keys is { } keys)
        {
            parameters.Add(Texts(keys.Select(VectorIds.Of)));
            wanted.Add($"id = ANY(${parameters.Count}::text[])");
        }

        var where = wanted.Count == 0 ? "" : $"WHERE {string.Join(" AND ", wanted)}";
        // Of passages that are named, all are compared: an index over all others would be of no use.
        var sql = search.Keys is null
            ? $"SELECT id, embedding <=> $1::vector FROM {collection.Name} {where} ORDER BY embedding <=> $1::vector LIMIT {top}"
            : $"""
              WITH named AS MATERIALIZED (SELECT id, embedding FROM {collection.Name} {where})
              SELECT id, embedding <=> $1::vector FROM named ORDER BY 2 LIMIT {top}
              """;
        var matches = new List<VectorMatch>();
        await ReadAsync(
            sql, parameters,
            row =>
            {
                // A vector of zeros has no direction, and so no distance either.
                var distance = row.GetDouble(1);
                if (VectorIds.Read(row.GetString(0)) is { } key)
                    matches.Add(new VectorMatch(key, double.IsNaN(distance) ? 0 : (float)(1 - distance)));
            },
            cancellationToken);
        return matches;
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _source.DisposeAsync();

    /// <summary>With filters, the search through an index goes on until there is enough.</summary>
    private static async Task PrepareAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            "SELECT set_config('hnsw.ef_search', '200', false), set_config('hnsw.iterative_scan', 'strict_order', false)",
            connection);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private async Task EnsureExtensionAsync(CancellationToken cancellationToken)
    {
        var isThere = false;
        await ReadAsync(
            "SELECT to_regtype('vector') IS NOT NULL", [], row => isThere = row.GetBoolean(0), cancellationToken);
        if (!isThere) await RunAsync("CREATE EXTENSION IF NOT EXISTS vector", [], cancellationToken);
    }

    /// <summary>A name as the database told it, whoever gave it.</summary>
    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(ReadOnlySpan<float> vector)
    {
        var text = new StringBuilder("[", vector.Length * 12);
        foreach (var number in vector) text.Append(CultureInfo.InvariantCulture, $"{number:R},");
        text[^1] = ']';
        return text.ToString();
    }

    private static NpgsqlParameter Text(string text) => new() { NpgsqlDbType = NpgsqlDbType.Text, Value = text };

    private static NpgsqlParameter Texts(IEnumerable<string> texts) =>
        new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, Value = texts.ToArray() };

    private Task RunAsync(string sql, IReadOnlyList<NpgsqlParameter> parameters, CancellationToken cancellationToken) =>
        ReadAsync(sql, parameters, static _ => { }, cancellationToken);

    private async Task ReadAsync(
        string sql, IReadOnlyList<NpgsqlParameter> parameters, Action<NpgsqlDataReader> take,
        CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters) command.Parameters.Add(parameter);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken)) take(row);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable)
        {
            throw new VectorStoreException(StoreFaults.Missing(_name));
        }
        catch (PostgresException error) when (!error.IsTransient)
        {
            throw new VectorStoreException(StoreFaults.Refused(_name, $"PostgreSQL answered with {error.SqlState}"));
        }
    }
}
