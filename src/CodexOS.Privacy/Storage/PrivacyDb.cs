using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Privacy.Storage;

/// <summary>
/// The module's rows: archives of exports, receipts of erasures, rotations of keys, bundles of evidence, how long data is kept.
/// </summary>
internal sealed class PrivacyDb(DbContextOptions<PrivacyDb> options, TenantContext tenants) : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "privacy";

    public DbSet<SubjectExportRow> Exports => Set<SubjectExportRow>();

    public DbSet<ErasureRow> Erasures => Set<ErasureRow>();

    public DbSet<KeyRotationRow> KeyRotations => Set<KeyRotationRow>();

    public DbSet<EvidenceBundleRow> EvidenceBundles => Set<EvidenceBundleRow>();

    public DbSet<EvidencePartRow> EvidenceParts => Set<EvidencePartRow>();

    public DbSet<RetentionRow> Retention => Set<RetentionRow>();

    /// <inheritdoc />
    protected override string Schema => SchemaName;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<RunId>(configurationBuilder);
        configurationBuilder.MapSealed();
    }

    /// <inheritdoc />
    protected override void Map(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<SubjectExportRow>(row =>
        {
            row.ToTable("subject_exports").HasKey(it => it.RunId);
            row.Property(it => it.RunId).ValueGeneratedNever();
        });
        model.Entity<ErasureRow>(row =>
        {
            row.ToTable("erasures").HasKey(it => it.RunId);
            row.Property(it => it.RunId).ValueGeneratedNever();
        });
        model.Entity<KeyRotationRow>(row =>
        {
            row.ToTable("key_rotations").HasKey(it => it.RunId);
            row.Property(it => it.RunId).ValueGeneratedNever();
        });
        model.Entity<EvidenceBundleRow>(row =>
        {
            row.ToTable("evidence_bundles").HasKey(it => it.RunId);
            row.Property(it => it.RunId).ValueGeneratedNever();
        });
        model.Entity<EvidencePartRow>(row =>
        {
            row.ToTable("evidence_parts").HasKey(it => new { it.RunId, it.Number });
            row.Property(it => it.RunId).ValueGeneratedNever();
            row.Property(it => it.Number).ValueGeneratedNever();
        });
        model.Entity<RetentionRow>().ToTable("retention").HasKey(row => new { row.TenantId, row.Kind });
    }
}

/// <summary>The archive that an export made.</summary>
[Kept("for Privacy:ExportLifetime")]
internal sealed class SubjectExportRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId RequestedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required long SizeBytes { get; init; }

    /// <summary>The SHA-256 of the archive.</summary>
    [DataClass(DataClass.Internal)]
    public required string Hash { get; init; }

    /// <summary>
    /// The blob with the encrypted archive; null for one from before they were sealed, which is named by its hash.
    /// </summary>
    [DataClass(DataClass.Internal)]
    public string? Blob { get; set; }

    /// <summary>What the archive is encrypted under, sealed under the key of the person; null as above.</summary>
    [PersonalData(nameof(Subject))]
    [DataClass(DataClass.Confidential, Subject = nameof(Subject))]
    public Sealed? ContentKey { get; set; }

    /// <summary>What it is called among the blobs.</summary>
    public string BlobName => Blob ?? Hash;
}

/// <summary>An erasure that is done.</summary>
[Kept("for good")]
internal sealed class ErasureRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId RequestedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The signed receipt.</summary>
    [DataClass(DataClass.Internal)]
    public required string Receipt { get; init; }
}

/// <summary>A rotation of a tenant's keys.</summary>
[Kept("for good")]
internal sealed class KeyRotationRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId StartedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it gave the turn back, or lost it because its run had ended before.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>What it came to, as JSON; null if it has not come to its end.</summary>
    [DataClass(DataClass.Internal)]
    public string? Report { get; set; }
}

/// <summary>How long a tenant keeps one kind of data.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class RetentionRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Kind { get; init; }

    [DataClass(DataClass.Internal)]
    public required int Days { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public required UserId ChangedBy { get; set; }
}
