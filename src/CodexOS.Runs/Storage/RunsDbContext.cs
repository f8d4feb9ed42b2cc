using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Runs.Storage;

/// <summary>The engine's rows as lists and pages read them. They are written by the journal only.</summary>
internal sealed class RunsDbContext(DbContextOptions<RunsDbContext> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "runs";

    public DbSet<RunRow> Runs => Set<RunRow>();

    public DbSet<RunEventRow> Events => Set<RunEventRow>();

    public DbSet<ApprovalRow> Approvals => Set<ApprovalRow>();

    public DbSet<RunKeyRow> Keys => Set<RunKeyRow>();

    public DbSet<RunBlobRow> Blobs => Set<RunBlobRow>();

    public DbSet<BlobTrashRow> Trash => Set<BlobTrashRow>();

    protected override string Schema => SchemaName;

    protected override void Map(ModelBuilder model)
    {
        model.Entity<RunRow>(run =>
        {
            run.ToTable("runs").HasKey(row => row.RunId);
            run.Property(row => row.Status).HasConversion<short>();
        });
        model.Entity<RunEventRow>(happened =>
            happened.ToTable("run_events").HasKey(row => new { row.RunId, row.Seq }));
        model.Entity<ApprovalRow>(approval =>
        {
            approval.ToTable("approvals").HasKey(row => row.ApprovalId);
            approval.Property(row => row.State).HasConversion<short>();
        });
        model.Entity<RunKeyRow>(key => key.ToTable("run_keys").HasKey(row => new { row.TenantId, row.KeyHash }));
        model.Entity<RunBlobRow>(blob => blob.ToTable("run_blobs").HasKey(row => new { row.RunId, row.Hash }));
        model.Entity<BlobTrashRow>(trash => trash.ToTable("blob_trash").HasKey(row => new { row.TenantId, row.Hash }));
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<RunId>(configurationBuilder);
        MapId<ApprovalId>(configurationBuilder);
        MapId<Journal.AppendId>(configurationBuilder);
    }
}

/// <summary>A run as lists show it.</summary>
internal sealed class RunRow : ITenantOwned
{
    public RunId RunId { get; init; }

    public TenantId TenantId { get; init; }

    public required string Kind { get; init; }

    public required string Subject { get; init; }

    public int SubjectVersion { get; init; }

    public required string Title { get; init; }

    public UserId CreatedBy { get; init; }

    public RunStatus Status { get; init; }

    public required string Owner { get; init; }

    public int Epoch { get; init; }

    public DateTimeOffset? WakeAt { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public int StepsCount { get; init; }

    public long TokensIn { get; init; }

    public long TokensOut { get; init; }

    public long CostMicroUsd { get; init; }

    public string? Model { get; init; }

    public bool ModelIsReal { get; init; }

    public string? Workspace { get; init; }

    public short Priority { get; init; }

    public double? Progress { get; init; }

    public RunId? ParentRun { get; init; }

    public RunId? ForkedFrom { get; init; }

    public int? ForkSeq { get; init; }

    public string? Output { get; init; }

    public string? FaultCode { get; init; }

    public string? FaultKind { get; init; }

    public string? FaultMessage { get; init; }

    /// <summary>The compressed file that has the run's events.</summary>
    public string? Archive { get; init; }

    /// <summary>The place of the newest event in the file.</summary>
    public int? ArchivedHead { get; init; }

    /// <summary>When the last of the rows that the file stands for was gone.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }
}

/// <summary>The run that an idempotency key stands for.</summary>
internal sealed class RunKeyRow : ITenantOwned
{
    public TenantId TenantId { get; init; }

    public required string KeyHash { get; init; }

    public RunId RunId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A blob that the archive of a run names, or is.</summary>
internal sealed class RunBlobRow : ITenantOwned
{
    public RunId RunId { get; init; }

    public required string Hash { get; init; }

    public TenantId TenantId { get; init; }
}

/// <summary>A blob of a run that was deleted.</summary>
internal sealed class BlobTrashRow : ITenantOwned
{
    public TenantId TenantId { get; init; }

    public required string Hash { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <summary>One event of a run.</summary>
internal sealed class RunEventRow : ITenantOwned
{
    public RunId RunId { get; init; }

    public int Seq { get; init; }

    public TenantId TenantId { get; init; }

    public int Epoch { get; init; }

    public short Kind { get; init; }

    public Journal.AppendId EventId { get; init; }

    public required string Payload { get; init; }

    public DateTimeOffset At { get; init; }
}

/// <summary>One request for approval.</summary>
internal sealed class ApprovalRow : ITenantOwned
{
    public ApprovalId ApprovalId { get; init; }

    public TenantId TenantId { get; init; }

    public RunId RunId { get; init; }

    public int Seq { get; init; }

    public ApprovalState State { get; init; }

    public DateTimeOffset ExpiresAt { get; init; }
}
