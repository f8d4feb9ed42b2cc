using System.Reflection;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Sqlite.Infrastructure.Internal;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CodexOS.Platform.Storage;

/// <summary>
/// A module's own view of the database: its schema, snake_case names, typed ids, and the tenant filter. Entities that
/// belong to a tenant implement <see cref="ITenantOwned"/> and are filtered without being asked.
/// </summary>
public abstract class ModuleDbContext : DbContext
{
    private readonly bool _sqlite;
    private readonly TenantContext _tenants;

    /// <summary>Made by <see cref="StorageRegistration.AddModuleDbContext{TContext}"/>.</summary>
    protected ModuleDbContext(DbContextOptions options, TenantContext tenants)
        : base(options)
    {
        ArgumentNullException.ThrowIfNull(options);
#pragma warning disable EF1001 // The provider must be known before the model is built; there is no public way to ask.
        _sqlite = options.Extensions.OfType<SqliteOptionsExtension>().Any();
#pragma warning restore EF1001
        _tenants = tenants;
        // What is written carries the tenant in a message ahead of it, which holds for a transaction: there always is one.
        if (!_sqlite) base.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
    }

    /// <summary>The schema on PostgreSQL. SQLite has none, so table names are unique across modules.</summary>
    protected abstract string Schema { get; }

    /// <summary>The tenant that queries are filtered by; outside a tenant, one that owns nothing.</summary>
    internal TenantId FilteredTenant => _tenants.Current ?? default;

    /// <summary>Maps the module's entities.</summary>
    protected abstract void Map(ModelBuilder model);

    /// <inheritdoc />
    protected sealed override void OnModelCreating(ModelBuilder modelBuilder)
    {
        if (!_sqlite) modelBuilder.HasDefaultSchema(Schema);
        Map(modelBuilder);
        foreach (var entity in modelBuilder.Model.GetEntityTypes().ToList())
        {
            if (!typeof(ITenantOwned).IsAssignableFrom(entity.ClrType)) continue;
            typeof(ModuleDbContext)
                .GetMethod(nameof(FilterByTenant), BindingFlags.NonPublic | BindingFlags.Instance)!
                .MakeGenericMethod(entity.ClrType)
                .Invoke(this, [modelBuilder]);
        }
    }

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        ArgumentNullException.ThrowIfNull(configurationBuilder);
        MapId<TenantId>(configurationBuilder);
        MapId<UserId>(configurationBuilder);
        if (_sqlite) configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMilliseconds>();
    }

    /// <summary>Tells how an id type of the module is stored: <c>uuid</c> on PostgreSQL, 16 big-endian bytes on SQLite.</summary>
    protected void MapId<TId>(ModelConfigurationBuilder conventions)
        where TId : struct, ITypedId<TId>
    {
        ArgumentNullException.ThrowIfNull(conventions);
        if (_sqlite) conventions.Properties<TId>().HaveConversion<IdAsBytes<TId>>();
        else conventions.Properties<TId>().HaveConversion<IdAsUuid<TId>>();
    }

    private void FilterByTenant<TEntity>(ModelBuilder model)
        where TEntity : class, ITenantOwned =>
        model.Entity<TEntity>().HasQueryFilter(row => row.TenantId == FilteredTenant);

    private static TId Wrap<TId>(Guid value)
        where TId : struct, ITypedId<TId> => TId.From(value);

    private sealed class UnixMilliseconds() : ValueConverter<DateTimeOffset, long>(
        at => at.ToUnixTimeMilliseconds(), stored => DateTimeOffset.FromUnixTimeMilliseconds(stored));

    private sealed class IdAsUuid<TId>() : ValueConverter<TId, Guid>(id => id.Value, stored => Wrap<TId>(stored))
        where TId : struct, ITypedId<TId>;

    private sealed class IdAsBytes<TId>() : ValueConverter<TId, byte[]>(
        id => id.Value.ToByteArray(true), stored => Wrap<TId>(new Guid(stored, true)))
        where TId : struct, ITypedId<TId>;
}

/// <summary>A row that belongs to a tenant.</summary>
public interface ITenantOwned
{
    /// <summary>The owner.</summary>
    TenantId TenantId { get; }
}
