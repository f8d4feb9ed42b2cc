using System.Globalization;
using System.Linq.Expressions;
using System.Reflection;
using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Sealed columns in EF Core. A module calls <see cref="MapSealed"/> in its context's conventions and
/// <see cref="AddSealedColumns{TContext}"/> in its registration; the place of a value then follows from the model, so no
/// code can name a wrong one, and rotation finds every column.
/// </summary>
public static class SealedColumns
{
    /// <summary>Tells how properties of the type <see cref="Sealed"/> are stored: as their bytes.</summary>
    public static void MapSealed(this ModelConfigurationBuilder conventions)
    {
        ArgumentNullException.ThrowIfNull(conventions);
        conventions.Properties<Sealed>().HaveConversion<SealedAsBytes>();
    }

    /// <summary>Lets rotation find the sealed columns of a module.</summary>
    public static IServiceCollection AddSealedColumns<TContext>(this IServiceCollection services)
        where TContext : ModuleDbContext => services.AddSingleton<ISealedColumnSource, SealedColumnSource<TContext>>();

    /// <summary>Seals a text for a column of a row, whose key and tenant are set.</summary>
    public static Task<Sealed> SealAsync<TRow>(
        this IVault vault, DbContext context, TRow row, Expression<Func<TRow, Sealed?>> column, string text,
        CancellationToken cancellationToken)
        where TRow : class, ITenantOwned =>
        vault.SealAsync(context, row, column, Encoding.UTF8.GetBytes(text), cancellationToken);

    /// <summary>Seals bytes for a column of a row, whose key and tenant are set.</summary>
    public static Task<Sealed> SealAsync<TRow>(
        this IVault vault, DbContext context, TRow row, Expression<Func<TRow, Sealed?>> column, ReadOnlyMemory<byte> bytes,
        CancellationToken cancellationToken)
        where TRow : class, ITenantOwned
    {
        ArgumentNullException.ThrowIfNull(vault);
        return vault.SealAsync(PlaceOf(context, row, column), bytes, cancellationToken);
    }

    /// <summary>Opens a text that lies in a column of a row.</summary>
    public static async Task<Result<string>> OpenAsync<TRow>(
        this IVault vault, DbContext context, TRow row, Expression<Func<TRow, Sealed?>> column,
        CancellationToken cancellationToken)
        where TRow : class, ITenantOwned =>
        (await vault.OpenBytesAsync(context, row, column, cancellationToken)).TryGet(out var bytes, out var fault)
            ? Encoding.UTF8.GetString(bytes)
            : fault;

    /// <summary>Opens bytes that lie in a column of a row.</summary>
    public static Task<Result<byte[]>> OpenBytesAsync<TRow>(
        this IVault vault, DbContext context, TRow row, Expression<Func<TRow, Sealed?>> column,
        CancellationToken cancellationToken)
        where TRow : class, ITenantOwned
    {
        ArgumentNullException.ThrowIfNull(vault);
        ArgumentNullException.ThrowIfNull(column);
        var value = (Sealed?)PropertyOf(column).GetValue(row)
            ?? throw new InvalidOperationException("There is no value to open.");
        return vault.OpenAsync(PlaceOf(context, row, column), value, cancellationToken);
    }

    /// <summary>A row's key in the form in which values are bound to it: the parts of the key, as they are stored.</summary>
    internal static string RowOf(IEnumerable<object?> key) => string.Join('|', key.Select(static part => part switch
    {
        Guid id => id.ToString("N"),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        string text => $"{text.Length}:{text}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"A key of the type {part?.GetType()} cannot be bound to."),
    }));

    private static SealedPlace PlaceOf<TRow>(DbContext context, TRow row, Expression<Func<TRow, Sealed?>> column)
        where TRow : class, ITenantOwned
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(row);
        var entity = context.Model.FindEntityType(typeof(TRow))
            ?? throw new InvalidOperationException($"{typeof(TRow)} is not mapped by {context.GetType()}.");
        var property = entity.FindProperty(PropertyOf(column))
            ?? throw new InvalidOperationException($"{column} is not mapped.");
        var key = entity.FindPrimaryKey()!.Properties.Select(part => Stored(part, part.PropertyInfo!.GetValue(row)));
        var place = new SealedPlace(row.TenantId, entity.GetTableName()!, property.GetColumnName(), RowOf(key));
        return SubjectOf(property) is { } subject ? place with { Subject = (UserId)subject.GetValue(row)! } : place;
    }

    /// <summary>The property that says whose key a column is sealed under; null for the tenant's.</summary>
    private static PropertyInfo? SubjectOf(IProperty property)
    {
        var info = property.PropertyInfo!;
        if (info.GetCustomAttribute<PersonalDataAttribute>() is { } personal)
            return info.DeclaringType!.GetProperty(personal.Subject)!;
        if (info.GetCustomAttribute<OwnKeyAttribute>() is { } own) return info.DeclaringType!.GetProperty(own.Owner)!;
        return info.IsDefined(typeof(ConfidentialAttribute))
            ? null
            : throw new InvalidOperationException($"Mark {info.DeclaringType}.{info.Name} as confidential, personal or of its own key.");
    }

    private static object? Stored(IProperty property, object? value) =>
        property.GetTypeMapping().Converter is { } converter ? converter.ConvertToProvider(value) : value;

    private static PropertyInfo PropertyOf<TRow>(Expression<Func<TRow, Sealed?>> column) =>
        column.Body is MemberExpression { Member: PropertyInfo property }
            ? property
            : throw new ArgumentException("Name a property, as in row => row.Value.", nameof(column));

    private sealed class SealedAsBytes() : ValueConverter<Sealed, byte[]>(
        value => value.ToArray(), bytes => new Sealed(bytes));
}
