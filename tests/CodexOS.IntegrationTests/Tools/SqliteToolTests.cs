using CodexOS.Testing;
using CodexOS.Tools.Contracts;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tools;

/// <summary>The SQL tools on a real SQLite file.</summary>
public sealed class SqliteToolTests : IAsyncLifetime
{
    private readonly TempDirectory _temp = new();
    private readonly SqlCase _case = new(options =>
    {
        options.RowsMax = 50;
        options.ValueLengthMax = 100;
        options.TimeMax = TimeSpan.FromSeconds(5);
    });

    private string Path => _temp.In("shop.db");

    public async ValueTask InitializeAsync()
    {
        await ExecuteAsync(
            """
            CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, weight REAL, photo BLOB);
            INSERT INTO people VALUES (1, 'Ada', NULL, 1.5, x'00ff'), (2, 'Bo', '', 2.0, NULL),
              (3, 'Eve; DROP', 'NULL', 9007199254740993, NULL);
            CREATE VIEW light AS SELECT name FROM people WHERE weight < 2;
            """);
        _case.Add("shop", path: Path);
    }

    public async ValueTask DisposeAsync()
    {
        await _case.DisposeAsync();
        _temp.Dispose();
    }

    [Fact]
    public async Task Rows_come_with_types_and_null_is_not_an_empty_text()
    {
        var result = await _case.QueryAsync("shop", "SELECT id, name, note, photo FROM people ORDER BY id");
        result.IsError.ShouldBeFalse(result.Text);
        result.Text.ShouldBe(
            "id:integer | name:text | note:text | photo:blob\n[1,\"Ada\",null,\"0x00ff\"]\n[2,\"Bo\",\"\",null]\n[3,\"Eve; DROP\",\"NULL\",null]\n[3 rows]\n");
        result.Data.GetProperty("rows")[0][2].ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
        result.Data.GetProperty("columns")[1].GetProperty("type").GetString().ShouldBe("text");
        (await _case.QueryAsync("shop", "SELECT 9007199254740993 AS big, 1e999 AS endless")).Text
            .ShouldBe("big | endless\n[\"9007199254740993\",\"Infinity\"]\n[1 rows]\n");
    }

    [Fact]
    public async Task Values_are_bound_and_never_read_as_sql()
    {
        (await _case.QueryAsync("shop", "SELECT id FROM people WHERE name = $1", "Eve; DROP")).Text.ShouldContain("[3]\n");
        (await _case.QueryAsync("shop", "SELECT $2, $1, ?3", "a", 2, null)).Text.ShouldContain("[2,\"a\",null]\n");
        (await _case.QueryAsync("shop", "SELECT $1 || '!'", "x' OR '1'='1")).Text.ShouldContain("[\"x' OR '1'='1!\"]\n");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT $1")).ShouldBe("tools.sql_bad_parameters");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT 1", 1)).ShouldBe("tools.sql_bad_parameters");
        SqlCase.CodeOf(await _case.QueryAsync("shop", "SELECT $7", 1)).ShouldBe("tools.sql_bad_parameters");
    }

    [Theory]
    [InlineData("DELETE FROM people", "tools.sql_reads_only")]
    [InlineData("INSERT INTO people (name) VALUES ('x')", "tools.sql_reads_only")]
    [InlineData("CREATE TEMP TABLE t (a)", "tools.sql_reads_only")]
    [InlineData("PRAGMA query_only = OFF", "tools.sql_reads_only")]
    [InlineData("PRAGMA table_info(people)", "tools.sql_reads_only")]
    [InlineData("SELECT * FROM pragma_database_list", "tools.sql_reads_only")]
    [InlineData("ATTACH '/etc/passwd' AS p", "tools.sql_reads_only")]
    [InlineData("VACUUM INTO '/tmp/x.db'", "tools.sql_reads_only")]
    [InlineData("BEGIN", "tools.sql_reads_only")]
    [InlineData("SELECT load_extension('/tmp/x.so')", "tools.sql_reads_only")]
    [InlineData("SELECT fts3_tokenizer('simple')", "tools.sql_reads_only")]
    [InlineData("SELECT readfile('/etc/passwd')", "tools.sql_failed")]
    [InlineData("WITH x AS (SELECT 1) DELETE FROM people RETURNING *", "tools.sql_reads_only")]
    [InlineData("SELECT 1; SELECT 2", "tools.sql_one_statement")]
    [InlineData("SELECT 1; DELETE FROM people", "tools.sql_one_statement")]
    [InlineData("SELECT 1; nonsense", "tools.sql_one_statement")]
    [InlineData("-- nothing", "tools.sql_one_statement")]
    [InlineData("SELECT nothing FROM people", "tools.sql_failed")]
    [InlineData("SELECT zeroblob(1000000000)", "tools.sql_failed")]
    [InlineData("SELEC", "tools.sql_failed")]
    public async Task What_does_more_than_read_is_refused_and_nothing_is_changed(string sql, string code)
    {
        SqlCase.CodeOf(await _case.QueryAsync("shop", sql)).ShouldBe(code);
        (await _case.QueryAsync("shop", "SELECT count(*) FROM people")).Text.ShouldContain("[3]\n");
    }

    [Theory]
    [InlineData("SELECT 1;")]
    [InlineData("SELECT 1 ; -- one\n /* only */ ")]
    [InlineData("EXPLAIN QUERY PLAN SELECT * FROM people")]
    [InlineData("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT max(i) FROM n")]
    [InlineData("SELECT * FROM light")]
    [InlineData("VALUES (1), (2)")]
    public async Task What_only_reads_is_executed(string sql)
    {
        var result = await _case.QueryAsync("shop", sql);
        result.IsError.ShouldBeFalse(result.Text);
    }

    [Fact]
    public async Task A_statement_without_end_is_ended_and_one_that_is_cancelled_stops()
    {
        const string endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        await using var quick = new SqlCase(static options => options.TimeMax = TimeSpan.FromMilliseconds(300));
        quick.Add("shop", path: Path);
        SqlCase.CodeOf(await quick.QueryAsync("shop", endless)).ShouldBe("tools.sql_timeout");
        using var stop = new CancellationTokenSource();
        var running = _case.TryQueryAsync(new { database = "shop", sql = endless }, stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    [Fact]
    public async Task More_rows_and_longer_values_than_allowed_are_cut_and_flagged()
    {
        var rows = await _case.QueryAsync("shop", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n");
        rows.Truncated.ShouldBeTrue();
        rows.Data.GetProperty("rows").GetArrayLength().ShouldBe(50);
        rows.Text.ShouldContain("[50 rows, and there are more.");
        var limited = (await _case.TryQueryAsync(new { database = "shop", sql = "SELECT id FROM people", limit = 2 })).Value;
        limited.Data.GetProperty("rows").GetArrayLength().ShouldBe(2);
        limited.Data.GetProperty("hasMore").GetBoolean().ShouldBeTrue();
        var value = await _case.QueryAsync("shop", "SELECT printf('%500s', 'x'), zeroblob(1000)");
        value.Truncated.ShouldBeTrue();
        value.Text.ShouldContain("… (1000 bytes)");
        value.Text.ShouldContain("[Values longer than 100 are cut.]");
    }

    [Fact]
    public async Task The_schema_lists_tables_and_views_with_their_columns()
    {
        var schema = await _case.SchemaAsync(new { database = "shop" });
        schema.Text.ShouldContain("shop is a SQLite database.");
        schema.Text.ShouldContain("view light(name text)\n");
        schema.Text.ShouldContain("table people(id integer not null, name text not null, note text, weight real, photo blob)\n");
        (await _case.SchemaAsync(new { })).Text.ShouldBe("shop\n");
    }

    [Fact]
    public async Task A_tenant_sees_only_the_databases_that_are_for_it()
    {
        var other = _case.Add("other", path: Path);
        other.Tenants.Clear();
        _case.Add("mine", path: Path).Tenants.Clear();
        (await _case.SchemaAsync(new { })).Text.ShouldBe("shop\n");
        foreach (var name in (string[])["other", "missing"])
        {
            var result = await _case.QueryAsync(name, "SELECT 1");
            SqlCase.CodeOf(result).ShouldBe("tools.sql_database_not_found");
            result.Text.ShouldBe($"There is no database '{name}' for you. There are: shop.");
        }

        other.Tenants.Add(_case.Tenant.ToString());
        (await _case.QueryAsync("other", "SELECT 1")).IsError.ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_are_labelled_as_the_operator_says_and_as_strangers_where_they_say_nothing()
    {
        var label = (await _case.QueryAsync("shop", "SELECT 1")).Label!;
        (label.Integrity, label.Readers, label.IsEcho).ShouldBe((Integrity.Web, Readers.Tenant, true));
        var trusted = _case.Add("trusted", path: Path);
        trusted.Source = Integrity.Tenant;
        trusted.Readers.Add("ada@example.org");
        label = (await _case.QueryAsync("trusted", "SELECT 1")).Label!;
        (label.Integrity, label.Readers).ShouldBe((Integrity.Tenant, Readers.Of("ada@example.org")));
        // A database's own error message is made of its content too.
        (await _case.QueryAsync("shop", "SELECT nothing")).Label!.Integrity.ShouldBe(Integrity.Web);
    }

    [Fact]
    public async Task A_file_that_is_missing_or_no_database_is_unavailable()
    {
        _case.Add("missing", path: _temp.In("nothing.db"));
        var text = _temp.In("text.db");
        await File.WriteAllTextAsync(text, new string('x', 5_000), TestContext.Current.CancellationToken);
        _case.Add("text", path: text);
        SqlCase.CodeOf(await _case.QueryAsync("missing", "SELECT 1")).ShouldBe("tools.sql_unavailable");
        File.Exists(_temp.In("nothing.db")).ShouldBeFalse();
        SqlCase.CodeOf(await _case.QueryAsync("text", "SELECT * FROM sqlite_schema")).ShouldBe("tools.sql_unavailable");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
