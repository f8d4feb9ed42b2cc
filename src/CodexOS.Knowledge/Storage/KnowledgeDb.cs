using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Sources;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Knowledge.Storage;

/// <summary>The module's rows: knowledge bases, their documents and their sources, and answers that are kept.</summary>
internal sealed class KnowledgeDb(DbContextOptions<KnowledgeDb> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "knowledge";

    public DbSet<BaseRow> Bases => Set<BaseRow>();

    public DbSet<DocumentRow> Documents => Set<DocumentRow>();

    public DbSet<SourceRow> Sources => Set<SourceRow>();

    public DbSet<SourceItemRow> SourceItems => Set<SourceItemRow>();

    public DbSet<CachedAnswerRow> CachedAnswers => Set<CachedAnswerRow>();

    public DbSet<CacheSettingRow> CacheSettings => Set<CacheSettingRow>();

    /// <inheritdoc />
    protected override string Schema => SchemaName;

    /// <inheritdoc />
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.MapSealed();
        MapId<KnowledgeBaseId>(configurationBuilder);
        MapId<DocumentId>(configurationBuilder);
        MapId<SourceId>(configurationBuilder);
        MapId<CachedAnswerId>(configurationBuilder);
        MapId<RunId>(configurationBuilder);
    }

    /// <inheritdoc />
    protected override void Map(ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<BaseRow>(row =>
        {
            row.ToTable("knowledge_bases").HasKey(it => it.BaseId);
            row.Property(it => it.BaseId).ValueGeneratedNever();
            row.HasIndex(it => new { it.TenantId, it.Name }).IsUnique();
            row.Ignore(it => it.Shredder);
            row.Ignore(it => it.Embedder);
        });
        model.Entity<DocumentRow>(row =>
        {
            row.ToTable("documents").HasKey(it => it.DocumentId);
            row.Property(it => it.DocumentId).ValueGeneratedNever();
            row.Property(it => it.State).HasConversion(
                static state => state.ToString().ToLowerInvariant(), static word => Enum.Parse<DocumentState>(word, true));
            row.HasIndex(it => new { it.BaseId, it.Name }).IsUnique();
            row.Ignore(it => it.Blobs);
            // Whoever replaces a content must know which one: its blob has to go.
            row.Property(it => it.Version).IsConcurrencyToken();
        });
        model.Entity<SourceRow>(row =>
        {
            row.ToTable("sources").HasKey(it => it.SourceId);
            row.Property(it => it.SourceId).ValueGeneratedNever();
            row.Property(it => it.Kind).HasConversion(
                static kind => kind.ToString().ToLowerInvariant(), static word => Enum.Parse<SourceKind>(word, true));
            row.HasIndex(it => new { it.BaseId, it.Name }).IsUnique();
        });
        model.Entity<CachedAnswerRow>(row =>
        {
            row.ToTable("cached_answers").HasKey(it => it.AnswerId);
            row.Property(it => it.AnswerId).ValueGeneratedNever();
        });
        model.Entity<CacheSettingRow>().ToTable("cache_settings").HasKey(static row => row.TenantId);
        model.Entity<SourceItemRow>(row =>
        {
            row.ToTable("source_items").HasKey(it => new { it.SourceId, it.ItemKey });
            row.Property(it => it.Outcome).HasConversion(
                static outcome => outcome.ToString().ToLowerInvariant(), static word => Enum.Parse<ItemOutcome>(word, true));
        });
    }
}
