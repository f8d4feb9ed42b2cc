using CodexOS.Agents.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Agents.Storage;

/// <summary>The module's rows: agents, their versions, and who was given the demo agent.</summary>
internal sealed class AgentsDb(DbContextOptions<AgentsDb> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "agents";

    public DbSet<AgentRow> Agents => Set<AgentRow>();

    public DbSet<AgentVersionRow> Versions => Set<AgentVersionRow>();

    public DbSet<PolicyRow> Policies => Set<PolicyRow>();

    public DbSet<SeededRow> Seeded => Set<SeededRow>();

    /// <inheritdoc />
    protected override string Schema => SchemaName;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<AgentId>(configurationBuilder);
    }

    /// <inheritdoc />
    protected override void Map(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<AgentRow>(row =>
        {
            row.ToTable("agents").HasKey(it => it.Id);
            row.Property(it => it.Id).ValueGeneratedNever();
            // Two authors who apply at once are told apart by the version that each of them saw.
            row.Property(it => it.Version).IsConcurrencyToken();
        });
        model.Entity<AgentVersionRow>(row =>
        {
            row.ToTable("agent_versions").HasKey(it => new { it.AgentId, it.Version });
            row.HasOne<AgentRow>().WithMany().HasForeignKey(it => it.AgentId);
        });
        model.Entity<PolicyRow>(row => row.ToTable("policies").HasKey(it => new { it.TenantId, it.Version }));
        model.Entity<SeededRow>(row =>
        {
            row.ToTable("agents_seeded").HasKey(it => it.TenantId);
            row.Property(it => it.TenantId).ValueGeneratedNever();
        });
    }
}

/// <summary>An agent, with what lists show of its newest version.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class AgentRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required AgentId Id { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Title { get; set; }

    [DataClass(DataClass.Confidential)]
    public required string Description { get; set; }

    [DataClass(DataClass.Internal)]
    public required string Model { get; set; }

    /// <summary>The names of its tools, separated by spaces.</summary>
    [DataClass(DataClass.Internal)]
    public required string Tools { get; set; }

    [DataClass(DataClass.Internal)]
    public required int Version { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset UpdatedAt { get; set; }
}

/// <summary>A version of an agent. It never changes.</summary>
[Kept("for as long as the tenant is there: versions never change")]
internal sealed class AgentVersionRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required AgentId AgentId { get; init; }

    [DataClass(DataClass.Internal)]
    public required int Version { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>The author's text.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Definition { get; init; }

    /// <summary>The canonical form, from which the digest is taken.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Document { get; init; }

    /// <summary>SHA-256 of the canonical form.</summary>
    [DataClass(DataClass.Internal)]
    public required string Digest { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>A user's id, or <c>codexos</c>.</summary>
    [DataClass(DataClass.Internal)]
    public required string CreatedBy { get; init; }
}

/// <summary>A version of a tenant's policy. It never changes.</summary>
[Kept("for as long as the tenant is there: versions never change")]
internal sealed class PolicyRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required int Version { get; init; }

    /// <summary>The author's text.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Text { get; init; }

    /// <summary>The canonical form, from which the digest is taken.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Document { get; init; }

    /// <summary>SHA-256 of the canonical form.</summary>
    [DataClass(DataClass.Internal)]
    public required string Digest { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required string CreatedBy { get; init; }
}

/// <summary>A tenant that was given the demo agent once.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class SeededRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset SeededAt { get; init; }
}
