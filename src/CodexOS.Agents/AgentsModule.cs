using CodexOS.Agents.Contracts;
using CodexOS.Agents.Definitions;
using CodexOS.Agents.Demo;
using CodexOS.Agents.Policies;
using CodexOS.Agents.Privacy;
using CodexOS.Agents.Program;
using CodexOS.Agents.Quarantine;
using CodexOS.Agents.Runs;
using CodexOS.Agents.Storage;
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

namespace CodexOS.Agents;

/// <summary>Agent definitions, their versions, and the program that drives them.</summary>
public sealed class AgentsModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddValidated<AgentsOptions>(AgentsOptions.Section);
        builder.Services.AddValidation();
        builder.Services.AddSingleton<AgentsTelemetry>();

        builder.Services.AddModuleDbContext<AgentsDb>(AgentsDb.SchemaName, Placement.WithTenant);
        builder.Services.AddOwnedIds<AgentId>(AgentsDb.SchemaName, "agents", "id");
        builder.Services.AddSingleton<DefinitionReader>();
        builder.Services.AddSingleton<AgentStore>();
        builder.Services.AddSingleton<IProjectThings, AgentsInProjects>();
        builder.Services.AddSingleton<IQuota, AgentsQuota>();
        builder.Services.AddSingleton<DemoAgent>();

        builder.Services.AddSingleton<PolicyStore>();
        builder.Services.AddSingleton<PolicyTests>();
        builder.Services.AddSingleton<ISubjectData, AgentsSubjectData>();

        builder.Services.AddSingleton<ITool, ReadUntrustedTool>();
        builder.Services.AddSingleton<IToolSampler, ModelSampler>();

        builder.Services.AddSingleton<IRunProgram, AgentProgram>();
        builder.Services.AddSingleton<RunStarter>();
        builder.Services.AddSingleton<IRunUpgrader>(static services => services.GetRequiredService<RunStarter>());
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        ArgumentNullException.ThrowIfNull(api);
        AgentEndpoints.Map(api);
        RunEndpoints.Map(api);
        PolicyEndpoints.Map(api);
    }
}
