using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Tools.Storage;

/// <summary>The module's rows: labels of what tools keep, approvals given in advance, connections.</summary>
internal sealed class ToolsDb(DbContextOptions<ToolsDb> options, TenantContext tenants) : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "tools";

    public DbSet<StoredLabelRow> Labels => Set<StoredLabelRow>();

    public DbSet<StandingApprovalRow> StandingApprovals => Set<StandingApprovalRow>();

    public DbSet<ConnectionRow> Connections => Set<ConnectionRow>();

    public DbSet<ConnectionToolRow> ConnectionTools => Set<ConnectionToolRow>();

    /// <inheritdoc />
    protected override string Schema => SchemaName;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<StandingApprovalId>(configurationBuilder);
        MapId<ConnectionId>(configurationBuilder);
    }

    /// <inheritdoc />
    protected override void Map(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<StoredLabelRow>(row =>
        {
            row.ToTable("stored_labels").HasKey(it => new { it.TenantId, it.Store, it.Key });
            row.Property(it => it.Revision).IsConcurrencyToken();
        });
        model.Entity<StandingApprovalRow>(row =>
        {
            row.ToTable("standing_approvals").HasKey(it => it.Id);
            row.Property(it => it.Id).ValueGeneratedNever();
        });
        model.Entity<ConnectionRow>(row =>
        {
            row.ToTable("connections").HasKey(it => it.Id);
            row.Property(it => it.Id).ValueGeneratedNever();
            row.Property(it => it.Revision).IsConcurrencyToken();
        });
        model.Entity<ConnectionToolRow>(row =>
            row.ToTable("connection_tools").HasKey(it => new { it.TenantId, it.Name }));
    }
}

/// <summary>The label of an entry of a store.</summary>
[Kept("for as long as what it labels")]
internal sealed class StoredLabelRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Store { get; init; }

    /// <summary>The hash of the entry's key; empty for the store as a whole.</summary>
    [DataClass(DataClass.Internal)]
    public required string Key { get; init; }

    /// <summary>An <see cref="Contracts.Integrity"/>, as its word.</summary>
    [DataClass(DataClass.Internal)]
    public string Integrity { get; private set; } = "";

    /// <summary>A <see cref="Contracts.Readers"/>, as JSON.</summary>
    [DataClass(DataClass.Internal)]
    public string Readers { get; private set; } = "";

    [DataClass(DataClass.Internal)]
    public int Revision { get; private set; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset ChangedAt { get; private set; }

    /// <summary>The label; what cannot be read is not trusted.</summary>
    public Label Label()
    {
        try
        {
            return Enum.TryParse<Integrity>(Integrity, out var integrity)
                && JsonSerializer.Deserialize<Readers>(Readers, Json.Options) is { } readers
                    ? new Label(integrity, readers)
                    : Contracts.Label.Unknown;
        }
        catch (JsonException)
        {
            return Contracts.Label.Unknown;
        }
    }

    public void Set(Label label, DateTimeOffset at)
    {
        Integrity = label.Integrity.ToString();
        Readers = JsonSerializer.Serialize(label.Readers, Json.Options);
        Revision++;
        ChangedAt = at;
    }
}

/// <summary>An approval that was given in advance.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class StandingApprovalRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required StandingApprovalId Id { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>The kind of run and its subject, for instance an agent's name.</summary>
    [DataClass(DataClass.Internal)]
    public required string Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Tool { get; init; }

    /// <summary>What arguments must have, as a grant says it; canonical JSON.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Arguments { get; init; }

    [DataClass(DataClass.Internal)]
    public required int UsesMax { get; init; }

    [DataClass(DataClass.Internal)]
    public int Uses { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required string CreatedBy { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string Note { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? RevokedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public string? RevokedBy { get; set; }
}
