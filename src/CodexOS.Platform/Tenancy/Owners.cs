using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Says which tenant an id belongs to, whoever asks. It is for the record only: when a tenant was told that something is not
/// there, this tells a slip of the pen from a hand in another tenant's drawer.
/// </summary>
public sealed class Owners(Database database, TenantPlaces places, TenantContext tenants, IEnumerable<OwnedIds> kinds)
{
    private static readonly SystemWork s_work = new("platform.owners");

    /// <summary>The tenant that owns what an id names, or null if nothing is named so.</summary>
    /// <param name="id">An id as it is printed, for instance <c>run_0198…</c>; anything else belongs to nobody.</param>
    /// <param name="cancellationToken">Stops the look.</param>
    public async Task<TenantId?> FindAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var at = id.IndexOf('_', StringComparison.Ordinal);
        if (at <= 0 || !Guid.TryParseExact(id.AsSpan(at + 1), "N", out var value)) return null;
        if (kinds.FirstOrDefault(kind => id.AsSpan(0, at).SequenceEqual(kind.Prefix)) is not { } found) return null;

        using var work = tenants.EnterWork(s_work);
        foreach (var place in places.All)
        {
            if (await FindAsync(place, found, value, cancellationToken) is { } owner) return owner;
        }

        return null;
    }

    private async Task<TenantId?> FindAsync(Place place, OwnedIds found, Guid value, CancellationToken cancellationToken)
    {
        var isSqlite = database.Dialect is SqlDialect.Sqlite;
        await using var connection = await database.OpenAsync(place, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT tenant_id FROM {database.TableOf(found.Schema, found.Table)} WHERE {found.Column} = @id";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("id", isSqlite ? value.ToByteArray(bigEndian: true) : (object)value);
        command.Parameters.Add(parameter);
        return await command.ExecuteScalarAsync(tenants, cancellationToken) switch
        {
            Guid owner => new TenantId(owner),
            byte[] owner => new TenantId(new Guid(owner, bigEndian: true)),
            _ => null,
        };
    }
}

/// <summary>Where the rows are that ids of one kind name. On PostgreSQL the table lets <c>platform.owners</c> look.</summary>
/// <param name="Prefix">The prefix of the ids, for instance <c>run</c>.</param>
/// <param name="Schema">The module's schema.</param>
/// <param name="Table">The table.</param>
/// <param name="Column">The column with the ids.</param>
public sealed record OwnedIds(string Prefix, string Schema, string Table, string Column);

/// <summary>How a module announces what its ids name.</summary>
public static class OwnersRegistration
{
    /// <summary>Says where the rows are that ids of a kind name.</summary>
    public static IServiceCollection AddOwnedIds<TId>(
        this IServiceCollection services, string schema, string table, string column)
        where TId : struct, ITypedId<TId> => services.AddSingleton(new OwnedIds(TId.Prefix, schema, table, column));
}
