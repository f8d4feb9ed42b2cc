using System.Collections.Concurrent;
using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Service;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Where the rows of each tenant's work lie. That is kept in memory, because it is asked for with every connection; a node that
/// did not make a change learns of it within <see cref="ServiceOptions.RefreshInterval"/>, and at once when a database has
/// refused it a tenant's rows. What it believes until then harms nothing: the place that a tenant has left refuses it.
/// </summary>
public sealed partial class TenantPlaces(
    Database database, TenantContext tenants, IOptions<ServiceOptions> options, TimeProvider clock, ILogger<TenantPlaces> log)
    : BackgroundService, IMovingTenants
{
    private static readonly SystemWork s_work = new("platform.places");

    /// <summary>A change is seen by its time, which was taken a while before its commit.</summary>
    private static readonly TimeSpan s_commitMax = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<TenantId, Known> _known = new();
    private readonly AsyncLocal<Place?> _entered = new();
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private readonly SemaphoreSlim _loading = new(1);
    private DateTimeOffset _seen = DateTimeOffset.UnixEpoch;
    private Action<TenantId>? _changed;

    /// <summary>All places: the home database, and then the shards by name.</summary>
    public IReadOnlyList<Place> All => database.Places;

    /// <summary>The place of the present flow: its tenant's, else the one that was entered, else the home database.</summary>
    public Place Current => !database.HasShards
        ? database.Home
        : tenants.Current is { } tenant ? Of(tenant) : _entered.Value ?? database.Home;

    /// <summary>The place of a tenant.</summary>
    /// <exception cref="TenantMovingException">It lies in a place that this process's settings do not know.</exception>
    public Place Of(TenantId tenant) => !_known.IsEmpty && _known.TryGetValue(tenant, out var known)
        ? known.Place ?? throw new TenantMovingException(TenantMovingException.UnknownPlace(known.Name))
        : database.Home;

    /// <summary>The name of a tenant's place, whether or not the settings know it.</summary>
    public string NameOf(TenantId tenant) => _known.TryGetValue(tenant, out var known) ? known.Name : Place.HomeName;

    /// <summary>How many tenants lie in each place that any was ever moved to.</summary>
    public IReadOnlyDictionary<string, int> Counts =>
        _known.Values.CountBy(static known => known.Name, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

    /// <inheritdoc />
    public bool IsMoving(TenantId tenant) => !_known.IsEmpty && _known.TryGetValue(tenant, out var known) && known.IsClosing;

    /// <summary>The tenants that are being moved at this moment.</summary>
    public IReadOnlyList<TenantId> Moving =>
        _known.IsEmpty ? [] : [.. _known.Where(static one => one.Value.IsClosing).Select(static one => one.Key)];

    /// <inheritdoc />
    public void Listen(Action<TenantId> changed) => _changed += changed;

    /// <summary>
    /// Enters a place until the returned scope is disposed, for work that looks past one tenant and goes round all places. Where
    /// a tenant is entered as well, the tenant's place counts.
    /// </summary>
    public IDisposable Enter(Place place)
    {
        var before = _entered.Value;
        _entered.Value = place;
        return new Scope(this, before);
    }

    /// <summary>Opens a connection to the place of the present flow.</summary>
    public Task<DbConnection> OpenAsync(CancellationToken cancellationToken) => database.OpenAsync(Current, cancellationToken);

    /// <summary>Makes sure that a connection goes to the place of the present flow's tenant.</summary>
    /// <exception cref="TenantMovingException">
    /// The connection was made before the tenant was moved, or for another one. Either way the statement must not be executed.
    /// </exception>
    public void Check(DbConnection connection)
    {
        if (!database.HasShards || tenants.Current is not { } tenant) return;
        var (there, here) = (Of(tenant), database.PlaceOf(connection));
        if (there != here)
            throw new TenantMovingException($"The rows of {tenant} lie in {there}, and the statement goes to {here}.");
    }

    /// <summary>Reads what has changed, soon: a database has refused what this process believed to be right.</summary>
    public void LookAgain()
    {
        if (_wanted.CurrentCount > 0) return;
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else has asked in the same moment.
        }
    }

    /// <summary>Reads what has changed.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is SqlDialect.Sqlite) return;
        await _loading.WaitAsync(cancellationToken);
        try
        {
            foreach (var (tenant, known) in await ReadAsync(cancellationToken)) Know(tenant, known);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Nothing of a tenant is touched before it is known where it lies.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (_known.FirstOrDefault(static one => one.Value.Place is null) is { Value: { } lost } one)
        {
            throw new DatabaseRefusedException(
                $"{one.Key} lies in the shard {lost.Name}, which the settings do not name. Set Database:Shards:{lost.Name}.");
        }

        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _wanted.Dispose();
        _loading.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (database.Dialect is SqlDialect.Sqlite) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            using (var pause = new CancellationTokenSource(options.Value.RefreshInterval, clock))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, stoppingToken))
            {
                await _wanted.WaitAsync(either.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

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

    private async Task<List<(TenantId Tenant, Known Known)>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var statement = new ScopedStatement(
            database.Postgres, RowScope.Of(s_work),
            "SELECT tenant_id, place, is_closing, number, changed_at FROM platform.tenant_places WHERE changed_at >= $1");
        var read = new List<(TenantId, Known)>();
        await using var row = await statement.With((_seen - s_commitMax).ToUniversalTime()).ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var name = row.GetString(1);
            read.Add((
                new TenantId(row.GetGuid(0)),
                new Known(name, database.FindPlace(name), row.GetBoolean(2), row.GetInt64(3))));
            var at = row.GetFieldValue<DateTimeOffset>(4);
            if (at > _seen) _seen = at;
        }

        return read;
    }

    private void Know(TenantId tenant, Known known)
    {
        if (_known.TryGetValue(tenant, out var before) && before.Number >= known.Number) return;
        _known[tenant] = known;
        LogPlace(tenant, known.Name, known.IsClosing);
        _changed?.Invoke(tenant);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tenant} lies in {Place}; it is about to leave: {Closing}.")]
    private partial void LogPlace(TenantId tenant, string place, bool closing);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Where tenants lie could not be read; what is known so far holds.")]
    private partial void LogUnknown(Exception error);

    private sealed record Known(string Name, Place? Place, bool IsClosing, long Number);

    private sealed class Scope(TenantPlaces places, Place? before) : IDisposable
    {
        public void Dispose() => places._entered.Value = before;
    }
}

/// <summary>Says which tenants are about to leave their database, so that what works for them lets go.</summary>
public interface IMovingTenants
{
    /// <summary>Whether a tenant is about to leave: nothing is begun for it.</summary>
    bool IsMoving(TenantId tenant);

    /// <summary>Tells of every change: a tenant is about to leave, has arrived, or stays after all.</summary>
    void Listen(Action<TenantId> changed);
}
