using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Holds;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Trust.Storage;

/// <summary>The module's rows: the audit log with its trees, keys, secrets, legal holds.</summary>
internal sealed class TrustDb(DbContextOptions<TrustDb> options, TenantContext tenants) : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "trust";

    public const string PendingTable = "audit_pending";

    public const string PersonalTable = "audit_personal";

    public DbSet<AuditPendingRow> Pending => Set<AuditPendingRow>();

    public DbSet<AuditEntryRow> Entries => Set<AuditEntryRow>();

    public DbSet<AuditPersonalRow> Personal => Set<AuditPersonalRow>();

    public DbSet<AuditNodeRow> Nodes => Set<AuditNodeRow>();

    public DbSet<AuditTreeRow> Trees => Set<AuditTreeRow>();

    public DbSet<AuditCheckpointRow> Checkpoints => Set<AuditCheckpointRow>();

    public DbSet<VaultKeyRow> Keys => Set<VaultKeyRow>();

    public DbSet<SecretRow> Secrets => Set<SecretRow>();

    public DbSet<LegalHoldRow> Holds => Set<LegalHoldRow>();

    /// <inheritdoc />
    protected override string Schema => SchemaName;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<AuditEntryId>(configurationBuilder);
        MapId<VaultKeyId>(configurationBuilder);
        MapId<LegalHoldId>(configurationBuilder);
        configurationBuilder.MapSealed();
    }

    /// <inheritdoc />
    protected override void Map(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<AuditPendingRow>().ToTable(PendingTable).HasKey(row => row.PendingId);
        model.Entity<AuditEntryRow>().ToTable("audit_entries").HasKey(row => new { row.TenantId, row.LeafIndex });
        model.Entity<AuditPersonalRow>().ToTable(PersonalTable).HasKey(row => new { row.EntryId, row.Field });
        model.Entity<AuditNodeRow>().ToTable("audit_nodes")
            .HasKey(row => new { row.TenantId, row.NodeLevel, row.NodeIndex });
        model.Entity<AuditTreeRow>(row =>
        {
            row.ToTable("audit_trees").HasKey(it => it.TenantId);
            row.Property(it => it.TenantId).ValueGeneratedNever();
            // Entries are put in their places by one process at a time; should two ever meet, one of them loses here.
            row.Property(it => it.Size).IsConcurrencyToken();
        });
        model.Entity<AuditCheckpointRow>().ToTable("audit_checkpoints").HasKey(row => new { row.TenantId, row.Size });
        model.Entity<VaultKeyRow>(row =>
        {
            row.ToTable("vault_keys").HasKey(it => it.KeyId);
            row.Property(it => it.KeyId).ValueGeneratedNever();
        });
        model.Entity<SecretRow>(row =>
        {
            row.ToTable("secrets").HasKey(it => new { it.TenantId, it.Name });
            row.Property(it => it.Value).IsRequired();
            row.Property(it => it.Revision).IsConcurrencyToken();
        });
        model.Entity<LegalHoldRow>(row =>
        {
            row.ToTable("legal_holds").HasKey(it => it.HoldId);
            row.Property(it => it.HoldId).ValueGeneratedNever();
            row.Property(it => it.Kind).HasConversion(
                static kind => kind.ToString().ToLowerInvariant(), static word => Enum.Parse<HoldKind>(word, true));
        });
    }
}
