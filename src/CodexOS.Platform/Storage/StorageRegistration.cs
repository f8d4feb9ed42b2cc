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
    public static IServiceCollection AddModuleDbContext<TContext>(this IServiceCollection services, string schema)
        where TContext : ModuleDbContext
    {
        services.AddMigrations(schema, typeof(TContext).Assembly);
        services.AddDbContextFactory<TContext>((provider, options) =>
        {
            var database = provider.GetRequiredService<Database>();
            _ = database.Dialect == SqlDialect.Sqlite
                ? options.UseSqlite(database.SqliteConnectionString).AddInterceptors(new SqliteSettings(database))
                : options.UseNpgsql(database.Postgres)
                    .AddInterceptors(new ScopedCommands(provider.GetRequiredService<TenantContext>()));
            options.UseSnakeCaseNamingConvention();
        });
        return services;
    }

    /// <summary>Registers the migrations of a module that has no context of its own.</summary>
    public static IServiceCollection AddMigrations(this IServiceCollection services, string schema, Assembly assembly) =>
        services.AddSingleton(new ModuleMigrations(schema, assembly));
}

/// <summary>Where the migrations of one module are.</summary>
/// <param name="Schema">The module's schema, which also names its version table.</param>
/// <param name="Assembly">The assembly that embeds them.</param>
internal sealed record ModuleMigrations(string Schema, Assembly Assembly);
