using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>Recognises that somebody else wrote the same rows first.</summary>
public static class Conflicts
{
    private const int SqlitePrimaryKey = 1555;
    private const int SqliteUnique = 2067;

    /// <summary>Whether an update failed because of that.</summary>
    public static bool Caused(DbUpdateException error) =>
        error is DbUpdateConcurrencyException || error.InnerException is
        SqliteException { SqliteExtendedErrorCode: SqlitePrimaryKey or SqliteUnique }
        or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };
}
