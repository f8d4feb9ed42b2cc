using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Calls;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.HttpFetch;
using CodexOS.Tools.Labels;
using CodexOS.Tools.Mcp;
using CodexOS.Tools.OpenApi;
using CodexOS.Tools.Output;
using CodexOS.Tools.Policies;
using CodexOS.Tools.Privacy;
using CodexOS.Tools.Sql;
using CodexOS.Tools.Standing;
using CodexOS.Tools.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools;

/// <summary>The tool contract, the catalogue and the gate.</summary>
public sealed class ToolsModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddValidated<ToolsOptions>(ToolsOptions.Section);
        builder.Services.AddValidation();
        builder.Services.AddSingleton<ToolsTelemetry>();

        builder.Services.AddSingleton<ToolCatalogue>();
        builder.Services.AddSingleton<IToolCatalogue, TenantCatalogue>();
        builder.Services.AddHostedService<CatalogueCheck>();

        builder.Services.AddSingleton<GrantReader>();
        builder.Services.AddSingleton<IGrantRule, GrantRule>();
        builder.Services.AddSingleton(services => new ToolGate(
            services.GetRequiredService<ToolCatalogue>(),
            services.GetRequiredService<GrantReader>(),
            services.GetRequiredService<IOptions<ToolsOptions>>().Value.ApprovalTimeMax));
        builder.Services.AddModuleDbContext<ToolsDb>(ToolsDb.SchemaName, Placement.WithTenant);
        builder.Services.AddOwnedIds<StandingApprovalId>(ToolsDb.SchemaName, "standing_approvals", "id");
        builder.Services.AddSingleton<LabelStore>();
        builder.Services.AddSingleton<ILabelStore>(static services => services.GetRequiredService<LabelStore>());
        builder.Services.AddSingleton<IStoredLabels>(static services => services.GetRequiredService<LabelStore>());
        builder.Services.AddSingleton<StandingApprovalStore>();
        builder.Services.AddSingleton<IStandingApprovals>(
            static services => services.GetRequiredService<StandingApprovalStore>());
        builder.Services.AddSingleton<ISubjectData, ToolsSubjectData>();
        builder.Services.AddSingleton<ISecretSource, ConfiguredSecrets>();
        builder.Services.AddSingleton<SecretScan>();
        builder.Services.AddSingleton<IOutputFilter, OutputFilter>();
        builder.Services.AddSingleton<IPolicyTrial, PolicyTrial>();
        builder.Services.AddSingleton<IInnerReads, InnerReads>();
        builder.Services.AddSingleton<IEffectHandler, ToolCallHandler>();

        builder.Services.AddValidated<ConnectionOptions>(ConnectionOptions.Section);
        builder.Services.AddSingleton<ConnectionKinds>();
        builder.Services.AddSingleton<ConnectionStore>();
        builder.Services.AddSingleton<IProjectThings, ConnectionsInProjects>();
        builder.Services.AddSingleton<ConnectionMarks>();
        builder.Services.AddSingleton<IConnectedTools, ConnectedTools>();

        builder.Services.AddValidated<McpOptions>(McpOptions.Section);
        builder.Services.AddSingleton<McpCalls>();
        builder.Services.AddSingleton<McpHttpSessions>();
        builder.Services.AddSingleton<McpPrograms>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<McpPrograms>());
        builder.Services.AddSingleton<IConnectionKind, McpHttpKind>();
        builder.Services.AddSingleton<IConnectionKind, McpStdioKind>();
        builder.Services.AddSingleton<IConnectionKind, OpenApiKind>();

        builder.Services.AddValidated<HttpFetchOptions>(HttpFetchOptions.Section);
        builder.Services.AddSingleton<ITool, HttpFetchTool>();

        builder.Services.AddValidated<SqlOptions>(SqlOptions.Section);
        builder.Services.AddSingleton<SqlDatabases>();
        builder.Services.AddSingleton<ITool, SqlQueryTool>();
        builder.Services.AddSingleton<ITool, SqlSchemaTool>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        ArgumentNullException.ThrowIfNull(api);
        ToolEndpoints.Map(api);
        StandingApprovalEndpoints.Map(api);
        ConnectionEndpoints.Map(api);
    }
}
