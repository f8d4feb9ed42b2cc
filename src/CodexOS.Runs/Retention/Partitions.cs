using System.Globalization;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Logging;

namespace CodexOS.Runs.Retention;

/// <summary>
/// The monthly partitions of events on PostgreSQL. A run's events lie in the partition of the month that its id begins
/// with, so taking old runs away empties whole partitions, which are then dropped instead of vacuumed. What no month's
/// partition takes in, the default one does: nothing is ever refused for want of a partition. The server's role owns no table,
/// so making and dropping are functions of the owner, in the migrations. Every place has its own.
/// </summary>
internal sealed partial class Partitions(Database database, RunsOptions options, TimeProvider clock, ILogger<Partitions> log)
{
    /// <summary>Rows that are moved out of the default partition for a month; with more, the month stays there.</summary>
    private const int RowsMovedMax = 10_000;

    /// <summary>Makes the partitions of this month and the next ones, where they are missing.</summary>
    /// <returns>How many were made.</returns>
    public async Task<int> MakeAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is not SqlDialect.Postgres) return 0;
        var made = 0;
        var today = clock.GetUtcNow();
        var first = new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var place in database.Places)
        {
            for (var ahead = 0; ahead <= options.PartitionsAheadMonths; ahead++)
            {
                if (await MakeAsync(place, first.AddMonths(ahead), cancellationToken)) made++;
            }
        }

        return made;
    }

    /// <summary>Drops the partitions of past months that are empty.</summary>
    /// <returns>How many were dropped.</returns>
    public async Task<int> DropAsync(CancellationToken cancellationToken)
    {
        if (database.Dialect is not SqlDialect.Postgres) return 0;
        var today = clock.GetUtcNow();
        var thisMonth = NameOf(new DateTime(today.Year, today.Month, 1, 0, 0, 0, DateTimeKind.Utc));
        var dropped = 0;
        foreach (var place in database.Places)
        {
            foreach (var name in await MonthsAsync(place, cancellationToken))
            {
                if (string.CompareOrdinal(name, thisMonth) >= 0) continue;
                await using var drop = place.Postgres.CreateCommand("SELECT runs.drop_partition($1)");
                drop.Parameters.Add(new() { Value = name });
                if (await drop.ExecuteScalarAsync(cancellationToken) is not true) continue;
                dropped++;
                LogDropped(name, place);
            }
        }

        return dropped;
    }

    /// <summary>The lowest id that a run of a time can have.</summary>
    internal static Guid FirstIdOf(DateTime at)
    {
        var ms = new DateTimeOffset(at).ToUnixTimeMilliseconds();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        for (var i = 5; i >= 0; i--, ms >>= 8) bytes[i] = (byte)ms;
        return new Guid(bytes, bigEndian: true);
    }

    private async Task<bool> MakeAsync(Place place, DateTime month, CancellationToken cancellationToken)
    {
        var name = NameOf(month);
        await using var make = place.Postgres.CreateCommand("SELECT runs.make_partition($1, $2, $3, $4)");
        make.Parameters.Add(new() { Value = name });
        make.Parameters.Add(new() { Value = FirstIdOf(month) });
        make.Parameters.Add(new() { Value = FirstIdOf(month.AddMonths(1)) });
        make.Parameters.Add(new() { Value = RowsMovedMax });
        switch (await make.ExecuteScalarAsync(cancellationToken))
        {
            case "made":
                LogMade(name, place);
                return true;
            case "stays":
                LogStays(name, place);
                return false;
            default:
                return false;
        }
    }

    private static string NameOf(DateTime month) =>
        $"run_events_{month.ToString("yyyyMM", CultureInfo.InvariantCulture)}";

    private static async Task<List<string>> MonthsAsync(Place place, CancellationToken cancellationToken)
    {
        await using var command = place.Postgres.CreateCommand("""
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'runs.run_events'::regclass AND c.relname ~ '^run_events_[0-9]{6}$' ORDER BY 1
            """);
        var names = new List<string>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) names.Add(row.GetString(0));
        return names;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Made the partition {Name} in {Place}.")]
    private partial void LogMade(string name, Place place);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dropped the partition {Name} in {Place}, which was empty.")]
    private partial void LogDropped(string name, Place place);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Too much of {Name} lies in the default partition of {Place}; it stays there.")]
    private partial void LogStays(string name, Place place);
}
