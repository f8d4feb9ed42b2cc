using CodexOS.Platform.Blobs;
using CodexOS.Platform.Health;
using CodexOS.Platform.Http;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Bulk;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Endpoints;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Moves;
using CodexOS.Runs.Privacy;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Retention;
using CodexOS.Runs.Scheduling;
using CodexOS.Runs.Storage;
using CodexOS.Runs.Watching;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodexOS.Runs;

/// <summary>The durable engine.</summary>
public sealed class RunsModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidation();
        services.AddValidated<RunsOptions>(RunsOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<RunsOptions>>().Value);
        services.AddModuleDbContext<RunsDbContext>(RunsDbContext.SchemaName, Placement.WithTenant);
        services.AddOwnedIds<RunId>(RunsDbContext.SchemaName, "runs", "run_id");
        services.AddOwnedIds<ApprovalId>(RunsDbContext.SchemaName, "approvals", "approval_id");

        services.AddSingleton<IJournal>(provider =>
        {
            BatchedJournal journal = provider.GetRequiredService<Database>().Dialect is SqlDialect.Sqlite
                ? ActivatorUtilities.CreateInstance<SqliteJournal>(provider)
                : ActivatorUtilities.CreateInstance<PostgresJournal>(provider);
            journal.Archives = provider.GetRequiredService<RunArchives>();
            journal.Start();
            return journal;
        });
        services.AddSingleton<IAppendQueue>(provider => provider.GetRequiredService<IJournal>());
        services.AddSingleton<RunArchives>();
        services.AddSingleton<RunPayloads>();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<RunQueries>();
        services.AddSingleton<IRunThings, RunThings>();
        services.AddSingleton<RunCounts>();
        services.AddSingleton(StepScheduler.Pool);
        services.AddSingleton<StepPerformer>();
        services.AddSingleton<IEffectHandler, ChildRunHandler>();
        services.AddSingleton<BulkQueries>();
        services.AddSingleton<IRunProgram, BulkProgram>();
        services.AddSingleton<IEffectHandler, BulkHandler>();
        services.AddSingleton(static provider => OptionRetention.DefaultsOf(provider.GetRequiredService<RunsOptions>()));
        services.TryAddSingleton<IRetentionPolicies, OptionRetention>();
        services.AddSingleton<RunArchiver>();
        services.AddSingleton<RunBlobs>();
        services.AddSingleton<IBlobWitness>(static provider => provider.GetRequiredService<RunBlobs>());
        services.AddSingleton<BlobTrash>();
        services.AddSingleton<BlobSweep>();
        services.AddSingleton<Partitions>();
        services.AddSingleton<RetentionRuns>();
        services.AddSingleton<IRunProgram, RetentionProgram>();
        services.AddSingleton<IEffectHandler, RetentionHandler>();
        services.AddSingleton<ISubjectData, RunSubjectData>();

        // Moves of tenants to another database: begin → copy → switch → clean
        services.AddSingleton<TenantMoves>();
        services.AddSingleton<MoveSwitch>();
        services.AddSingleton<Shards>();
        services.AddSingleton<IRunProgram, MoveProgram>();
        services.AddSingleton<IEffectHandler, MoveHandler>();
        services.AddHostedService<MoveKeeper>();

        services.AddSingleton<IRunMailboxes, GrainMailboxes>();
        services.AddSingleton<ChildRuns>();
        services.AddSingleton<RunSessions>();
        services.AddSingleton<RunForks>();
        services.AddSingleton<RunHistoryQueries>();
        services.AddSingleton<IQuota, ActiveRunsQuota>();
        services.TryAddSingleton<ITenantQuotas, SetQuotas>();
        services.AddSingleton<StepSlots>();
        services.AddSingleton<IStepSlots>(provider => provider.GetRequiredService<StepSlots>());
        services.AddSingleton<RunAdmission>();
        services.AddSingleton(provider => new RunOwner(provider.GetRequiredService<Node>().Owner));
        services.AddSingleton<RunEngine>();
        services.AddSingleton<RunSweep>();
        services.AddSingleton<RunKeys>();
        services.AddSingleton<RunsService>();
        services.AddSingleton<IRuns>(provider => provider.GetRequiredService<RunsService>());

        // Watching
        services.AddSingleton<RunFollower>();
        services.AddSignalR(hub => hub.EnableDetailedErrors = false)
            .AddJsonProtocol(json => Json.Apply(json.PayloadSerializerOptions));

        // The cluster: a node is on the list before its silo joins, and leaves it when the silo has left.
        services.AddValidated<NodeOptions>(NodeOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<NodeOptions>>().Value);
        services.TryAddSingleton(ProcessRoles.Of(builder));
        services.AddSingleton<Node>();
        services.AddSingleton<ClusterBus>();
        services.AddSingleton<Nodes>();
        services.AddSingleton<ClusterView>();
        services.AddSingleton<RunRelay>();
        services.AddSingleton<IReadiness, DrainReadiness>();
        services.AddOptions<HostOptions>().PostConfigure<NodeOptions>((host, node) =>
            host.ShutdownTimeout += node.DrainTimeout);
        services.AddHostedService(provider => provider.GetRequiredService<ClusterBus>());
        services.AddHostedService(provider => provider.GetRequiredService<Nodes>());
        NodeSilo.Add(builder);
        services.AddHostedService<RunRecovery>();
        services.AddHostedService<RetentionTimer>();
        services.AddHostedService<BlobSweepTimer>();
        services.AddHostedService(provider => provider.GetRequiredService<RunRelay>());
        services.AddHostedService<NodeDrain>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        api.MapRuns();
        api.MapLoad();
        api.MapRunControl();
        api.MapRunHistory();
        api.MapBulk();
        api.MapRetention();
        api.MapMoves();
        api.MapCluster();
    }

    /// <inheritdoc />
    public void MapBeside(IEndpointRouteBuilder routes) =>
        routes.MapHub<RunHub>(RunHub.Path).RequirePermissionSomewhere(RunThings.Read).DisableRequestTimeout();
}
