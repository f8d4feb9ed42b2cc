using System.Data.Common;
using CodexOS.Platform.Tenancy;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Executes commands written by hand, with named parameters, for whom the present code works. On PostgreSQL the tenant goes
/// in front in the same message; on SQLite there is nothing to tell, and the command has to name the tenant as ever.
/// </summary>
public static class ScopedReads
{
    /// <summary>The first column of the first row, or null if there is none.</summary>
    public static async Task<object?> ExecuteScalarAsync(
        this DbCommand command, TenantContext tenants, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command is not NpgsqlCommand) return await command.ExecuteScalarAsync(cancellationToken);
        await using var row = await command.ExecuteReaderAsync(tenants, cancellationToken);
        return await row.ReadAsync(cancellationToken) ? row.GetValue(0) : null;
    }

    /// <summary>The rows, before the first of them.</summary>
    public static async Task<DbDataReader> ExecuteReaderAsync(
        this DbCommand command, TenantContext tenants, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command is not NpgsqlCommand) return await command.ExecuteReaderAsync(cancellationToken);
        RowScope.Of(tenants).PutBefore(command);
        var rows = await command.ExecuteReaderAsync(cancellationToken);
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

    /// <summary>How many rows were changed.</summary>
    public static Task<int> ExecuteNonQueryAsync(
        this DbCommand command, TenantContext tenants, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command is NpgsqlCommand) RowScope.Of(tenants).PutBefore(command);
        return command.ExecuteNonQueryAsync(cancellationToken);
    }
}
