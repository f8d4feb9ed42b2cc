using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Sandbox.Storage;

/// <summary>What the module stores in the database: which workspaces there are.</summary>
internal sealed class SandboxDbContext(DbContextOptions<SandboxDbContext> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "sandbox";

    public DbSet<WorkspaceRow> Workspaces => Set<WorkspaceRow>();

    protected override string Schema => SchemaName;

    protected override void Map(ModelBuilder model)
    {
        var workspace = model.Entity<WorkspaceRow>().ToTable("workspaces");
        workspace.HasKey(row => row.WorkspaceId);
        workspace.HasIndex(row => row.UserNumber).IsUnique();
        workspace.Ignore(row => row.User);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<WorkspaceId>(configurationBuilder);
    }
}
