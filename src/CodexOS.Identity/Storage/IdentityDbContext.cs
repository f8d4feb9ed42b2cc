using CodexOS.Identity.Contracts;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CodexOS.Identity.Storage;

/// <summary>
/// What the module stores. Memberships, sessions and refresh tokens are filtered by tenant; the few queries that must
/// find a tenant first (sign-in by email, refresh by token) say so with <c>IgnoreQueryFilters</c>, and to PostgreSQL with
/// <see cref="IdentityWork"/>.
/// </summary>
internal sealed class IdentityDbContext(DbContextOptions<IdentityDbContext> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "identity";

    public DbSet<TenantRow> Tenants => Set<TenantRow>();

    public DbSet<UserRow> Users => Set<UserRow>();

    public DbSet<MembershipRow> Memberships => Set<MembershipRow>();

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<RefreshTokenRow> RefreshTokens => Set<RefreshTokenRow>();

    public DbSet<SetupStateRow> SetupState => Set<SetupStateRow>();

    public DbSet<OwnerLinkRow> OwnerLinks => Set<OwnerLinkRow>();

    protected override string Schema => SchemaName;

    protected override void Map(ModelBuilder model)
    {
        model.Entity<TenantRow>().ToTable("tenants").HasKey(row => row.TenantId);
        model.Entity<UserRow>().ToTable("users").HasKey(row => row.UserId);
        model.Entity<UserRow>().HasIndex(row => row.EmailKey).IsUnique();
        model.Entity<MembershipRow>().ToTable("memberships").HasKey(row => new { row.TenantId, row.UserId });
        model.Entity<SessionRow>().ToTable("sessions").HasKey(row => row.SessionId);
        model.Entity<RefreshTokenRow>().ToTable("refresh_tokens").HasKey(row => row.TokenHash);
        model.Entity<OwnerLinkRow>().ToTable("owner_links").HasKey(row => row.TokenHash);
        model.Entity<SetupStateRow>().ToTable("setup_state").HasKey(row => row.SetupStateId);
        model.Entity<SetupStateRow>().Property(row => row.SetupStateId).ValueGeneratedNever();

        // Foreign keys without navigations: they order the inserts of one SaveChanges.
        model.Entity<MembershipRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<MembershipRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<SessionRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<SessionRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<OwnerLinkRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<RefreshTokenRow>().HasOne<SessionRow>().WithMany().HasForeignKey(row => row.SessionId);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<SessionId>(configurationBuilder);
        configurationBuilder.Properties<Role>().HaveConversion<EnumAsWord<Role>>();
        configurationBuilder.Properties<UserState>().HaveConversion<EnumAsWord<UserState>>();
    }

    private sealed class EnumAsWord<TEnum>() : ValueConverter<TEnum, string>(
        value => value.ToString().ToLowerInvariant(), stored => Enum.Parse<TEnum>(stored, true))
        where TEnum : struct, Enum;
}
