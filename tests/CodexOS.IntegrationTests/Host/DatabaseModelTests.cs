using System.Data.Common;
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
