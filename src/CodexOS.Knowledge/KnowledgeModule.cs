using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.AgentTools;
using CodexOS.Knowledge.Answers;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Cache;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Embeddings;
using CodexOS.Knowledge.Evaluation;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Health;
using CodexOS.Knowledge.Ingestion;
using CodexOS.Knowledge.Privacy;
using CodexOS.Knowledge.Reranking;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Sources;
using CodexOS.Knowledge.Sources.Places;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Stores.Moves;
using CodexOS.Knowledge.Tuning;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Knowledge;

/// <summary>Documents in, passages that can be cited out.</summary>
public sealed class KnowledgeModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidated<KnowledgeOptions>(KnowledgeOptions.Section);
        services.AddValidation();
        services.AddModuleDbContext<KnowledgeDb>(KnowledgeDb.SchemaName, Placement.WithTenant);
        services.AddSealedColumns<KnowledgeDb>();
        services.AddOwnedIds<KnowledgeBaseId>(KnowledgeDb.SchemaName, "knowledge_bases", "base_id");
        services.AddOwnedIds<DocumentId>(KnowledgeDb.SchemaName, "documents", "document_id");
        services.AddOwnedIds<SourceId>(KnowledgeDb.SchemaName, "sources", "source_id");

        // Bases
        services.AddSingleton<BaseContent>();
        services.AddSingleton<BaseStore>();
        services.AddSingleton<IProjectThings, BasesInProjects>();
        services.AddSingleton<IQuota, BasesQuota>();
        services.AddSingleton<IKnowledgeBases, KnownBases>();

        // Documents
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<IBlobWitness, DocumentBlobs>();
        services.AddSingleton<IQuota, DocumentBytesQuota>();
        services.AddSingleton<DocumentTexts>();

        services.AddSingleton<ISubjectData, KnowledgeSubjectData>();

        // Ingestion: plan → read batches → publish
        services.AddSingleton<DocumentExtractor>();
        services.AddSingleton<BatchReader>();
        services.AddSingleton<IRunProgram, IngestProgram>();
        services.AddSingleton<IEffectHandler, IngestHandler>();

        // Embeddings: what makes vectors, and the way from one model to another
        services.AddSingleton<OutgoingText>();
        services.AddSingleton<ModelVectors>();
        services.AddSingleton<ModelChoice>();
        services.AddSingleton<IRunProgram, EmbedProgram>();
        services.AddSingleton<IEffectHandler, EmbedHandler>();

        // Stores: where vectors lie, and the way from one to another
        services.AddSingleton<VectorStores>();
        services.AddSingleton<ISystemFact, StoresFact>();
        services.AddSingleton<IRunProgram, MoveProgram>();
        services.AddSingleton<IEffectHandler, MoveHandler>();

        // Sources: list → fetch batches → remove what is gone → ingest
        services.AddSingleton<FolderAllowance>();
        services.AddSingleton<SourceFolders>();
        services.AddSingleton<SourceCheck>();
        services.AddSingleton<SourceStore>();
        services.AddSingleton<SourceReaders>();
        services.AddSingleton<SyncItems>();
        services.AddSingleton<ItemFetch>();
        services.AddSingleton<Syncs>();
        services.AddSingleton<IRunProgram, SyncProgram>();
        services.AddSingleton<IEffectHandler, SyncHandler>();
        services.AddSingleton<SourceTimer>();
        services.AddHostedService(static provider => provider.GetRequiredService<SourceTimer>());

        // Tuning: synonyms and boosts, which a search gets with the row of its base
        services.AddSingleton<TuningCheck>();
        services.AddSingleton<TuningStore>();
        services.AddSingleton<BaseTunings>();

        // Search: authorize → search → resolve → rank once more
        services.AddSingleton<IndexedDocuments>();
        services.AddSingleton<IndexKeeper>();
        services.AddHostedService<LeftIndexes>();
        services.AddSingleton<PassageReranker>();
        services.AddSingleton<SearchPipeline>();

        // Answers: in the documents' own words, or by a model: find → write → check
        services.AddSingleton<AnswerPipeline>();
        services.AddSingleton<IRunProgram, AnswerProgram>();
        services.AddSingleton<IEffectHandler, AnswerHandler>();

        // How well a base finds: by its own sentences, or by questions whose answers are known
        services.AddSingleton<SelfTest>();
        services.AddSingleton<Evaluator>();

        // The semantic cache: answers for tasks that mean the same
        services.AddSingleton<CacheModel>();
        services.AddSingleton<CacheSwitch>();
        services.AddSingleton<TaskMemory>();
        services.AddSingleton<CachedAnswers>();
        services.AddSingleton<CacheTelemetry>();
        services.AddSingleton<ISemanticCache, SemanticCache>();
        services.AddSingleton<IRetainedData, RetainedAnswers>();

        // What agents can do with the bases that they are granted
        services.AddSingleton<GrantedBases>();
        services.AddSingleton<ITool, KnowledgeSearchTool>();
        services.AddSingleton<ITool, KnowledgeReadTool>();
        services.AddSingleton<ITool, KnowledgeListTool>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        BaseEndpoints.Map(api);
        DocumentEndpoints.Map(api);
        IngestEndpoints.Map(api);
        StoreEndpoints.Map(api);
        MoveEndpoints.Map(api);
        EmbedEndpoints.Map(api);
        SourceEndpoints.Map(api);
        TuningEndpoints.Map(api);
        SearchEndpoints.Map(api);
        AnswerEndpoints.Map(api);
        HealthEndpoints.Map(api);
        EvaluationEndpoints.Map(api);
        CacheEndpoints.Map(api);
    }
}
