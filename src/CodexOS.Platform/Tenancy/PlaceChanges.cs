using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using Npgsql;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Changes where a tenant lies, one guarded statement each, so that it can be done again after a crash. Whoever moves a tenant
/// has the turn first. The rows themselves are theirs to carry.
/// </summary>
public sealed class PlaceChanges(Database database, TenantPlaces places)
{
    private static readonly SystemWork s_work = new("platform.places");
    private static readonly SystemWork s_moves = new("platform.moves");

    /// <summary>What the work that moves a tenant may touch: the rows of this one, also where it is closed.</summary>
    public static RowScope ScopeOf(TenantId tenant) => RowScope.Of(tenant) with { Work = s_moves.Name };

    /// <summary>The move of a tenant that has the turn, or null.</summary>
    public async Task<PlaceMove?> FindAsync(TenantId tenant, CancellationToken cancellationToken) =>
        (await ReadAsync("AND tenant_id = $1", cancellationToken, tenant.Value)).FirstOrDefault();

    /// <summary>All moves that have a turn.</summary>
    public Task<List<PlaceMove>> ListAsync(CancellationToken cancellationToken) => ReadAsync("LIMIT 10000", cancellationToken);

    /// <summary>Takes the turn for a run; false if another one has it.</summary>
    public async Task<bool> BeginAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        return await ChangeAsync(
            move.Tenant,
            """
            INSERT INTO platform.tenant_places AS p (tenant_id, place, number, origin, target, moved_by, moved_in, changed_at)
            VALUES ($1, $2, 1, $2, $3, $4, $5, clock_timestamp())
            ON CONFLICT (tenant_id) DO UPDATE SET origin = excluded.origin, target = excluded.target,
                moved_by = excluded.moved_by, moved_in = excluded.moved_in, number = p.number + 1,
                changed_at = clock_timestamp()
            WHERE p.place = excluded.place AND p.moved_by IS NULL
            """,
            cancellationToken,
            move.Tenant.Value, move.From, move.Target, move.Run, move.In.Value);
    }

    /// <summary>Says that a tenant is about to leave, or that it is not; false if the run has not the turn.</summary>
    public async Task<bool> CloseAsync(PlaceMove move, bool isClosing, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        return await ChangeAsync(
            move.Tenant,
            """
            UPDATE platform.tenant_places SET is_closing = $3, number = number + 1, changed_at = clock_timestamp()
            WHERE tenant_id = $1 AND moved_by = $2
            """,
            cancellationToken,
            move.Tenant.Value, move.Run, isClosing);
    }

    /// <summary>Says in a transaction of the home database that a tenant lies in the target; it stays closed.</summary>
    public static async Task<bool> ArriveAsync(PlaceMove move, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        ArgumentNullException.ThrowIfNull(transaction);
        await using var statement = new ScopedStatement(
            (NpgsqlConnection)transaction.Connection!, RowScope.Of(move.Tenant),
            """
            UPDATE platform.tenant_places SET place = target, number = number + 1, changed_at = clock_timestamp()
            WHERE tenant_id = $1 AND moved_by = $2 AND target = $3 RETURNING number
            """);
        statement.With(move.Tenant.Value).With(move.Run).With(move.Target);
        return await statement.ScalarAsync(cancellationToken) is not null;
    }

    /// <summary>Gives the turn back.</summary>
    public Task EndAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(move);
        return ChangeAsync(
            move.Tenant,
            """
            UPDATE platform.tenant_places SET origin = NULL, target = NULL, moved_by = NULL, moved_in = NULL, is_closing = false,
                number = number + 1, changed_at = clock_timestamp()
            WHERE tenant_id = $1 AND moved_by = $2
            """,
            cancellationToken,
            move.Tenant.Value, move.Run);
    }

    /// <summary>Has a database refuse a tenant's rows to everybody but the work that moves them.</summary>
    public static async Task FenceAsync(Place place, TenantId tenant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        await using var statement = new ScopedStatement(
            place.Postgres, RowScope.Of(tenant),
            "INSERT INTO platform.closed_tenants (tenant_id, closed_at) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING");
        await statement.With(tenant.Value).ExecuteAsync(cancellationToken);
    }

    /// <summary>Has a database give a tenant's rows again.</summary>
    public static async Task LiftAsync(Place place, TenantId tenant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        await using var statement = new ScopedStatement(
            place.Postgres, RowScope.Of(tenant), "DELETE FROM platform.closed_tenants WHERE tenant_id = $1");
        await statement.With(tenant.Value).ExecuteAsync(cancellationToken);
    }

    private async Task<bool> ChangeAsync(
        TenantId tenant, string sql, CancellationToken cancellationToken, params object[] values)
    {
        bool changed;
        await using (var statement = new ScopedStatement(database.Postgres, RowScope.Of(tenant), $"{sql} RETURNING number"))
        {
            foreach (var value in values) statement.With(value);
            changed = await statement.ScalarAsync(cancellationToken) is not null;
        }

        await places.LoadAsync(cancellationToken);
        return changed;
    }

    private async Task<List<PlaceMove>> ReadAsync(string where, CancellationToken cancellationToken, params object[] values)
    {
        if (database.Dialect is SqlDialect.Sqlite) return [];
        await using var statement = new ScopedStatement(database.Postgres, RowScope.Of(s_work), $"""
            SELECT tenant_id, place, target, moved_by, moved_in, is_closing, origin FROM platform.tenant_places
            WHERE moved_by IS NOT NULL {where}
            """);
        foreach (var value in values) statement.With(value);
        var moves = new List<PlaceMove>();
        await using var row = await statement.ReadAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            moves.Add(new PlaceMove(
                new TenantId(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetGuid(3), new TenantId(row.GetGuid(4)))
            {
                IsClosing = row.GetBoolean(5),
                Origin = row.GetString(6),
            });
        }

        return moves;
    }
}

/// <summary>A move of a tenant that has the turn.</summary>
/// <param name="Tenant">Who is moved.</param>
/// <param name="From">Where it lies; the target, once it has arrived there.</param>
/// <param name="Target">Where it goes.</param>
/// <param name="Run">The run that moves it.</param>
/// <param name="In">The tenant of that run.</param>
public sealed record PlaceMove(TenantId Tenant, string From, string Target, Guid Run, TenantId In)
{
    /// <summary>Where it lay when the move began.</summary>
    public string Origin { get; init; } = From;

    /// <summary>Whether it is about to leave.</summary>
    public bool IsClosing { get; init; }

    /// <summary>Whether it lies where it was to go.</summary>
    public bool HasArrived => From == Target;
}
