using System.Diagnostics;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Service;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodexOS.Runs.Moves;

/// <summary>
/// The moment in which a tenant changes its database: (1) say that it is about to leave, and let every node hear of it and let
/// go of the tenant's runs; (2) have the database refuse the tenant's rows, and wait for what began before; (3) let go of the
/// runs that nobody let go of; (4) copy the rest; (5) compare both sides; (6) say that it lies in the target, together with the
/// entry in the log; (7) open the target. What fails before (6) leaves the tenant where it was, open.
/// </summary>
internal sealed partial class MoveSwitch(
    Database database, TenantPlaces places, PlaceChanges changes, IAuditLog audit, TenantContext tenants,
    IOptions<ServiceOptions> service, RunsOptions options, TimeProvider clock, ILogger<MoveSwitch> log)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Switches, or gives why not; then the tenant goes on where it was.</summary>
    public async Task<Result<MoveSwitched>> SwitchAsync(
        PlaceMove move, TenantRows rows, MoveStep step, EffectCall call, CancellationToken cancellationToken)
    {
        var source = database.FindPlace(step.From!)!;
        var target = database.FindPlace(move.Target)!;
        var began = clock.GetTimestamp();
        // A crash came after the switch: what is left of it is opening the target, and the sums are the target's.
        if (move.HasArrived)
            return await OpenAsync(move, target, await SumsAsync(target, rows, call, CancellationToken.None), 0, began);
        Result<(List<TableSum> Sums, long Bytes)> compared;
        try
        {
            compared = await CloseAndCompareAsync(move, source, target, rows, step, call, cancellationToken);
        }
        catch
        {
            await StayAsync(move, CancellationToken.None, keepsTurn: true);
            throw;
        }

        if (!compared.TryGet(out var equal, out var fault))
        {
            await StayAsync(move, CancellationToken.None, keepsTurn: true);
            return fault;
        }

        // 6. From here on there is no way back, so nothing stops it.
        await ArriveAsync(move, step, call, equal.Sums);
        return await OpenAsync(move, target, equal.Sums, equal.Bytes, began);
    }

    /// <summary>Lets a tenant go on where it is.</summary>
    /// <param name="move">The move.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="keepsTurn">Whether the move may try once more.</param>
    public async Task StayAsync(PlaceMove move, CancellationToken cancellationToken, bool keepsTurn = false)
    {
        await PlaceChanges.LiftAsync(database.FindPlace(move.From)!, move.Tenant, cancellationToken);
        if (keepsTurn) await changes.CloseAsync(move, isClosing: false, cancellationToken);
        else await changes.EndAsync(move, cancellationToken);
        LogStays(move.Tenant.ToString(), move.From);
    }

    /// <summary>Opens the target of a move whose run ended between the switch and that.</summary>
    public async Task OpenAsync(PlaceMove move, CancellationToken cancellationToken)
    {
        await PlaceChanges.LiftAsync(database.FindPlace(move.Target)!, move.Tenant, cancellationToken);
        await changes.CloseAsync(move, isClosing: false, cancellationToken);
    }

    /// <summary>
    /// Removes the rows of a tenant that has arrived, where it lay, and gives the turn back. The fence stays there: a server
    /// that has heard nothing for however long is still refused.
    /// </summary>
    public async Task<long> CleanAsync(
        PlaceMove move, Place source, Action<MovedTable> progress, CancellationToken cancellationToken)
    {
        // Somewhere else than where it lies, whatever the step says.
        if (!move.HasArrived || source.Name == move.From) throw new UnreachableException($"{move.Tenant} lies in {source}.");
        var rows = new TenantRows(
            move.Tenant, source, database.FindPlace(move.Target)!, await MovedTables.ReadAsync(source, cancellationToken));
        var removed = await rows.RemoveAllAsync(source, progress, cancellationToken);
        await changes.EndAsync(move, cancellationToken);
        return removed;
    }

    private async Task<Result<(List<TableSum> Sums, long Bytes)>> CloseAndCompareAsync(
        PlaceMove move, Place source, Place target, TenantRows rows, MoveStep step, EffectCall call,
        CancellationToken cancellationToken)
    {
        // 1. Let go
        if (!await changes.CloseAsync(move, isClosing: true, cancellationToken)) return MoveFaults.TurnLost;
        call.OnProgress(new Progress(0, null, "tables", "Letting go of the tenant's runs"));
        await Task.Delay(service.Value.RefreshInterval * 1.5, clock, cancellationToken);
        var waiting = clock.GetTimestamp();
        while (clock.GetElapsedTime(waiting) < options.MoveDrainTimeout && await AnyDrivenAsync(source, move, cancellationToken))
            await Task.Delay(s_pause, clock, cancellationToken);

        // 2. Fence
        await PlaceChanges.FenceAsync(source, move.Tenant, cancellationToken);
        if (!await EndedBeforeAsync(source, cancellationToken)) return MoveFaults.StillWritten;

        // 3. What nobody let go of: an epoch more, so that an outcome that is still under way is not taken for this one's.
        await using (var release = new ScopedStatement(
            source.Postgres, PlaceChanges.ScopeOf(move.Tenant),
            "UPDATE runs.runs SET owner = '', epoch = epoch + 1 WHERE tenant_id = $1 AND status <= 1 AND owner <> ''"))
        {
            await release.With(move.Tenant.Value).ExecuteAsync(cancellationToken);
        }

        // 4. The rest
        var copied = new CopiedRows(0, 0);
        foreach (var table in rows.Tables)
        {
            call.OnProgress(new Progress(0, null, "tables", $"Copying the rest of {table.Name}"));
            copied += await rows.CopyAsync(table, step.Since, isClosed: true, static (_, _) => { }, cancellationToken);
        }

        // 5. Compare
        var sums = await SumsAsync(source, rows, call, cancellationToken);
        var others = await SumsAsync(target, rows, call, cancellationToken);
        if (sums.Zip(others).Any(static pair => pair.First.Rows != pair.Second.Rows))
        {
            // Nothing that is there is missing here, so this has more: what was deleted meanwhile.
            await rows.RemoveStaleAsync(cancellationToken);
            others = await SumsAsync(target, rows, call, cancellationToken);
        }

        foreach (var (one, other) in sums.Zip(others))
        {
            if (one == other) continue;
            LogDiffers(one.Table, one.Rows, other.Rows);
            return MoveFaults.Differs(one, other);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return (sums, copied.Bytes);
    }

    private async Task ArriveAsync(PlaceMove move, MoveStep step, EffectCall call, List<TableSum> sums)
    {
        await using var connection = await database.OpenAsync(CancellationToken.None);
        await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        if (!await PlaceChanges.ArriveAsync(move, transaction, CancellationToken.None))
            throw new UnreachableException($"{move.Tenant} has lost the turn in the middle of its move.");
        using (tenants.Enter(call.Tenant))
        {
            await audit.RecordAsync(
                AuditEntry.Done("tenants.finish_move").On("tenant", move.Tenant.ToString()).By(AuditActor.Of(call.By))
                    .With("from", step.From!).With("to", move.Target).With("run", call.Run.ToString())
                    .With("rows", $"{sums.Sum(static sum => sum.Rows)}"),
                transaction,
                CancellationToken.None);
        }

        await transaction.CommitAsync(CancellationToken.None);
        await places.LoadAsync(CancellationToken.None);
    }

    private async Task<MoveSwitched> OpenAsync(PlaceMove move, Place target, List<TableSum> sums, long bytes, long began)
    {
        await OpenAsync(move, CancellationToken.None);
        var closed = (long)clock.GetElapsedTime(began).TotalMilliseconds;
        LogSwitched(move.Tenant.ToString(), target.Name, closed);
        return new MoveSwitched(sums, bytes, closed);
    }

    private static async Task<List<TableSum>> SumsAsync(
        Place place, TenantRows rows, EffectCall call, CancellationToken cancellationToken)
    {
        var sums = new List<TableSum>();
        foreach (var table in rows.Tables)
        {
            call.OnProgress(new Progress(sums.Count, rows.Tables.Count, "tables", $"Comparing {table.Name} in {place}"));
            sums.Add(await rows.SumAsync(place, table, cancellationToken));
        }

        return sums;
    }

    /// <summary>Whether a member of the cluster still has a run of the tenant; those of dead ones nobody lets go of.</summary>
    private async Task<bool> AnyDrivenAsync(Place source, PlaceMove move, CancellationToken cancellationToken)
    {
        var owners = new List<string>();
        await using (var driven = new ScopedStatement(
            source.Postgres, PlaceChanges.ScopeOf(move.Tenant),
            "SELECT DISTINCT owner FROM runs.runs WHERE tenant_id = $1 AND status <= 1 AND owner <> '' LIMIT 10000"))
        {
            await using var row = await driven.With(move.Tenant.Value).ReadAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken)) owners.Add(row.GetString(0));
        }

        if (owners.Count == 0) return false;
        await using var members = database.Postgres.CreateCommand(
            "SELECT 1 FROM runs_cluster.members WHERE status < 6 AND silo = ANY ($1) LIMIT 1");
        members.Parameters.Add(new() { Value = owners.ToArray() });
        return await members.ExecuteScalarAsync(cancellationToken) is not null;
    }

    /// <summary>
    /// Waits until every transaction has ended that may not have seen the fence: those that write, by their numbers, and those
    /// that have not written yet but look at the database as it was before.
    /// </summary>
    private async Task<bool> EndedBeforeAsync(Place source, CancellationToken cancellationToken)
    {
        await using var connection = await source.Postgres.OpenConnectionAsync(cancellationToken);
        string next;
        DateTime at;
        await using (var look = new NpgsqlCommand(
            "SELECT pg_snapshot_xmax(pg_current_snapshot())::text, clock_timestamp()", connection))
        {
            await using var row = await look.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            (next, at) = (row.GetString(0), row.GetDateTime(1));
        }

        var waiting = clock.GetTimestamp();
        await using var ended = new NpgsqlCommand(
            """
            SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AND NOT EXISTS (
                SELECT 1 FROM pg_stat_activity a
                WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename = current_user
                    AND a.xact_start < $2)
            """,
            connection);
        ended.Parameters.Add(new() { Value = next });
        ended.Parameters.Add(new() { Value = at });
        while (!(bool)(await ended.ExecuteScalarAsync(cancellationToken))!)
        {
            if (clock.GetElapsedTime(waiting) > options.MoveDrainTimeout) return false;
            await Task.Delay(s_pause, clock, cancellationToken);
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tenant} lies in {Place} now; it was closed for {Milliseconds} ms.")]
    private partial void LogSwitched(string tenant, string place, long milliseconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Tenant} stays in {Place}.")]
    private partial void LogStays(string tenant, string place);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Table} differs after a copy: {Rows} rows, and {Others} in the target.")]
    private partial void LogDiffers(string table, long rows, long others);
}
