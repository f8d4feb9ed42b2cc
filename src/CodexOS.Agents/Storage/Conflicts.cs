using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CodexOS.Agents.Storage;

/// <summary>Recognises that somebody else wrote the same rows first.</summary>
internal static class Conflicts
{
    private const int SqliteConstraint = 19;

    public static bool Caused(DbUpdateException error) => error is DbUpdateConcurrencyException || error.InnerException is
        SqliteException { SqliteErrorCode: SqliteConstraint } or PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };
}
