using System.Data.Common;
using CodexOS.Docs;
using CodexOS.Host;
using CodexOS.Platform.Storage;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

public sealed class DatabaseModelTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_mapped_entities_fit_the_migrated_tables(bool onPostgres)
    {
        var connectionString = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        await using var server = await CodexServer.StartAsync(connectionString, cancellationToken: Token);
        var contexts = Roles.Modules.SelectMany(module => module.GetType().Assembly.GetTypes())
            .Where(type => type.IsSubclassOf(typeof(ModuleDbContext)))
            .ToList();
        contexts.ShouldNotBeEmpty();

        var differences = new List<string>();
        foreach (var type in contexts)
        {
            var scope = server.Services.CreateAsyncScope();
            await using var closing = scope.ConfigureAwait(false);
            var context = (ModuleDbContext)scope.ServiceProvider.GetRequiredService(type);
            await context.Database.OpenConnectionAsync(Token);
            foreach (var entity in context.Model.GetEntityTypes().Where(entity => entity.GetTableName() is not null))
            {
                var columns = await ColumnsAsync(context.Database.GetDbConnection(), entity, onPostgres);
                differences.AddRange(Compare(entity, columns));
            }
        }

        differences.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_column_of_the_database_is_in_the_register_of_data(bool onPostgres)
    {
        var connectionString = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        await using var server = await CodexServer.StartAsync(connectionString, cancellationToken: Token);
        await using var scope = server.Services.CreateAsyncScope();
        var models = DataRegister.Contexts.Select(type => ((DbContext)scope.ServiceProvider.GetRequiredService(type)).Model);
        var registered = DataRegister.Read(models)
            .SelectMany(static table => table.Columns.Select(column => $"{table.Name}.{column.Name}"));

        await using var connection = await server.Services.GetRequiredService<Database>().OpenAsync(Token);
        await using var command = connection.CreateCommand();
        // The months of the events are partitions of one table, and which migrations there were is the migrations' own.
        command.CommandText = onPostgres
            ? """
              SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
              WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')
                  AND c.table_name <> 'schema_versions' AND c.table_name !~ '^run_events_'
              """
            : """
              SELECT t.name || '.' || c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
              WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '%schema_versions'
              """;
        var there = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token)) there.Add(reader.GetString(0));

        there.Count.ShouldBeGreaterThan(250);
        there.Except(registered).ShouldBeEmpty("Map these, or add them to DataRegister.");
    }

    private static IEnumerable<string> Compare(IEntityType entity, Dictionary<string, Column> columns)
    {
        var table = StoreObjectIdentifier.Create(entity, StoreObjectType.Table)!.Value;
        var mapped = entity.GetProperties().ToDictionary(property => property.GetColumnName(table)!, StringComparer.Ordinal);
        foreach (var (name, property) in mapped)
        {
            if (!columns.TryGetValue(name, out var column))
                yield return $"{table.Name}.{name} is mapped and not in the database.";
            else if (column.IsNullable != property.IsColumnNullable(table))
                yield return $"{table.Name}.{name}: nullable is {property.IsColumnNullable(table)} in the model only.";
        }

        foreach (var (name, column) in columns)
        {
            if (!mapped.ContainsKey(name) && column is { IsNullable: false, HasDefault: false })
                yield return $"{table.Name}.{name} must have a value and is not mapped.";
        }
    }

    private static async Task<Dictionary<string, Column>> ColumnsAsync(
        DbConnection connection, IEntityType entity, bool onPostgres)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = onPostgres
            ? $"""
               SELECT column_name, is_nullable = 'YES', column_default IS NOT NULL FROM information_schema.columns
               WHERE table_schema = '{entity.GetSchema()}' AND table_name = '{entity.GetTableName()}'
               """
            : $"""
               SELECT name, "notnull" = 0 AND pk = 0, dflt_value IS NOT NULL OR (pk = 1 AND type = 'INTEGER')
               FROM pragma_table_info('{entity.GetTableName()}')
               """;
        var columns = new Dictionary<string, Column>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(Token);
        while (await reader.ReadAsync(Token))
            columns[reader.GetString(0)] = new Column(reader.GetBoolean(1), reader.GetBoolean(2));
        return columns;
    }

    private sealed record Column(bool IsNullable, bool HasDefault);
}
