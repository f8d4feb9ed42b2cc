using System.Reflection;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Storage;

/// <summary>How a module announces what it stores.</summary>
public static class StorageRegistration
{
    /// <summary>
    /// Registers a module's context (scoped, and as a factory for singletons) and its migrations, which are the
    /// embedded resources <c>sqlite/NNNN_name.sql</c> and <c>postgres/NNNN_name.sql</c> of its assembly.
    /// </summary>
    /// <param name="services">Where they are registered.</param>
    /// <param name="schema">The module's schema.</param>
    /// <param name="placement">
    /// Where its rows lie. With their tenant, the schema has to be one of those that <c>platform.is_placed</c> names.
    /// </param>
    public static IServiceCollection AddModuleDbContext<TContext>(
        this IServiceCollection services, string schema, Placement placement = Placement.Home)
        where TContext : ModuleDbContext
    {
        services.AddMigrations(schema, typeof(TContext).Assembly);
        services.AddSingleton(new ModulePlacement(typeof(TContext), schema, placement));
        services.AddDbContextFactory<TContext>((provider, options) =>
        {
            var database = provider.GetRequiredService<Database>();
            if (database.Dialect is SqlDialect.Sqlite)
                options.UseSqlite(database.SqliteConnectionString).AddInterceptors(new SqliteSettings(database));
            else
                UsePostgres(options, provider, database, placement);
            options.UseSnakeCaseNamingConvention();
        });
        return services;
    }

    private static void UsePostgres(
        DbContextOptionsBuilder options, IServiceProvider provider, Database database, Placement placement)
    {
        options.UseNpgsql(database.Postgres);
        var tenants = provider.GetRequiredService<TenantContext>();
        if (placement is Placement.WithTenant && database.HasShards)
        {
            var places = provider.GetRequiredService<TenantPlaces>();
            options.AddInterceptors(new PlacedConnections(database, places), new ScopedCommands(tenants, places));
        }
        else
        {
            options.AddInterceptors(new ScopedCommands(tenants, null));
        }
    }

    /// <summary>Registers the migrations of a module that has no context of its own.</summary>
    public static IServiceCollection AddMigrations(this IServiceCollection services, string schema, Assembly assembly) =>
        services.AddSingleton(new ModuleMigrations(schema, assembly));
}

/// <summary>Where the rows of a module lie.</summary>
/// <param name="Context">The module's context.</param>
/// <param name="Schema">The module's schema.</param>
/// <param name="Placement">Where.</param>
public sealed record ModulePlacement(Type Context, string Schema, Placement Placement);

/// <summary>Where the migrations of one module are.</summary>
/// <param name="Schema">The module's schema, which also names its version table.</param>
/// <param name="Assembly">The assembly that embeds them.</param>
internal sealed record ModuleMigrations(string Schema, Assembly Assembly);
