using CodexOS.Platform.Faults;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>Recognises a full disk, whichever layer met it.</summary>
public static class StorageFaults
{
    private const int NoSpaceOnUnix = 28;
    private const int SqliteFull = 13;

    /// <summary>What is said when nothing more can be stored.</summary>
    public static Fault DiskFull { get; } = new(
        "platform.disk_full",
        FaultKind.StorageFull,
        "The disk that holds the data directory or the database is full. Free some space; runs continue by themselves.");

    /// <summary>Whether an exception, or one it wraps, means that no space is left.</summary>
    public static bool IsDiskFull(Exception? error) => error switch
    {
        null => false,
        IOException io when (io.HResult & 0xFFFF) == NoSpaceOnUnix => true,
        SqliteException { SqliteErrorCode: SqliteFull } => true,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => true,
        _ => IsDiskFull(error.InnerException),
    };
}
