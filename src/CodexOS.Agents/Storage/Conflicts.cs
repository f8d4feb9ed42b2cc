using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CodexOS.Agents.Storage;

/// <summary>Recognises that somebody else wrote the same rows first.</summary>
internal static class Conflicts
{
    private const int SqlitePrimaryKey = 1555;
    private const int SqliteUnique = 2067;

    public static bool Caused(DbUpdateException error) =>
        error is DbUpdateConcurrencyException || error.InnerException is
        SqliteException { SqliteExtendedErrorCode: SqlitePrimaryKey or SqliteUnique }
        or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };
}
