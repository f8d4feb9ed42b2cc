using System.Security.Cryptography;
using System.Text;
using CodexOS.Cli.Contracts;
using CodexOS.Platform.Storage;
using Npgsql;

namespace CodexOS.Host;

/// <summary>
/// Makes the two roles of an installation on PostgreSQL, or prints the SQL that does: one that owns the tables and applies
/// migrations, and one that the server works as, which owns nothing. Doing it again changes nothing. What an earlier version
/// made as another role is handed over to the owner.
/// </summary>
internal static class DatabasePreparation
{
    private const int ExitRefused = 2;
    private const int ScramIterations = 4_096;

    /// <summary>Prepares the database that the settings name, and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(DatabaseCommand command, CancellationToken cancellationToken)
    {
        try
        {
            var (server, owner) = Roles(command);
            if (command.Administrator is null)
            {
                await Console.Out.WriteLineAsync(
                    $"-- As an administrator, in a database named {Name(server.Database!)} (createdb makes it):");
                await Console.Out.WriteLineAsync(SqlFor(server, owner));
                return 0;
            }

            await PrepareAsync(command.Administrator, server, owner, cancellationToken);
            await Console.Out.WriteLineAsync(
                $"✓ {server.Database} belongs to {owner.Username}; the server works as {server.Username}, which owns nothing");
            return 0;
        }
        catch (Exception error) when (StartRefusedException.Explain(error, null) is { } why)
        {
            await Console.Error.WriteLineAsync($"codexos: {why}");
            return ExitRefused;
        }
    }

    /// <summary>The statements, for a session of an administrator in the database.</summary>
    internal static string SqlFor(NpgsqlConnectionStringBuilder server, NpgsqlConnectionStringBuilder owner)
    {
        var (serverName, ownerName, database) = (Name(server.Username!), Name(owner.Username!), Name(server.Database!));
        return $"""
            {RoleSql(owner)}
            {RoleSql(server)}
            ALTER DATABASE {database} OWNER TO {ownerName};
            GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {serverName};
            REVOKE {ownerName} FROM {serverName};
            DO $prepare$
            DECLARE
                found record;
            BEGIN
                FOR found IN
                    SELECT n.nspname, c.relname,
                        CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE c.relkind IN ('r', 'p', 'v', 'S') AND n.nspname = ANY ({SchemasSql})
                        AND NOT EXISTS (
                            SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND c.relkind = 'S')
                LOOP
                    EXECUTE format(
                        'ALTER %s %I.%I OWNER TO %I', found.kind, found.nspname, found.relname, {Text(owner.Username!)});
                END LOOP;
                FOR found IN
                    SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    WHERE n.nspname = ANY ({SchemasSql})
                LOOP
                    EXECUTE format('ALTER FUNCTION %s OWNER TO %I', found.name, {Text(owner.Username!)});
                END LOOP;
                FOR found IN SELECT nspname FROM pg_namespace WHERE nspname = ANY ({SchemasSql}) LOOP
                    EXECUTE format('ALTER SCHEMA %I OWNER TO %I', found.nspname, {Text(owner.Username!)});
                END LOOP;
            END
            $prepare$;
            """;
    }

    /// <summary>A schema is an installation's if it has the table of applied migrations, or is the cluster's.</summary>
    private const string SchemasSql =
        "ARRAY(SELECT schemaname FROM pg_tables WHERE tablename IN ('schema_versions', 'orleansquery'))";

    private static (NpgsqlConnectionStringBuilder Server, NpgsqlConnectionStringBuilder Owner) Roles(DatabaseCommand command)
    {
        var configuration = new ConfigurationManager();
        ServerSettings.AddTo(configuration, new ServeOptions(null, null, [], command.Settings));
        var given = new DatabaseOptions();
        configuration.GetSection(DatabaseOptions.Section).Bind(given);
        var (forServer, forOwner) = command.Shard is not { } name
            ? (given.ConnectionString, given.MigrationsConnectionString)
            : given.Shards.TryGetValue(name, out var shard)
                ? (shard.ConnectionString, shard.MigrationsConnectionString)
                : throw new StartRefusedException($"The settings name no shard {name}. Set Database:Shards:{name}:ConnectionString.");
        if (given.Provider != "postgres" || forServer is not { } server || forOwner is not { } owner)
        {
            throw new StartRefusedException(
                "Name the database and both roles first: Database:Provider=postgres, Database:ConnectionString for the server "
                + "and Database:MigrationsConnectionString for the owner of the tables, in the environment or with --set.");
        }

        var (asServer, asOwner) = (new NpgsqlConnectionStringBuilder(server), new NpgsqlConnectionStringBuilder(owner));
        if (string.IsNullOrEmpty(asServer.Username) || string.IsNullOrEmpty(asOwner.Username)
            || string.IsNullOrEmpty(asServer.Database))
        {
            throw new StartRefusedException("Both connection strings need a Username, and the server's a Database.");
        }

        if (asServer.Username == asOwner.Username)
            throw new StartRefusedException($"Both connection strings name {asServer.Username}. The server's role must own nothing.");
        return (asServer, asOwner);
    }

    private static async Task PrepareAsync(
        string administrator, NpgsqlConnectionStringBuilder server, NpgsqlConnectionStringBuilder owner,
        CancellationToken cancellationToken)
    {
        var maintenance = new NpgsqlConnectionStringBuilder(administrator) { Pooling = false };
        if (string.IsNullOrEmpty(maintenance.Database)) maintenance.Database = "postgres";
        await using (var connection = new NpgsqlConnection(maintenance.ConnectionString))
        {
            await connection.OpenAsync(cancellationToken);
            await using var find = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection);
            find.Parameters.Add(new() { Value = server.Database! });
            if (await find.ExecuteScalarAsync(cancellationToken) is null)
            {
                await using var create = new NpgsqlCommand($"CREATE DATABASE {Name(server.Database!)}", connection);
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
        }

        var own = new NpgsqlConnectionStringBuilder(maintenance.ConnectionString) { Database = server.Database };
        await using var inside = new NpgsqlConnection(own.ConnectionString);
        await inside.OpenAsync(cancellationToken);
        await using var transaction = await inside.BeginTransactionAsync(cancellationToken);
        await using var prepare = new NpgsqlCommand(SqlFor(server, owner), inside, transaction);
        await prepare.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static string RoleSql(NpgsqlConnectionStringBuilder role)
    {
        var name = Name(role.Username!);
        var password = string.IsNullOrEmpty(role.Password) ? "" : $" PASSWORD {Text(ScramVerifierOf(role.Password))}";
        return $"""
            DO $role$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {Text(role.Username!)}) THEN CREATE ROLE {name}; END IF;
            END $role$;
            ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS{password};
            """;
    }

    /// <summary>
    /// What PostgreSQL stores of a password (RFC 5803): so neither the printed SQL nor a log of statements has the password.
    /// </summary>
    private static string ScramVerifierOf(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            password.Normalize(NormalizationForm.FormKC), salt, ScramIterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var server = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${ScramIterations}:{Convert.ToBase64String(salt)}"
            + $"${Convert.ToBase64String(stored)}:{Convert.ToBase64String(server)}";
    }

    private static string Name(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
