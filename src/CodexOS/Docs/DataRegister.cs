using System.Reflection;
using CodexOS.Host;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CodexOS.Docs;

/// <summary>
/// What the database holds, column by column, as the properties of the modules' rows say it. It is made of the models, so a
/// column cannot be left out; one that nobody has classified is an error.
/// </summary>
internal static class DataRegister
{
    private const string OfTenant = "the tenant's data key";
    private const string OfPerson = "the person's key";
    private const string OfThing = "a key of its own, destroyed with it";

    private const string AsLongAsNode = "for as long as the node is in the cluster; on PostgreSQL only";

    /// <summary>
    /// The tables that no module maps: what the platform keeps of quotas, the mode of service and, on PostgreSQL, of
    /// where tenants lie; and what keeps a cluster together. None of them speaks of a person but by their id.
    /// </summary>
    private static readonly RegisteredTable[] s_unmapped =
    [
        Unmapped(
            "platform", "quotas", "for as long as the tenant is there", "tenant_id", "name", "value", "changed_at", "changed_by"),
        Unmapped(
            "platform", "service_mode", "for good; there is one row", "service_mode_id", "mode", "reason", "changed_at",
            "changed_by"),
        Unmapped(
            "platform", "tenant_places", "for as long as the tenant is there; on PostgreSQL only", "tenant_id", "place", "is_closing",
            "number", "origin", "target", "moved_by", "moved_in", "changed_at"),
        Unmapped(
            "platform", "closed_tenants", "until the tenant comes back to the database; on PostgreSQL only", "tenant_id",
            "closed_at"),
        Unmapped("platform", "own_place", "for good; there is one row, on PostgreSQL only", "own_place_id", "name"),
        Unmapped(
            "runs", "nodes", AsLongAsNode, "silo", "place", "name", "roles", "version", "url", "draining", "started_at"),
        Unmapped(
            "runs_cluster", "orleansmembershiptable", AsLongAsNode, "deploymentid", "address", "port", "generation", "siloname",
            "hostname", "status", "proxyport", "suspecttimes", "starttime", "iamalivetime"),
        Unmapped("runs_cluster", "orleansmembershipversiontable", AsLongAsNode, "deploymentid", "timestamp", "version"),
        Unmapped("runs_cluster", "orleansquery", "for good; on PostgreSQL only", "querykey", "querytext"),
    ];

    /// <summary>The contexts of all modules.</summary>
    public static IReadOnlyList<Type> Contexts { get; } =
    [
        .. Roles.Modules.SelectMany(static module => module.GetType().Assembly.GetTypes())
            .Where(static type => type.IsSubclassOf(typeof(ModuleDbContext)) && !type.IsAbstract),
    ];

    /// <summary>All tables, by schema and name.</summary>
    /// <exception cref="InvalidOperationException">A table or a column is not classified; the message names it.</exception>
    public static IReadOnlyList<RegisteredTable> Read(IEnumerable<IModel> models) =>
    [
        .. models.SelectMany(static model => model.GetEntityTypes()).Select(TableOf).Concat(s_unmapped)
            .OrderBy(static table => table.Schema, StringComparer.Ordinal)
            .ThenBy(static table => table.Name, StringComparer.Ordinal),
    ];

    private static RegisteredTable TableOf(IEntityType entity) => new(
        // SQLite has no schemas; there the module's part of its name stands for it.
        entity.GetSchema() ?? entity.ClrType.Assembly.GetName().Name!.Split('.')[^1].ToLowerInvariant(),
        entity.GetTableName()!,
        entity.ClrType.GetCustomAttribute<KeptAttribute>()?.Until
            ?? throw new InvalidOperationException($"Say with [Kept] how long rows of {entity.ClrType.Name} are kept."),
        [.. entity.GetProperties().Select(ColumnOf)]);

    private static RegisteredColumn ColumnOf(IProperty property)
    {
        var info = property.PropertyInfo
            ?? throw new InvalidOperationException($"{property.DeclaringType.Name}.{property.Name} is no property that can be marked.");
        var marked = info.GetCustomAttribute<DataClassAttribute>();
        var personal = info.GetCustomAttribute<PersonalDataAttribute>();
        var hasOwnKey = info.IsDefined(typeof(OwnKeyAttribute));
        var isSealed = personal is not null || hasOwnKey || info.IsDefined(typeof(ConfidentialAttribute));
        if (marked is null)
            throw new InvalidOperationException($"Say with [DataClass] what is in {info.DeclaringType!.Name}.{info.Name}.");
        if (isSealed != (property.ClrType == typeof(Sealed)))
            throw new InvalidOperationException($"{info.DeclaringType!.Name}.{info.Name} is marked as sealed and is not, or the other way round.");
        return new RegisteredColumn(
            property.GetColumnName(),
            marked.Class,
            SubjectOf(property, marked.Subject ?? personal?.Subject),
            personal is not null ? OfPerson : hasOwnKey ? OfThing : isSealed ? OfTenant : marked.EncryptedWith);
    }

    /// <summary>The column that says whom another speaks of.</summary>
    private static string? SubjectOf(IProperty property, string? subject) => subject is null
        ? null
        : ((IEntityType)property.DeclaringType).FindProperty(subject)?.GetColumnName()
            ?? throw new InvalidOperationException($"{property.DeclaringType.Name} has no column for {subject}.");

    private static RegisteredTable Unmapped(string schema, string name, string kept, params string[] columns) => new(
        schema, name, kept, [.. columns.Select(static column => new RegisteredColumn(column, DataClass.Internal, null, null))]);
}

/// <summary>A table of the register.</summary>
/// <param name="Schema">The module's schema.</param>
/// <param name="Name">The table.</param>
/// <param name="Kept">How long its rows are kept.</param>
/// <param name="Columns">Its columns.</param>
internal sealed record RegisteredTable(string Schema, string Name, string Kept, IReadOnlyList<RegisteredColumn> Columns);

/// <summary>A column of the register.</summary>
/// <param name="Name">The column.</param>
/// <param name="Class">How carefully its content must be handled.</param>
/// <param name="Subject">The column that says whom it speaks of, or null.</param>
/// <param name="EncryptedWith">The key that it is encrypted with, or null.</param>
internal sealed record RegisteredColumn(string Name, DataClass Class, string? Subject, string? EncryptedWith);
