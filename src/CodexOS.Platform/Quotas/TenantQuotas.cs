using System.Collections.Concurrent;
using System.Data.Common;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Service;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Quotas;

/// <summary>
/// What each tenant may have. The options say it for everybody, and the installation's owner for single tenants; that is kept
/// in memory, because it is asked for at every start of a run. A node that did not make a change learns of it within
/// <see cref="ServiceOptions.RefreshInterval"/>.
/// </summary>
public sealed partial class TenantQuotas(
    Database database, TenantContext tenants, IEnumerable<IQuota> quotas, IOptions<ServiceOptions> options, TimeProvider clock,
    ILogger<TenantQuotas> log) : BackgroundService
{
    private static readonly SystemWork s_work = new("platform.quotas");

    /// <summary>A change is seen by its time, which was taken a while before its commit.</summary>
    private static readonly TimeSpan s_commitMax = TimeSpan.FromMinutes(1);

    private readonly string _table = database.TableOf("platform", "quotas");
    private readonly Dictionary<string, IQuota> _quotas = quotas.ToDictionary(quota => quota.Name, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(TenantId, string), long> _values = new();
    private DateTimeOffset _seen = DateTimeOffset.UnixEpoch;

    /// <summary>Whether anything is counted under a name.</summary>
    public bool Has(string name) => _quotas.ContainsKey(name);

    /// <summary>How much of something a tenant may have.</summary>
    /// <exception cref="KeyNotFoundException">Nothing is counted under the name, which is a bug.</exception>
    public long LimitOf(TenantId tenant, string name) =>
        !_values.IsEmpty && _values.TryGetValue((tenant, name), out var value) ? value : _quotas[name].Default;

    /// <summary>Whether the present tenant may have more of something; the fault says which quota is in the way.</summary>
    /// <param name="name">The quota.</param>
    /// <param name="used">How much the tenant has.</param>
    /// <param name="adding">How much more it would have.</param>
    public Fault? Check(string name, long used, long adding = 1)
    {
        var limit = LimitOf(tenants.Required, name);
        return used + adding <= limit ? null : Exceeded(name, limit);
    }

    /// <summary>What is said when a quota is used up.</summary>
    public Fault Exceeded(string name, long limit) => new Fault(
        "platform.quota_exceeded",
        FaultKind.LimitReached,
        $"The quota {name} of this tenant is used up: {limit}. {_quotas[name].Summary} "
        + "The owner of the installation can raise it with codexos tenants quota.")
        .With("quota", name).With("limit", limit);

    /// <summary>All quotas of the present tenant, by name.</summary>
    public async Task<IReadOnlyList<QuotaState>> ReadAsync(CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        var states = new List<QuotaState>();
        foreach (var quota in _quotas.Values.OrderBy(quota => quota.Name, StringComparer.Ordinal))
        {
            states.Add(new QuotaState(
                quota.Name, quota.Summary, await quota.UsedAsync(cancellationToken), LimitOf(tenant, quota.Name), quota.Default));
        }

        return states;
    }

    /// <summary>Sets what the present tenant may have; null leaves it to the options again.</summary>
    public async Task SetAsync(string name, long? value, UserId by, CancellationToken cancellationToken)
    {
        var tenant = tenants.Required;
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"""
            INSERT INTO {_table} (tenant_id, name, value, changed_at, changed_by) VALUES (@tenant, @name, @value, @at, @by)
            ON CONFLICT (tenant_id, name) DO UPDATE
                SET value = excluded.value, changed_at = excluded.changed_at, changed_by = excluded.changed_by
            """;
        var now = clock.GetUtcNow();
        Add(command, "tenant", IsSqlite ? tenant.Value.ToByteArray(bigEndian: true) : tenant.Value);
        Add(command, "name", name);
        Add(command, "value", value ?? (object)DBNull.Value);
        Add(command, "at", Stored(now));
        Add(command, "by", by.ToString());
        await command.ExecuteNonQueryAsync(tenants, cancellationToken);
        Know(tenant, name, value);
        LogChanged(tenant, name, value, by);
    }

    /// <summary>No run starts before it is known what its tenant may have.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
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
                await LoadAsync(stoppingToken);
            }
            catch (Exception error) when (error is DbException or IOException or TimeoutException)
            {
                LogUnknown(error);
            }
        }
    }

    private bool IsSqlite => database.Dialect is SqlDialect.Sqlite;

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(s_work);
        var since = _seen - s_commitMax;
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT tenant_id, name, value, changed_at FROM {_table} WHERE changed_at >= @since";
        Add(command, "since", Stored(since));
        await using var row = await command.ExecuteReaderAsync(tenants, cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var tenant = IsSqlite ? new Guid(row.GetFieldValue<byte[]>(0), bigEndian: true) : row.GetGuid(0);
            Know(new TenantId(tenant), row.GetString(1), row.IsDBNull(2) ? null : row.GetInt64(2));
            var at = IsSqlite
                ? DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3))
                : row.GetFieldValue<DateTimeOffset>(3);
            if (at > _seen) _seen = at;
        }
    }

    private void Know(TenantId tenant, string name, long? value)
    {
        if (value is { } limit) _values[(tenant, name)] = limit;
        else _values.TryRemove((tenant, name), out _);
    }

    private object Stored(DateTimeOffset at) => IsSqlite ? at.ToUnixTimeMilliseconds() : at.ToUniversalTime();

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value);
        command.Parameters.Add(parameter);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The quota {Quota} of {Tenant} is {Value} now, as {User} said.")]
    private partial void LogChanged(TenantId tenant, string quota, long? value, UserId user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Quotas could not be read; those known so far hold.")]
    private partial void LogUnknown(Exception error);
}
