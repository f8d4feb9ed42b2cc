using CodexOS.Platform.Storage;
using Npgsql;

namespace CodexOS.Runs.Moves;

/// <summary>A table whose rows lie in the place of their tenant.</summary>
/// <param name="Name">Its name, with its schema, as SQL takes it.</param>
/// <param name="Columns">Its columns, quoted.</param>
/// <param name="Key">The columns of its primary key, quoted.</param>
/// <param name="Parents">What its rows refer to.</param>
internal sealed record MovedTable(
    string Name, IReadOnlyList<string> Columns, IReadOnlyList<string> Key, IReadOnlyList<MovedParent> Parents)
{
    /// <summary>The columns as a list.</summary>
    public string ColumnList => string.Join(", ", Columns);

    /// <summary>The same form, so that rows of the one fit into the other.</summary>
    public bool Matches(MovedTable other) => Name == other.Name
        && Columns.SequenceEqual(other.Columns, StringComparer.Ordinal) && Key.SequenceEqual(other.Key, StringComparer.Ordinal);
}

/// <summary>A foreign key.</summary>
/// <param name="Table">The table that it refers to.</param>
/// <param name="Columns">The columns that refer.</param>
/// <param name="Key">What they refer to.</param>
internal sealed record MovedParent(string Table, IReadOnlyList<string> Columns, IReadOnlyList<string> Key);

/// <summary>
/// Reads in the catalogue which tables have rows that go with their tenant, so that none that is added later can be forgotten.
/// </summary>
internal static class MovedTables
{
    private const string Tables = """
        SELECT format('%I.%I', n.nspname, c.relname),
            ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attname),
            ARRAY(SELECT quote_ident(a.attname) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute a ON a.attnum = k.attnum
                WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place)
        FROM platform.tenant_tables t JOIN pg_class c ON c.oid = t.name JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE platform.is_placed(t.name) AND NOT c.relispartition
        ORDER BY 1
        """;

    private const string References = """
        SELECT format('%I.%I', n.nspname, c.relname), format('%I.%I', m.nspname, p.relname),
            ARRAY(SELECT quote_ident(a.attname) FROM unnest(f.conkey) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum ORDER BY k.place),
            ARRAY(SELECT quote_ident(a.attname) FROM unnest(f.confkey) WITH ORDINALITY AS k (attnum, place)
                JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.attnum ORDER BY k.place)
        FROM pg_constraint f
        JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class p ON p.oid = f.confrelid JOIN pg_namespace m ON m.oid = p.relnamespace
        WHERE f.contype = 'f' AND f.conparentid = 0 AND platform.is_placed(c.oid::regclass)
        ORDER BY f.conname
        """;

    /// <summary>The tables of a place, each after those that its rows refer to.</summary>
    /// <exception cref="InvalidOperationException">A table has no primary key, or they refer to each other in a circle.</exception>
    public static async Task<IReadOnlyList<MovedTable>> ReadAsync(Place place, CancellationToken cancellationToken)
    {
        var parents = new List<(string Table, MovedParent Parent)>();
        await using (var command = place.Postgres.CreateCommand(References))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                parents.Add((row.GetString(0), new MovedParent(row.GetString(1), Names(row, 2), Names(row, 3))));
        }

        var tables = new List<MovedTable>();
        await using (var command = place.Postgres.CreateCommand(Tables))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
            {
                var name = row.GetString(0);
                var key = Names(row, 2);
                if (key.Length == 0) throw new InvalidOperationException($"{name} has no primary key, so its rows cannot be moved.");
                tables.Add(new MovedTable(
                    name, Names(row, 1), key, [.. parents.Where(one => one.Table == name).Select(static one => one.Parent)]));
            }
        }

        return InOrder(tables);
    }

    private static string[] Names(NpgsqlDataReader row, int column) => row.GetFieldValue<string[]>(column);

    private static List<MovedTable> InOrder(List<MovedTable> tables)
    {
        var ordered = new List<MovedTable>();
        while (ordered.Count < tables.Count)
        {
            var next = tables.FirstOrDefault(table => !ordered.Contains(table) && table.Parents.All(
                parent => parent.Table == table.Name || ordered.Exists(one => one.Name == parent.Table)));
            ordered.Add(next ?? throw new InvalidOperationException("Tables whose rows are moved refer to each other in a circle."));
        }

        return ordered;
    }
}
