using CodexOS.Platform.Installation;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Exports;
using CodexOS.Sandbox.Interpreters;
using CodexOS.Sandbox.Programs;
using CodexOS.Sandbox.Storage;
using CodexOS.Sandbox.Tools;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Sandbox;

/// <summary>Isolated execution, file workspaces, and the tools that need them.</summary>
public sealed class SandboxModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidated<SandboxOptions>(SandboxOptions.Section);
        services.AddValidation();
        services.AddSingleton<SandboxTelemetry>();
        services.AddModuleDbContext<SandboxDbContext>(SandboxDbContext.SchemaName, Placement.WithTenant);
        services.AddSingleton<IQuota, WorkspacesQuota>();
        services.AddSingleton<IQuota, WorkspaceBytesQuota>();
        services.AddOwnedIds<WorkspaceId>(SandboxDbContext.SchemaName, "workspaces", "workspace_id");

        // Execution
        services.AddSingleton<ISandbox, LocalSandbox>();
        services.AddSingleton<ISystemFact, SandboxFact>();
        services.AddSingleton<IProgramHost, ProgramHost>();

        // Interpreters
        services.AddSingleton<InterpreterKeeper>();
        services.AddHostedService(static provider => provider.GetRequiredService<InterpreterKeeper>());
        services.AddSingleton<IEffectHandler, InterpreterEnd>();

        // Workspaces
        services.AddSingleton<WorkspacePlaces>();
        services.AddSingleton<WorkspaceLocks>();
        services.AddSingleton<WorkspaceSpace>();
        services.AddSingleton<WorkspaceChanges>();
        services.AddSingleton<WorkspaceMaker>();
        services.AddSingleton<WorkspaceDirectory>();
        services.AddSingleton<IProjectThings, WorkspacesInProjects>();
        services.AddSingleton<IWorkspaces>(static provider => provider.GetRequiredService<WorkspaceDirectory>());
        services.AddSingleton<IEffectHandler, WorkspaceRestore>();
        services.AddSingleton<IForkParticipant, WorkspaceFork>();
        services.AddSingleton<Samples>();
        services.AddSingleton<Git>();
        services.AddHostedService<WorkspaceSweep>();

        // Exports
        services.AddSingleton<ExportStore>();
        services.AddSingleton<IRunProgram, ExportProgram>();
        services.AddSingleton<IEffectHandler, ExportHandler>();
        services.AddHostedService<ExportSweep>();

        // Tools
        services.AddSingleton<WorkspaceTools>();
        services.AddSingleton<IWorkspaceWriter, WorkspaceWriter>();
        services.AddSingleton<ITool, ListFilesTool>();
        services.AddSingleton<ITool, ReadFileTool>();
        services.AddSingleton<ITool, SearchFilesTool>();
        services.AddSingleton<ITool, WriteFileTool>();
        services.AddSingleton<ITool, EditFileTool>();
        services.AddSingleton<ITool, ApplyPatchTool>();
        services.AddSingleton<CodeRunner>();
        services.AddSingleton<ITool, ShellTool>();
        services.AddSingleton<ITool, PythonTool>();
        services.AddSingleton<ITool, NodeTool>();
        services.AddSingleton<ITool, RunTestsTool>();
        services.AddSingleton<ITool, GitDiffTool>();
        services.AddSingleton<ITool, GitCommitTool>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        WorkspaceEndpoints.Map(api);
        ExportEndpoints.Map(api);
    }
}
