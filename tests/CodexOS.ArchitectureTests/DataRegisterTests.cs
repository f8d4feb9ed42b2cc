using CodexOS.Docs;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

public sealed class DataRegisterTests
{
    [Fact]
    public void Every_column_of_every_module_says_what_is_in_it()
    {
        var tables = DataRegister.Read(DataRegister.Contexts.Select(ModelOf));

        tables.Count.ShouldBeGreaterThan(35);
        tables.SelectMany(static table => table.Columns).Count().ShouldBeGreaterThan(250);
        tables.Single(static table => table.Name == "secrets").Columns.Single(static column => column.Name == "value")
            .ShouldBe(new RegisteredColumn("value", DataClass.Restricted, null, "the tenant's data key"));
        tables.Single(static table => table.Name == "audit_personal").Columns.Single(static column => column.Name == "fact")
            .ShouldBe(new RegisteredColumn("fact", DataClass.Confidential, "subject", "the person's key"));
    }

    [Fact]
    public void What_is_encrypted_is_confidential_at_least() =>
        DataRegister.Read(DataRegister.Contexts.Select(ModelOf)).SelectMany(static table => table.Columns)
            .Where(static column => column.EncryptedWith is not null)
            .ShouldAllBe(static column => column.Class == DataClass.Confidential || column.Class == DataClass.Restricted);

    /// <summary>The model, for which no database is opened.</summary>
    internal static IModel ModelOf(Type context)
    {
        var builder = typeof(DbContextOptionsBuilder<>).MakeGenericType(context);
        var options = (DbContextOptionsBuilder)Activator.CreateInstance(builder)!;
        options.UseSqlite("Data Source=:memory:").UseSnakeCaseNamingConvention();
        using var opened = (DbContext)Activator.CreateInstance(context, options.Options, new TenantContext())!;
        return opened.Model;
    }
}
