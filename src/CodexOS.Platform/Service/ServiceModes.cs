using System.Data.Common;
using System.Diagnostics;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Service;

/// <summary>
/// The mode that the installation serves in: one row that all nodes look at. The node that changes it knows at once, the
/// others within <see cref="ServiceOptions.RefreshInterval"/>. While the database does not answer, what was known holds.
/// </summary>
public sealed partial class ServiceModes(
    Database database, TenantContext tenants, IOptions<ServiceOptions> options, TimeProvider clock, ILogger<ServiceModes> log)
    : BackgroundService
{
    private const string Nobody = "system";

    private readonly string _table = database.TableOf("platform", "service_mode");
    private volatile ServiceMode _current = new(ServiceModeKind.Normal, null, DateTimeOffset.UnixEpoch, Nobody);

    /// <summary>The present mode, as far as this node knows.</summary>
    public ServiceMode Current => _current;

    /// <summary>Nothing is served before it is known in which mode.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _current = await ReadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Changes the mode for all nodes.</summary>
    public async Task<ServiceMode> ChangeAsync(
        ServiceModeKind mode, string? reason, Caller by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(by);
        var changed = new ServiceMode(
            mode,
            string.IsNullOrWhiteSpace(reason) ? null : reason.Trim(),
            DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds()),
            by.User.ToString());
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"UPDATE {_table} SET mode = @mode, reason = @reason, changed_at = @at, changed_by = @by WHERE service_mode_id = 1";
        Add(command, "mode", WordOf(mode));
        Add(command, "reason", changed.Reason ?? (object)DBNull.Value);
        Add(command, "at", IsSqlite ? changed.ChangedAt.ToUnixTimeMilliseconds() : changed.ChangedAt);
        Add(command, "by", changed.ChangedBy);
        await command.ExecuteNonQueryAsync(tenants, cancellationToken);
        _current = changed;
        LogChanged(mode, by.User.ToString());
        return changed;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // With SQLite there is one node, which knows.
        if (IsSqlite) return;
        using var timer = new PeriodicTimer(options.Value.RefreshInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                _current = await ReadAsync(stoppingToken);
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException)
            {
                LogUnknown(error);
            }
        }
    }

    private bool IsSqlite => database.Dialect is SqlDialect.Sqlite;

    private async Task<ServiceMode> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT mode, reason, changed_at, changed_by FROM {_table}";
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            throw new InvalidOperationException($"The row of {_table} is missing; it says whether the server may serve.");
        return new ServiceMode(
            row.GetString(0) switch
            {
                "normal" => ServiceModeKind.Normal,
                "read_only" => ServiceModeKind.ReadOnly,
                _ => ServiceModeKind.Maintenance,
            },
            row.IsDBNull(1) ? null : row.GetString(1),
            IsSqlite ? DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)) : row.GetFieldValue<DateTimeOffset>(2),
            row.GetString(3));
    }

    private static string WordOf(ServiceModeKind mode) => mode switch
    {
        ServiceModeKind.Normal => "normal",
        ServiceModeKind.ReadOnly => "read_only",
        ServiceModeKind.Maintenance => "maintenance",
        _ => throw new UnreachableException($"The mode {mode} has no word."),
    };

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The installation serves in mode {Mode}, as {User} said.")]
    private partial void LogChanged(ServiceModeKind mode, string user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It could not be found out in which mode to serve; the last one holds.")]
    private partial void LogUnknown(Exception error);
}
