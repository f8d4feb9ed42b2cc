using CodexOS.Testing.Postgres;
using Npgsql;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tools;

/// <summary>A database with a table that some may read and one that nobody may.</summary>
public sealed class ShopDatabase(PostgresCluster cluster) : IAsyncLifetime
{
    private int _roles;

    public string Owner { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Owner = PostgresCluster.AdministratorOf(await cluster.CreateDatabaseAsync());
        await ExecuteAsync(
            """
            CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, note text, balance numeric(30, 10), born date,
              seen timestamptz, tags text[], id2 uuid, facts jsonb, photo bytea, is_new boolean);
            INSERT INTO people VALUES (1, 'Ada', NULL, 1234567890123456.0000000001, '1815-12-10',
              '2026-01-02 03:04:05.678+00', '{a}', NULL, NULL, NULL, NULL);
            INSERT INTO people VALUES (2, 'Bo', '', 0.1, NULL, NULL, NULL, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1}', '\x00ff', true);
            CREATE TABLE secret (x int);
            """);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Makes a role that may read the table.</summary>
    public async Task<string> MakeRoleAsync()
    {
        var role = $"reader_{new NpgsqlConnectionStringBuilder(Owner).Database}_{Interlocked.Increment(ref _roles)}";
        await ExecuteAsync($"CREATE ROLE {role} LOGIN; GRANT SELECT ON people TO {role}");
        return role;
    }

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Owner);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

/// <summary>The SQL tools on a real PostgreSQL server.</summary>
public sealed class PostgresToolTests(ShopDatabase shop) : IClassFixture<ShopDatabase>, IAsyncLifetime
{
    private readonly SqlCase _case = new(static options =>
    {
        options.RowsMax = 50;
        options.ValueLengthMax = 100;
        options.TimeMax = TimeSpan.FromSeconds(10);
    });

    private string _role = "";

    public async ValueTask InitializeAsync()
    {
        _role = await shop.MakeRoleAsync();
        _case.Add("shop", connectionString: As(_role));
    }

    public async ValueTask DisposeAsync() => await _case.DisposeAsync();

    [Fact]
    public async Task Rows_come_with_types_and_null_is_not_an_empty_text()
    {
        var result = await _case.QueryAsync(
            "shop", "SELECT id, name, note, balance, born, seen, id2, facts, photo, is_new, id * 9007199254740993 AS big FROM people ORDER BY id");
        result.IsError.ShouldBeFalse(result.Text);
        var lines = result.Text.Split('\n');
        lines[0].ShouldStartWith("id:integer | name:text | note:text | balance:numeric(30, 10) | born:date | seen:timestamp with time zone | id2:uuid | facts:jsonb");
        lines[1].ShouldBe("[1,\"Ada\",null,\"1234567890123456.0000000001\",\"1815-12-10\",\"2026-01-02T03:04:05.678Z\",null,null,null,null,\"9007199254740993\"]");
        lines[2].ShouldBe(
            "[2,\"Bo\",\"\",\"0.1000000000\",null,null,\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",\"{\\\"a\\\": 1}\",\"0x00ff\",true,\"18014398509481986\"]");
        (await _case.QueryAsync("shop", "SELECT 123456789012345678901234567890123.5::numeric AS n")).Text.ShouldContain("too many digits; cast it");
        (await _case.QueryAsync("shop", "SELECT '23:59:01.5'::time AS t")).Text.ShouldContain("[\"23:59:01.5\"]");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT tags FROM people")).ShouldBe("tools.sql_type");
        (await _case.QueryAsync("shop", "SELECT tags::text FROM people WHERE id = 1")).Text.ShouldContain("[\"{a}\"]\n");
    }

    [Fact]
    public async Task Values_are_bound_and_take_the_type_that_is_needed()
    {
        (await _case.QueryAsync("shop", "SELECT name FROM people WHERE id = $1 AND name = $2", 1, "Ada")).Text.ShouldContain("[\"Ada\"]\n");
        (await _case.QueryAsync("shop", "SELECT name FROM people WHERE id2 = $1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")).Text.ShouldContain("[\"Bo\"]\n");
        (await _case.QueryAsync("shop", "SELECT name FROM people WHERE born = $1", "1815-12-10")).Text.ShouldContain("[\"Ada\"]\n");
        (await _case.QueryAsync("shop", "SELECT $1::text IS NULL, $2::boolean", null, true)).Text.ShouldContain("[true,true]\n");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT $1::int", "x")).ShouldBe("tools.sql_failed");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT $1::int")).ShouldBe("tools.sql_failed");
    }

    [Theory]
    [InlineData("DELETE FROM people", "tools.sql_reads_only")]
    [InlineData("INSERT INTO people VALUES (9, 'x')", "tools.sql_reads_only")]
    [InlineData("WITH d AS (DELETE FROM people RETURNING *) SELECT * FROM d", "tools.sql_reads_only")]
    [InlineData("CREATE TABLE t (a int)", "tools.sql_reads_only")]
    [InlineData("SELECT * FROM secret", "tools.sql_reads_only")]
    [InlineData("SELECT pg_read_file('/etc/passwd')", "tools.sql_reads_only")]
    [InlineData("COPY people TO PROGRAM 'id'", "tools.sql_reads_only")]
    [InlineData("SET TRANSACTION READ WRITE", "tools.sql_failed")]
    [InlineData("SELECT set_config('transaction_read_only', 'off', true)", "tools.sql_failed")]
    [InlineData("SELECT 1; SELECT 2", "tools.sql_one_statement")]
    [InlineData("SELECT 1; COMMIT; DELETE FROM people", "tools.sql_one_statement")]
    [InlineData("SELECT nothing FROM people", "tools.sql_failed")]
    [InlineData("SELEC", "tools.sql_failed")]
    public async Task What_does_more_than_read_is_refused_and_nothing_is_changed(string sql, string code)
    {
        // Even a role that may write does not: the transaction does not let it.
        await shop.ExecuteAsync($"GRANT INSERT, DELETE ON people TO {_role}; GRANT CREATE ON SCHEMA public TO {_role}");
        SqlCase.CodeOf(await _case.QueryAsync("shop", sql)).ShouldBe(code);
        (await _case.QueryAsync("shop", "SELECT count(*) FROM people")).Text.ShouldContain("[2]\n");
    }

    [Fact]
    public async Task What_one_statement_sets_is_not_there_for_the_next()
    {
        (await _case.QueryAsync("shop", "SELECT set_config('default_transaction_read_only', 'off', false), set_config('statement_timeout', '0', false)"))
            .IsError.ShouldBeFalse();
        (await _case.QueryAsync("shop", "SELECT pg_advisory_lock(7)::text")).IsError.ShouldBeFalse();
        var state = await _case.QueryAsync(
            "shop",
            // Of this database only: other tests take locks in theirs, and the view shows those of the whole server.
            "SELECT current_setting('transaction_read_only'), current_setting('statement_timeout'), (SELECT count(*) FROM pg_locks "
            + "WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))");
        state.Text.ShouldContain("[\"on\",\"10s\",0]\n");
    }

    [Fact]
    public async Task A_statement_without_end_is_ended_by_the_server_and_one_that_is_cancelled_stops()
    {
        await using var quick = new SqlCase(static options => options.TimeMax = TimeSpan.FromMilliseconds(300));
        quick.Add("shop", connectionString: As(_role));
        SqlCase.CodeOf(await quick.QueryAsync("shop", "SELECT pg_sleep(60)::text")).ShouldBe("tools.sql_timeout");
        using var stop = new CancellationTokenSource();
        var running = _case.TryQueryAsync(new { database = "shop", sql = "SELECT count(*) FROM generate_series(1, 100000000000)" }, stop.Token);
        await WaitForQueryAsync("%100000000000%");
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await WaitForNoQueryAsync("%100000000000%");
    }

    [Fact]
    public async Task More_rows_and_longer_values_than_allowed_are_cut_and_the_connection_is_used_again()
    {
        var rows = await _case.QueryAsync("shop", "SELECT i FROM generate_series(1, 200000) i");
        rows.Truncated.ShouldBeTrue();
        rows.Data.GetProperty("rows").GetArrayLength().ShouldBe(50);
        var value = await _case.QueryAsync("shop", "SELECT repeat('é', 100000), repeat('x', 1000)::bytea");
        value.Truncated.ShouldBeTrue();
        value.Text.ShouldContain("… (1000 bytes)");
        value.Text.Length.ShouldBeLessThan(1_000);
        (await _case.QueryAsync("shop", "SELECT 1")).IsError.ShouldBeFalse();
    }

    [Theory]
    [InlineData("ALTER ROLE {0} SUPERUSER", "superuser")]
    [InlineData("ALTER ROLE {0} REPLICATION", "replicate")]
    [InlineData("GRANT pg_read_server_files TO {0}", "pg_read_server_files")]
    [InlineData("GRANT pg_execute_server_program TO {0}", "pg_execute_server_program")]
    [InlineData("ALTER ROLE {0} NOINHERIT; GRANT pg_write_server_files TO {0}", "pg_write_server_files")]
    [InlineData("GRANT EXECUTE ON FUNCTION pg_read_file(text) TO {0}", "pg_read_file")]
    [InlineData("GRANT codexos_admin TO {0}", "superuser")]
    [InlineData("CREATE FUNCTION open_door() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'", "open_door")]
    public async Task A_role_that_can_do_too_much_is_refused_whatever_the_statement(string grant, string reason)
    {
        (await _case.QueryAsync("shop", "SELECT 1")).IsError.ShouldBeFalse();
        try
        {
            await shop.ExecuteAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, grant, _role));
            await using var later = new SqlCase();
            later.Add("shop", connectionString: As(_role));
            var result = await later.QueryAsync("shop", "SELECT 1");
            SqlCase.CodeOf(result).ShouldBe("tools.sql_unavailable");
            result.Text.ShouldContain(reason);
        }
        finally
        {
            await shop.ExecuteAsync(
                $"ALTER ROLE {_role} NOSUPERUSER NOREPLICATION; REVOKE codexos_admin FROM {_role}; DROP FUNCTION IF EXISTS open_door()");
        }
    }

    [Fact]
    public async Task The_schema_lists_what_the_role_may_read()
    {
        var schema = await _case.SchemaAsync(new { database = "shop" });
        schema.Text.ShouldContain("shop is a PostgreSQL database.");
        schema.Text.ShouldContain("base table public.people(id int4 not null, name text not null, note text, balance numeric,");
        schema.Text.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unavailable_and_no_password_is_told()
    {
        _case.Add("gone", connectionString: "Host=/nowhere;Database=x;Username=y;Password=hunter22;Timeout=2");
        _case.Add("broken", connectionString: "Password=hunter22;nonsense=1");
        foreach (var name in (string[])["gone", "broken"])
        {
            var result = await _case.QueryAsync(name, "SELECT 1");
            SqlCase.CodeOf(result).ShouldBe("tools.sql_unavailable");
            result.Text.ShouldNotContain("hunter22");
        }
    }

    private string As(string role) =>
        new NpgsqlConnectionStringBuilder(shop.Owner) { Username = role, Pooling = true }.ConnectionString;

    private Task WaitForQueryAsync(string like) => WaitAsync(like, isThere: true);

    private Task WaitForNoQueryAsync(string like) => WaitAsync(like, isThere: false);

    /// <summary>Asks the server until it runs such a statement for the role, or does not any more.</summary>
    private async Task WaitAsync(string like, bool isThere)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            late.Token.ThrowIfCancellationRequested();
            var found = await shop.ExecuteAsync(
                $"SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE usename = '{_role}' AND state = 'active' AND query LIKE '{like}')");
            if ((bool)found! == isThere) return;
        }
    }
}
