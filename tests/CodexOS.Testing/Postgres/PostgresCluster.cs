using System.Diagnostics;
using System.Text;
using Npgsql;

namespace CodexOS.Testing.Postgres;

/// <summary>
/// A PostgreSQL server of the test assembly's own: made when first asked for, reached by a unix socket in a temporary
/// directory, gone with the test process whatever way that ends. Register it with <c>AssemblyFixture</c>. It has the two roles
/// that an installation has, one that owns the tables and one that the server works as, and an administrator for tests that
/// look at rows behind the server's back.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    // The shell holds the server's life: when its input ends, because the test process closed it or died, it stops
    // the server and removes the files. PostgreSQL refuses to run as root, so root becomes the package's own user.
    private const string Script =
        """
        set -eu
        bin=$1 dir=$2 durable=$3
        as=
        if [ "$(id -u)" = 0 ]; then
          chown postgres: "$dir"
          as="setpriv --reuid=postgres --regid=postgres --clear-groups"
        fi
        $as "$bin/initdb" -D "$dir/data" -U codexos_admin --auth=trust --no-sync -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 \
          || { cat "$dir/initdb.log" >&2; exit 1; }
        $as "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync="$durable" -c full_page_writes="$durable" \
          -c synchronous_commit="$durable" -c max_connections=300 -c shared_buffers=128MB -c lc_messages=C &
        server=$!
        cat >/dev/null
        kill -QUIT "$server"
        wait "$server" || true
        rm -rf "$dir"
        """;

    private const string Administrator = "codexos_admin";
    private const string Owner = "codexos_owner";
    private const string Server = "codexos";

    private static readonly TimeSpan s_startMax = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _gate = new(1);
    private Process? _shell;
    private string _socketDirectory = "";
    private int _databases;

    /// <summary>Whether commits reach the disk, as they must where speed is measured; tests need not wait for it.</summary>
    public bool Durable { get; init; }

    /// <summary>The same database as the role that owns its tables, which applies migrations.</summary>
    public static string OwnerOf(string connectionString) => As(connectionString, Owner);

    /// <summary>The same database as a superuser, whom row-level security does not hold.</summary>
    public static string AdministratorOf(string connectionString) => As(connectionString, Administrator);

    /// <summary>Makes an empty database and returns the connection string of the role that a server works as.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start.</exception>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_shell is null) await StartAsync(cancellationToken);
            var name = $"test_{++_databases}";
            await ExecuteAsync($"CREATE DATABASE {name} OWNER {Owner}", cancellationToken);
            return ConnectionString(name);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_shell is not null)
        {
            NpgsqlConnection.ClearAllPools();
            _shell.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await _shell.WaitForExitAsync(limit.Token);
            _shell.Dispose();
        }

        _gate.Dispose();
    }

    private static string As(string connectionString, string role) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Username = role }.ConnectionString;

    private string ConnectionString(string database) =>
        $"Host={_socketDirectory};Username={Server};Database={database};Include Error Detail=true";

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(AdministratorOf(ConnectionString("postgres")));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        _socketDirectory = Directory.CreateTempSubdirectory("codexos-pg-").FullName;
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", Script, "postgres-cluster", BinDirectory(), _socketDirectory, Durable ? "on" : "off" },
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new StringBuilder();
        var shell = new Process { StartInfo = start, EnableRaisingEvents = true };
        shell.Exited += (_, _) => ready.TrySetResult(false);
        shell.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            lock (log) log.AppendLine(line.Data);
            if (line.Data.Contains("database system is ready", StringComparison.Ordinal)) ready.TrySetResult(true);
        };
        shell.Start();
        shell.BeginErrorReadLine();
        if (!await ready.Task.WaitAsync(s_startMax, cancellationToken))
        {
            lock (log) throw new InvalidOperationException($"PostgreSQL did not start:{Environment.NewLine}{log}");
        }

        _shell = shell;
        await ExecuteAsync($"CREATE ROLE {Owner} LOGIN; CREATE ROLE {Server} LOGIN", cancellationToken);
    }

    internal static string BinDirectory()
    {
        const string debian = "/usr/lib/postgresql";
        var newest = Directory.Exists(debian)
            ? Directory.EnumerateDirectories(debian)
                .Where(version => File.Exists(Path.Combine(version, "bin", "initdb")))
                .MaxBy(version => int.TryParse(Path.GetFileName(version), out var number) ? number : 0)
            : null;
        return newest is null
            ? throw new InvalidOperationException("PostgreSQL is not installed. Run: apt-get install postgresql")
            : Path.Combine(newest, "bin");
    }
}
