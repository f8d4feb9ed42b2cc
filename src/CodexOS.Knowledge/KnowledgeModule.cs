using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Extraction;
using CodexOS.Knowledge.Ingestion;
using CodexOS.Knowledge.Privacy;
using CodexOS.Knowledge.Search;
using CodexOS.Knowledge.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Stores.Moves;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
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
        services.AddModuleDbContext<KnowledgeDb>(KnowledgeDb.SchemaName);
        services.AddSealedColumns<KnowledgeDb>();
        services.AddOwnedIds<KnowledgeBaseId>(KnowledgeDb.SchemaName, "knowledge_bases", "base_id");
        services.AddOwnedIds<DocumentId>(KnowledgeDb.SchemaName, "documents", "document_id");

        // Bases
        services.AddSingleton<BaseContent>();
        services.AddSingleton<BaseStore>();
        services.AddSingleton<IQuota, BasesQuota>();

        // Documents
        services.AddSingleton<DocumentStore>();
        services.AddSingleton<DocumentTexts>();

        services.AddSingleton<ISubjectData, KnowledgeSubjectData>();

        // Ingestion: plan → read batches → publish
        services.AddSingleton<DocumentExtractor>();
        services.AddSingleton<BatchReader>();
        services.AddSingleton<IRunProgram, IngestProgram>();
        services.AddSingleton<IEffectHandler, IngestHandler>();

        // Stores: where vectors lie, and the way from one to another
        services.AddSingleton<VectorStores>();
        services.AddSingleton<ISystemFact, StoresFact>();
        services.AddSingleton<IRunProgram, MoveProgram>();
        services.AddSingleton<IEffectHandler, MoveHandler>();

        // Search: authorize → search → resolve
        services.AddSingleton<IndexKeeper>();
        services.AddSingleton<SearchPipeline>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        BaseEndpoints.Map(api);
        DocumentEndpoints.Map(api);
        IngestEndpoints.Map(api);
        MoveEndpoints.Map(api);
        SearchEndpoints.Map(api);
    }
}
