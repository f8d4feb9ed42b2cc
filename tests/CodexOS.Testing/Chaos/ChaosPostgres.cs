using System.Diagnostics;
using System.Globalization;
using CodexOS.Testing.Postgres;
using Npgsql;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// A PostgreSQL server that can be stopped in every way there is and started again on the same files. Its shell ends it
/// when the campaign is gone, whatever way that went.
/// </summary>
internal sealed class ChaosPostgres : IAsyncDisposable
{
    private const string Prepare =
        """
        set -eu
        bin=$1 dir=$2
        as=
        if [ "$(id -u)" = 0 ]; then chown postgres: "$dir"; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
        $as "$bin/initdb" -D "$dir/data" -U codexos_admin --auth=trust --no-sync -E UTF8 --locale=C >"$dir/initdb.log" 2>&1
        """;

    private const string Serve =
        """
        set -eu
        bin=$1 dir=$2 durable=$3
        as=
        if [ "$(id -u)" = 0 ]; then as="setpriv --reuid=postgres --regid=postgres --clear-groups"; fi
        $as "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c fsync="$durable" -c full_page_writes="$durable" \
          -c max_connections=200 -c shared_buffers=64MB -c lc_messages=C >>"$dir/log" 2>&1 &
        server=$!
        echo $server
        cat >/dev/null
        kill -INT "$server" 2>/dev/null || true
        wait "$server" || true
        """;

    private static readonly TimeSpan s_startMax = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(30);
    private readonly TempDirectory _files = new();
    private readonly bool _durable;
    private readonly string _bin = PostgresCluster.BinDirectory();
    private Process? _shell;
    private int _postmaster;

    private ChaosPostgres(bool durable) => _durable = durable;

    /// <summary>Where its socket is.</summary>
    public string SocketDirectory => _files.Path;

    /// <summary>A connection of the administrator that no proxy stands between.</summary>
    public string ConnectionString => PostgresCluster.AdministratorOf(
        $"Host={SocketDirectory};Database=codexos;Pooling=false;Timeout=5");

    /// <summary>Makes a server with one empty database.</summary>
    public static async Task<ChaosPostgres> StartAsync(bool durable, CancellationToken cancellationToken)
    {
        var postgres = new ChaosPostgres(durable);
        try
        {
            using var prepare = Bash(Prepare, postgres._bin, postgres.SocketDirectory);
            await prepare.WaitForExitAsync(cancellationToken);
            if (prepare.ExitCode != 0) throw new InvalidOperationException("initdb failed.");
            await postgres.UpAsync(cancellationToken);
            await postgres.ExecuteAsync(
                "CREATE ROLE codexos_owner LOGIN; CREATE ROLE codexos LOGIN", "postgres", cancellationToken);
            await postgres.ExecuteAsync("CREATE DATABASE codexos OWNER codexos_owner", "postgres", cancellationToken);
            return postgres;
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it and waits until it answers; after a crash it first recovers.</summary>
    public async Task UpAsync(CancellationToken cancellationToken)
    {
        var began = Stopwatch.StartNew();
        while (true)
        {
            // The children of a killed server end by themselves, and until they have, the next one refuses to start.
            _shell = Bash(Serve, _bin, SocketDirectory, _durable ? "on" : "off");
            _postmaster = int.Parse(
                (await _shell.StandardOutput.ReadLineAsync(cancellationToken))!, CultureInfo.InvariantCulture);
            while (Lives(_postmaster))
            {
                try
                {
                    await ExecuteAsync("SELECT 1", "postgres", cancellationToken);
                    return;
                }
                catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
                {
                    if (began.Elapsed > s_startMax)
                        throw new InvalidOperationException($"PostgreSQL did not come up; see {SocketDirectory}/log.", error);
                    await Task.Delay(s_pollInterval, TimeProvider.System, cancellationToken);
                }
            }

            await DownAsync(null, cancellationToken);
            if (began.Elapsed > s_startMax)
                throw new InvalidOperationException($"PostgreSQL did not come up; see {SocketDirectory}/log.");
            await Task.Delay(s_pollInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Ends it: <c>INT</c> is a fast shutdown, <c>QUIT</c> an immediate one, <c>KILL</c> none at all.</summary>
    public async Task DownAsync(string? signal, CancellationToken cancellationToken)
    {
        if (_shell is null) return;
        if (signal is not null)
        {
            using var kill = Process.Start("kill", [$"-{signal}", $"{_postmaster}"]);
            await kill.WaitForExitAsync(cancellationToken);
            while (Lives(_postmaster)) await Task.Delay(s_pollInterval, TimeProvider.System, cancellationToken);
        }

        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync(cancellationToken);
        _shell.Dispose();
        _shell = null;
    }

    /// <summary>Ends the connections of the servers, in the middle of whatever they do, and says how many there were.</summary>
    public async Task<int> TerminateBackendsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Convert.ToInt32(
                await ExecuteAsync(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'codexos'", "postgres",
                    cancellationToken),
                CultureInfo.InvariantCulture);
        }
        catch (Exception down) when (down is NpgsqlException or IOException or TimeoutException)
        {
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await DownAsync(null, limit.Token);
        _files.Dispose();
    }

    private async Task<object?> ExecuteAsync(string sql, string database, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    // A child that has ended and was not yet waited for by its shell does not live any more.
    private static bool Lives(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Process Bash(string script, params string[] arguments) => Process.Start(
        new ProcessStartInfo("bash", ["-c", script, "chaos-postgres", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        })!;
}
