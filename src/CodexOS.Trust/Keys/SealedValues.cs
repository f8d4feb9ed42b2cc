using System.Data.Common;
using System.Globalization;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Keys;

/// <summary>
/// Finds sealed values by the key they are under, in the columns of all modules. The key's id stands in each value, so the
/// database can tell without opening one.
/// </summary>
internal sealed class SealedValues(
    Database database, TenantPlaces places, TenantContext tenants, IEnumerable<ISealedColumnSource> sources)
{
    private readonly Lazy<IReadOnlyList<SealedColumn>> _columns =
        new(() => [.. sources.SelectMany(static source => source.Read())]);

    public IReadOnlyList<SealedColumn> Columns => _columns.Value;

    /// <summary>How many values of a tenant are under a key.</summary>
    public Task<long> CountAsync(TenantId tenant, VaultKeyId key, CancellationToken cancellationToken) =>
        CountAsync(Columns, tenant, key, cancellationToken);

    /// <summary>How many values of some columns are under a key.</summary>
    public async Task<long> CountAsync(
        IEnumerable<SealedColumn> columns, TenantId tenant, VaultKeyId key, CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        var count = 0L;
        foreach (var placed in columns.GroupBy(static column => column.Placement))
        {
            await using var connection = await OpenAsync(placed.Key, cancellationToken);
            foreach (var column in placed)
            {
                await using var command = Command(connection, $"SELECT count(*) FROM {WhereOf(column)}", tenant, key);
                count += Convert.ToInt64(
                    await command.ExecuteScalarAsync(tenants, cancellationToken), CultureInfo.InvariantCulture);
            }
        }

        return count;
    }

    /// <summary>The next values of a column that are under a key, in the order of their rows' keys.</summary>
    /// <param name="column">The column.</param>
    /// <param name="tenant">Whose values.</param>
    /// <param name="key">The key.</param>
    /// <param name="after">The last value that was read before; null for the first ones.</param>
    /// <param name="countMax">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<List<StoredValue>> ReadAsync(
        SealedColumn column, TenantId tenant, VaultKeyId key, StoredValue? after, int countMax,
        CancellationToken cancellationToken)
    {
        using var entered = tenants.Enter(tenant);
        await using var connection = await OpenAsync(column.Placement, cancellationToken);
        var (parts, names) = (string.Join(", ", column.Key), string.Join(", ", column.Key.Append(column.Place.Column)));
        var rest = after is null
            ? ""
            : $" AND ({parts}) > ({string.Join(", ", Enumerable.Range(0, column.Key.Count).Select(static i => $"@after{i}"))})";
        await using var command = Command(
            connection, $"SELECT {names} FROM {WhereOf(column)}{rest} ORDER BY {parts} LIMIT {countMax}", tenant, key);
        for (var i = 0; i < after?.Key.Count; i++) Add(command, $"@after{i}", after.Key[i]);
        var values = new List<StoredValue>();
        await using var row = await command.ExecuteReaderAsync(tenants, cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var place = Enumerable.Range(0, column.Key.Count).Select(row.GetValue).ToArray();
            values.Add(new StoredValue(place, new Sealed(row.GetFieldValue<byte[]>(column.Key.Count))));
        }

        return values;
    }

    /// <summary>Puts another value of the present tenant in the place of one, unless it was replaced meanwhile.</summary>
    public async Task<bool> ReplaceAsync(
        SealedColumn column, StoredValue stored, Sealed value, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(column.Placement, cancellationToken);
        await using var command = connection.CreateCommand();
        var (name, key) = (column.Place.Column, column.Key.Select(static (part, i) => $"{part} = @key{i}"));
        command.CommandText =
            $"UPDATE {column.Table} SET {name} = @value WHERE {string.Join(" AND ", key)} AND {name} = @stored";
        Add(command, "@value", value.ToArray());
        Add(command, "@stored", stored.Value.ToArray());
        for (var i = 0; i < stored.Key.Count; i++) Add(command, $"@key{i}", stored.Key[i]);
        return await command.ExecuteNonQueryAsync(tenants, cancellationToken) == 1;
    }

    private Task<DbConnection> OpenAsync(Placement placement, CancellationToken cancellationToken) =>
        placement is Placement.WithTenant ? places.OpenAsync(cancellationToken) : database.OpenAsync(cancellationToken);

    private static string WhereOf(SealedColumn column) =>
        $"{column.Table} WHERE {column.TenantColumn} = @tenant AND substr({column.Place.Column}, {SealedFormat.KeyIdOffset + 1}, {SealedFormat.KeyIdBytes}) = @key";

    private DbCommand Command(DbConnection connection, string sql, TenantId tenant, VaultKeyId key)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        var owner = tenant.Value;
        Add(command, "@tenant", database.Dialect is SqlDialect.Sqlite ? owner.ToByteArray(bigEndian: true) : owner);
        Add(command, "@key", key.Value.ToByteArray(bigEndian: true));
        return command;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}

/// <summary>A sealed value where it lies.</summary>
/// <param name="Key">The parts of the row's key, as they are stored.</param>
/// <param name="Value">The value.</param>
internal sealed record StoredValue(IReadOnlyList<object> Key, Sealed Value);
