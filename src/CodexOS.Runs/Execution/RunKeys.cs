using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using CodexOS.Runs.Storage;

namespace CodexOS.Runs.Execution;

/// <summary>
/// Which run an idempotency key stands for. The first start with a key sets an id aside for it, stamped with the time as
/// every run's is; whoever comes with the key later gets the same id, and the journal's own uniqueness makes a second run
/// impossible, whichever processes race and wherever one of them died.
/// </summary>
internal sealed class RunKeys(
    Database database, TenantPlaces places, TenantContext tenants, TimeProvider clock)
{
    private readonly string _keys = database.TableOf(RunsDbContext.SchemaName, "run_keys");
    private readonly string _runs = database.TableOf(RunsDbContext.SchemaName, "runs");

    /// <summary>The id of the run that a key starts, or has started.</summary>
    public async Task<RunId> ReserveAsync(TenantId tenant, string key, CancellationToken cancellationToken)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        using var entered = tenants.Enter(tenant);
        await using var connection = await places.OpenAsync(cancellationToken);
        if (await FindAsync(connection, tenant, key, hash, cancellationToken) is { } known) return known;
        await using (var insert = connection.CreateCommand())
        {
            insert.CommandText = $"""
                INSERT INTO {_keys} (tenant_id, key_hash, run_id, created_at) VALUES (@tenant, @hash, @run, @at)
                ON CONFLICT DO NOTHING
                """;
            Add(insert, "tenant", Stored(tenant));
            Add(insert, "hash", hash);
            Add(insert, "run", Stored(RunId.New(clock)));
            Add(insert, "at", IsSqlite ? clock.Milliseconds().ToUnixTimeMilliseconds() : clock.Milliseconds());
            await insert.ExecuteNonQueryAsync(tenants, cancellationToken);
        }

        return await FindAsync(connection, tenant, key, hash, cancellationToken)
            ?? throw new InvalidOperationException("An idempotency key was stored and is not there.");
    }

    /// <summary>
    /// Ids of runs that were started by key used to be a hash of it (a UUID version 8, RFC 9562); such a run may still be
    /// asked for.
    /// </summary>
    internal static RunId FormerIdOf(TenantId tenant, string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}|{key}"));
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new RunId(new Guid(hash.AsSpan(0, 16), bigEndian: true));
    }

    private bool IsSqlite => database.Dialect is SqlDialect.Sqlite;

    private async Task<RunId?> FindAsync(
        DbConnection connection, TenantId tenant, string key, string hash, CancellationToken cancellationToken)
    {
        await using var find = connection.CreateCommand();
        find.CommandText = $"""
            SELECT run_id FROM {_keys} WHERE tenant_id = @tenant AND key_hash = @hash
            UNION ALL SELECT run_id FROM {_runs} WHERE run_id = @former AND tenant_id = @tenant
            """;
        Add(find, "tenant", Stored(tenant));
        Add(find, "hash", hash);
        Add(find, "former", Stored(FormerIdOf(tenant, key)));
        return await find.ExecuteScalarAsync(tenants, cancellationToken) switch
        {
            Guid value => new RunId(value),
            byte[] bytes => new RunId(new Guid(bytes, bigEndian: true)),
            _ => null,
        };
    }

    private object Stored<TId>(TId id)
        where TId : struct, ITypedId<TId> => IsSqlite ? id.Value.ToByteArray(bigEndian: true) : id.Value;

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }
}
