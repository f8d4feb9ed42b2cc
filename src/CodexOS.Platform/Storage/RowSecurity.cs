using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Sees to it that PostgreSQL itself keeps tenants apart: every table with a <c>tenant_id</c> is protected by the owner after
/// the migrations, whoever wrote them, and the server does not start as a role that could get around that.
/// </summary>
internal static class RowSecurity
{
    private const string Protect = "SELECT platform.protect(name) FROM platform.tenant_tables WHERE NOT is_protected";

    /// <summary>The schemas are the owner's, made by the migrations. Which of these were applied only the owner writes.</summary>
    private const string Grant =
        """
        DO $grant$
        DECLARE
            server text := current_setting('codexos.server_role');
            schema_name text;
        BEGIN
            FOR schema_name IN
                SELECT nspname FROM pg_namespace
                WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
                    AND nspname NOT LIKE 'pg\_%' AND nspname <> 'public'
            LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema_name, server);
                EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', schema_name, server);
                EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', schema_name, server);
                EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', schema_name);
                EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I', schema_name, server);
                IF to_regclass(format('%I.schema_versions', schema_name)) IS NOT NULL THEN
                    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON %I.schema_versions FROM %I', schema_name, server);
                END IF;
            END LOOP;
        END
        $grant$
        """;

    /// <summary>
    /// Who the session is, and what it could do about row-level security. A member of a role can become that role, and a
    /// superuser is a member of every one.
    /// </summary>
    private const string Role =
        """
        SELECT r.rolname::text, r.rolsuper, r.rolbypassrls,
            (SELECT string_agg(DISTINCT o.rolname::text, ', ')
             FROM pg_namespace n
             LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
             JOIN pg_roles o ON o.oid IN (n.nspowner, c.relowner)
             WHERE n.nspowner = (SELECT nspowner FROM pg_namespace WHERE nspname = 'platform') AND n.nspname <> 'public'
                AND pg_has_role(r.oid, o.oid, 'MEMBER')),
            (SELECT string_agg(b.rolname::text, ', ') FROM pg_roles b
             WHERE (b.rolsuper OR b.rolbypassrls) AND b.oid <> r.oid AND pg_has_role(r.oid, b.oid, 'MEMBER'))
        FROM pg_roles r WHERE r.rolname = current_user
        """;

    private const string Open =
        "SELECT string_agg(name::text, ', ' ORDER BY name::text) FROM platform.tenant_tables WHERE NOT is_protected";

    private const string Missing = "The database lacks migrations of this version. Start once with "
        + "Database:MigrationsConnectionString, which names the role that owns the tables; codexos database prepare makes it. "
        + "See docs/operate/postgresql.md.";

    /// <summary>What is said where tables are missing and this server may not make them.</summary>
    public static DatabaseRefusedException MigrationsMissing => new(Missing);

    /// <summary>What is said where the tables that are there belong to somebody else, as those of earlier versions do.</summary>
    public static DatabaseRefusedException NotTheOwner(string why) => new(
        $"The role of Database:MigrationsConnectionString may not change the tables that are there ({why}). "
        + "codexos database prepare hands them over to it. See docs/operate/postgresql.md.");

    /// <summary>As the owner: whether there is nothing left to do for a server that works as a role.</summary>
    public static async Task<bool> IsAppliedAsync(NpgsqlConnection owner, string server, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT has_schema_privilege($1::name, 'platform', 'USAGE') AND NOT EXISTS ("
            + "SELECT 1 FROM platform.tenant_tables WHERE NOT is_protected)",
            owner);
        command.Parameters.Add(new() { Value = server });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>As the owner: protects the tables that are not yet, and lets the server's role use all of them.</summary>
    /// <param name="owner">A connection of the role that owns the tables.</param>
    /// <param name="server">The server's role.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task ApplyAsync(NpgsqlConnection owner, string server, CancellationToken cancellationToken)
    {
        await ExecuteAsync(owner, Protect, cancellationToken);
        await using (var name = new NpgsqlCommand("SELECT set_config('codexos.server_role', $1, false)", owner))
        {
            name.Parameters.Add(new() { Value = server });
            await name.ExecuteNonQueryAsync(cancellationToken);
        }

        await ExecuteAsync(owner, Grant, cancellationToken);
    }

    /// <summary>As the server: refuses a role that row-level security does not hold, and tables without it.</summary>
    /// <exception cref="DatabaseRefusedException">The server must not serve; the message says what to do.</exception>
    public static async Task CheckAsync(NpgsqlConnection server, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand(Role, server))
        {
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            var user = row.GetString(0);
            if (row.GetBoolean(1)) throw Refusal(user, "is a superuser");
            if (row.GetBoolean(2)) throw Refusal(user, "has BYPASSRLS");
            if (!row.IsDBNull(3))
            {
                var owner = row.GetString(3);
                throw Refusal(user, owner == user ? "owns the tables" : $"is a member of {owner}, which owns the tables");
            }

            if (!row.IsDBNull(4)) throw Refusal(user, $"is a member of {row.GetString(4)}, which it does not hold");
        }

        if (await OpenTablesAsync(server, cancellationToken) is { } tables)
        {
            throw new DatabaseRefusedException(
                $"Row-level security is not in force on {tables}. Start once with Database:MigrationsConnectionString, which "
                + "puts it in force.");
        }
    }

    /// <summary>The tables of tenants that are not protected, or null if all are.</summary>
    public static async Task<string?> OpenTablesAsync(NpgsqlConnection server, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Open, server);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>The role that a session works as.</summary>
    public static async Task<string> UserOfAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT current_user::text", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static DatabaseRefusedException Refusal(string user, string why) => new(
        $"The server signs in to PostgreSQL as {user}, which {why}: row-level security would not keep tenants apart. "
        + "Let Database:ConnectionString name a role that owns nothing, and Database:MigrationsConnectionString the one that "
        + "owns the tables; codexos database prepare makes both. See docs/operate/postgresql.md.");

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>The database is set up in a way in which the server must not use it; the message says how to mend that.</summary>
public sealed class DatabaseRefusedException(string message) : Exception(message);
