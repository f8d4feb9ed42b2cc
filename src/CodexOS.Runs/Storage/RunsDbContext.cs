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
[Kept("for the retention of runs")]
internal sealed class RunRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Kind { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Subject { get; init; }

    [DataClass(DataClass.Internal)]
    public int SubjectVersion { get; init; }

    [DataClass(DataClass.Confidential, Subject = nameof(CreatedBy))]
    public required string Title { get; init; }

    [DataClass(DataClass.Internal)]
    public UserId CreatedBy { get; init; }

    [DataClass(DataClass.Internal)]
    public RunStatus Status { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Owner { get; init; }

    [DataClass(DataClass.Internal)]
    public int Epoch { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? WakeAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? StartedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset? EndedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public int StepsCount { get; init; }

    [DataClass(DataClass.Internal)]
    public long TokensIn { get; init; }

    [DataClass(DataClass.Internal)]
    public long TokensOut { get; init; }

    [DataClass(DataClass.Internal)]
    public long CostMicroUsd { get; init; }

    [DataClass(DataClass.Internal)]
    public string? Model { get; init; }

    [DataClass(DataClass.Internal)]
    public bool ModelIsReal { get; init; }

    [DataClass(DataClass.Internal)]
    public string? Workspace { get; init; }

    [DataClass(DataClass.Internal)]
    public short Priority { get; init; }

    [DataClass(DataClass.Internal)]
    public double? Progress { get; init; }

    [DataClass(DataClass.Internal)]
    public RunId? ParentRun { get; init; }

    [DataClass(DataClass.Internal)]
    public RunId? ForkedFrom { get; init; }

    [DataClass(DataClass.Internal)]
    public int? ForkSeq { get; init; }

    [DataClass(DataClass.Confidential, Subject = nameof(CreatedBy))]
    public string? Output { get; init; }

    [DataClass(DataClass.Internal)]
    public string? FaultCode { get; init; }

    [DataClass(DataClass.Internal)]
    public string? FaultKind { get; init; }

    [DataClass(DataClass.Confidential, Subject = nameof(CreatedBy))]
    public string? FaultMessage { get; init; }

    /// <summary>The compressed file that has the run's events.</summary>
    [DataClass(DataClass.Internal)]
    public string? Archive { get; init; }

    /// <summary>The place of the newest event in the file.</summary>
    [DataClass(DataClass.Internal)]
    public int? ArchivedHead { get; init; }

    /// <summary>When the last of the rows that the file stands for was gone.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? ArchivedAt { get; init; }
}

/// <summary>The run that an idempotency key stands for.</summary>
[Kept("for Runs:KeysKept")]
internal sealed class RunKeyRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string KeyHash { get; init; }

    [DataClass(DataClass.Internal)]
    public RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A blob that the archive of a run names, or is.</summary>
[Kept("for as long as its run")]
internal sealed class RunBlobRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Hash { get; init; }

    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }
}

/// <summary>A blob of a run that was deleted.</summary>
[Kept("until the next retention")]
internal sealed class BlobTrashRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required string Hash { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset At { get; init; }
}

/// <summary>One event of a run.</summary>
[Kept("for the retention of runs")]
internal sealed class RunEventRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public int Seq { get; init; }

    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public int Epoch { get; init; }

    [DataClass(DataClass.Internal)]
    public short Kind { get; init; }

    [DataClass(DataClass.Internal)]
    public Journal.AppendId EventId { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string Payload { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset At { get; init; }
}

/// <summary>One request for approval.</summary>
[Kept("for as long as its run")]
internal sealed class ApprovalRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public ApprovalId ApprovalId { get; init; }

    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public RunId RunId { get; init; }

    [DataClass(DataClass.Internal)]
    public int Seq { get; init; }

    [DataClass(DataClass.Internal)]
    public ApprovalState State { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset ExpiresAt { get; init; }
}
