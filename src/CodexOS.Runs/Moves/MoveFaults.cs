using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Runs.Moves;

/// <summary>Why a tenant is not moved.</summary>
internal static class MoveFaults
{
    public static Fault BadStep { get; } = new(
        "tenants.bad_move", FaultKind.Internal, "The step does not say what is moved where. Start the move again.");

    public static Fault NotGranted { get; } = new(
        "tenants.move_not_granted", FaultKind.NotAllowed, "Only a run that was started to move a tenant may do this.");

    public static Fault NoSuchTenant { get; } = new(
        "identity.tenant_not_found", FaultKind.NotFound, "There is no such tenant. GET /api/v1/tenants lists them.");

    public static Fault HomeStays { get; } = new(
        "tenants.home_stays",
        FaultKind.Conflict,
        "The installation belongs to its first tenant, which stays in the home database with it.");

    public static Fault TurnLost { get; } = new(
        "tenants.move_over", FaultKind.Conflict, "This move has given its turn back. Start another one.");

    public static Fault Unlike { get; } = new(
        "tenants.shards_differ",
        FaultKind.Conflict,
        "The two databases do not have the same tables. Restart the servers, or run codexos database migrate, so that both are of "
        + "this version.");

    public static Fault StillWritten { get; } = new(
        "tenants.still_written",
        FaultKind.Unavailable,
        "A transaction that began before the tenant was closed did not end in time. The tenant goes on where it was; look at "
        + "pg_stat_activity, and start the move again.");

    public static Fault NoSuchPlace(string name) => new(
        "tenants.no_such_shard",
        FaultKind.NotFound,
        $"There is no shard {name}. GET /api/v1/shards lists those that the servers' settings name; home is the home database.");

    public static Fault IsThere(string name) => new(
        "tenants.is_there", FaultKind.Conflict, $"The tenant lies in {name} already.");

    public static Fault Busy(RunId? run) => new(
        "tenants.move_busy",
        FaultKind.Conflict,
        run is { } going
            ? $"The tenant is being moved by {going}. Wait for it, or cancel it."
            : "The tenant is being moved. Wait for that, or cancel it.");

    public static Fault Differs(TableSum source, TableSum target) => new Fault(
        "tenants.rows_differ",
        FaultKind.Internal,
        $"{source.Table} is not the same on both sides: {source.Rows} rows where the tenant lies and {target.Rows} where it was to "
        + "go, or their contents differ. Nothing was switched; the tenant goes on where it was.")
        .With("table", source.Table).With("rowsSource", source.Rows).With("rowsTarget", target.Rows);

    public static Fault DatabaseDown(string why) => new(
        "tenants.database_down",
        FaultKind.Unavailable,
        $"A database did not do its part ({why}). Before the switch, the tenant goes on where it was. Start the move again.");
}
