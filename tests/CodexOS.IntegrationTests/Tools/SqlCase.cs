using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Sql;
using Microsoft.Extensions.Options;

namespace CodexOS.IntegrationTests.Tools;

/// <summary>The SQL tools over databases of a test's choosing.</summary>
internal sealed class SqlCase : IAsyncDisposable
{
    private readonly SqlOptions _options = new();
    private readonly SqlDatabases _databases;

    public SqlCase(Action<SqlOptions>? configure = null, TimeProvider? clock = null)
    {
        configure?.Invoke(_options);
        _databases = new SqlDatabases(Options.Create(_options), clock ?? TimeProvider.System);
    }

    public TenantId Tenant { get; } = TenantId.New(TimeProvider.System);

    public SqlDatabaseOptions Add(string name, string? path = null, string? connectionString = null)
    {
        var database = new SqlDatabaseOptions { Path = path, ConnectionString = connectionString };
        database.Tenants.Add(SqlDatabaseOptions.AllTenants);
        _options.Databases.Add(name, database);
        return database;
    }

    public async Task<ToolResult> QueryAsync(string database, string sql, params object?[] parameters) =>
        (await TryQueryAsync(new { database, sql, parameters })).Value;

    public Task<Result<ToolResult>> TryQueryAsync(object arguments, CancellationToken cancellationToken = default) =>
        new SqlQueryTool(_databases, Options.Create(_options)).InvokeAsync(CallOf(arguments), cancellationToken);

    public async Task<ToolResult> SchemaAsync(object arguments) =>
        (await new SqlSchemaTool(_databases, Options.Create(_options))
            .InvokeAsync(CallOf(arguments), CancellationToken.None)).Value;

    public static string? CodeOf(ToolResult result) => result.IsError ? result.Data.GetProperty("code").GetString() : null;

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    private ToolCall CallOf(object arguments) =>
        new(RunId.New(TimeProvider.System), Tenant, "key", JsonSerializer.SerializeToElement(arguments), null);
}
