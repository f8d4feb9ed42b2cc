using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CodexOS.Trust.Keys;

/// <summary>A column of some module that holds sealed values.</summary>
/// <param name="Table">The table, with its schema where there is one.</param>
/// <param name="Place">The table and column by which values are bound.</param>
/// <param name="TenantColumn">The column that says whose row it is.</param>
/// <param name="Key">The columns of the row's key, in its order.</param>
/// <param name="Placement">In which database the rows lie.</param>
internal sealed record SealedColumn(
    string Table, (string Table, string Column) Place, string TenantColumn, IReadOnlyList<string> Key, Placement Placement);

/// <summary>The sealed columns of a module.</summary>
internal interface ISealedColumnSource
{
    IReadOnlyList<SealedColumn> Read();
}

/// <summary>Finds the sealed columns of a context in its model.</summary>
internal sealed class SealedColumnSource<TContext>(
    IDbContextFactory<TContext> contexts, Database database, IEnumerable<ModulePlacement> placements) : ISealedColumnSource
    where TContext : ModuleDbContext
{
    private readonly Placement _placement = placements.Single(static one => one.Context == typeof(TContext)).Placement;

    public IReadOnlyList<SealedColumn> Read()
    {
        using var context = contexts.CreateDbContext();
        return [.. context.Model.GetEntityTypes().SelectMany(ColumnsOf)];
    }

    private IEnumerable<SealedColumn> ColumnsOf(IEntityType entity)
    {
        foreach (var property in entity.GetProperties().Where(static property => property.ClrType == typeof(Sealed)))
        {
            var table = entity.GetTableName()!;
            yield return new SealedColumn(
                database.TableOf(entity.GetSchema() ?? "", table),
                (table, property.GetColumnName()),
                entity.FindProperty(nameof(ITenantOwned.TenantId))!.GetColumnName(),
                [.. entity.FindPrimaryKey()!.Properties.Select(static part => part.GetColumnName())],
                _placement);
        }
    }
}
