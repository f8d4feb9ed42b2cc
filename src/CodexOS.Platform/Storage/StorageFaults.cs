using System.Net.Sockets;
using CodexOS.Platform.Faults;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>Recognises a full disk and a database that does not answer, whichever layer met it.</summary>
public static class StorageFaults
{
    private const int NoSpaceOnUnix = 28;
    private const int SqliteFull = 13;

    /// <summary>What is said when nothing more can be stored.</summary>
    public static Fault DiskFull { get; } = new(
        "platform.disk_full",
        FaultKind.StorageFull,
        "The disk that holds the data directory or the database is full. Free some space; runs continue by themselves.");

    /// <summary>What is said when a database does not answer.</summary>
    public static Fault DatabaseSilent { get; } = new(
        "platform.database_silent",
        FaultKind.Unavailable,
        "The database that holds this does not answer. Try again in a moment; if it stays so, ask the operator to look at it.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <summary>Whether an exception, or one it wraps, means that no space is left.</summary>
    public static bool IsDiskFull(Exception? error) => error switch
    {
        null => false,
        IOException io when (io.HResult & 0xFFFF) == NoSpaceOnUnix => true,
        SqliteException { SqliteErrorCode: SqliteFull } => true,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => true,
        _ => IsDiskFull(error.InnerException),
    };

    /// <summary>
    /// Whether an exception, or one it wraps, means that PostgreSQL was not reached, was lost on the way or takes in nobody,
    /// and not that it answered with a refusal.
    /// </summary>
    public static bool IsDatabaseSilent(Exception? error) => error switch
    {
        null => false,
        PostgresException { SqlState: ['0', '8', ..] } => true,
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections } => true,
        // What a database says that is closed to connections.
        PostgresException { SqlState: PostgresErrorCodes.ObjectNotInPrerequisiteState } => true,
        PostgresException => false,
        NpgsqlException { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => IsDatabaseSilent(error.InnerException),
    };
}
