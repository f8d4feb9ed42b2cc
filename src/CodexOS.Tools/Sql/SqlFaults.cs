using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Sql;

/// <summary>Why a database was not read.</summary>
internal static class SqlFaults
{
    public static Fault OneStatement { get; } = new(
        "tools.sql_one_statement", FaultKind.Invalid, "Give exactly one statement. Call again for each further one.");

    public static Fault ReadsOnly { get; } = new(
        "tools.sql_reads_only",
        FaultKind.NotAllowed,
        "Only statements that read are executed, without pragmas, attached databases and functions that reach out.");

    public static Fault TooLate(TimeSpan timeMax) => new(
        "tools.sql_timeout",
        FaultKind.Timeout,
        $"The statement took longer than {timeMax.TotalSeconds:0.#} s and was ended. Narrow it, for instance with WHERE or LIMIT.");

    public static Fault NotFound(string name, IEnumerable<string> known) => new(
        "tools.sql_database_not_found",
        FaultKind.NotFound,
        known.Any() ? $"There is no database '{name}' for you. There are: {string.Join(", ", known)}." : "There is no database for you.");

    public static Fault Failed(string message) => new(
        "tools.sql_failed", FaultKind.Invalid, $"The database says: {(message.Length <= 1_000 ? message : message[..1_000] + "…")}");

    public static Fault BadParameter(int number) => new(
        "tools.sql_bad_parameters",
        FaultKind.Invalid,
        $"Parameter {number} is missing or too many. Parameters are $1, $2 and so on; give as many values.");

    public static Fault UnknownType(string column, string type) => new(
        "tools.sql_type",
        FaultKind.Invalid,
        $"The column '{column}' has the type {type}, which is not shown as it is. Cast it: {column}::text.");

    /// <summary>The operator has to act; who asked learns only that.</summary>
    public static Fault Unavailable(string name, string why) => new(
        "tools.sql_unavailable", FaultKind.Unavailable, $"The database '{name}' cannot be used: {why}");
}
