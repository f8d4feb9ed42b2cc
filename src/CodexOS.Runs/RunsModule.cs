using System.Net;
using System.Net.Sockets;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Endpoints;
using CodexOS.Runs.Execution;
using CodexOS.Runs.Journal;
using CodexOS.Runs.Queries;
using CodexOS.Runs.Scheduling;
using CodexOS.Runs.Storage;
using CodexOS.Runs.Watching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

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
        services.AddModuleDbContext<RunsDbContext>(RunsDbContext.SchemaName);

        services.AddSingleton<IJournal>(provider =>
        {
            BatchedJournal journal = provider.GetRequiredService<Database>().Dialect is SqlDialect.Sqlite
                ? ActivatorUtilities.CreateInstance<SqliteJournal>(provider)
                : ActivatorUtilities.CreateInstance<PostgresJournal>(provider);
            journal.Start();
            return journal;
        });
        services.AddSingleton<IAppendQueue>(provider => provider.GetRequiredService<IJournal>());
        services.AddSingleton<RunPayloads>();
        services.AddSingleton<RunFeed>();
        services.AddSingleton<RunQueries>();
        services.AddSingleton<RunCounts>();
        services.AddSingleton(StepScheduler.Pool);
        services.AddSingleton<StepPerformer>();
        services.AddSingleton<IEffectHandler, ChildRunHandler>();
        services.AddSingleton<IRunMailboxes, GrainMailboxes>();
        services.AddSingleton<ChildRuns>();
        services.AddSingleton<RunSessions>();
        services.AddSingleton<RunForks>();
        services.AddSingleton<RunHistoryQueries>();
        services.TryAddSingleton<ITenantQuotas, OptionQuotas>();
        services.AddSingleton<StepSlots>();
        services.AddSingleton<IStepSlots>(provider => provider.GetRequiredService<StepSlots>());
        services.AddSingleton<RunAdmission>();
        services.AddSingleton<RunEngine>();
        services.AddSingleton<EngineLease>();
        services.AddSingleton<RunsService>();
        services.AddSingleton<IRuns>(provider => provider.GetRequiredService<RunsService>());

        // The lease comes before the silo, and the silo before the recovery that uses it.
        services.AddHostedService<LeaseAtStart>();
        builder.UseOrleans(ConfigureSilo);
        services.AddHostedService<RunRecovery>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        api.MapRuns();
        api.MapLoad();
        api.MapRunControl();
        api.MapRunHistory();
    }

    private static void ConfigureSilo(ISiloBuilder silo)
    {
        // One silo that nobody outside reaches: its ports are free ones on the loopback address.
        var (siloPort, gatewayPort) = (FreePort(), FreePort());
        silo.UseLocalhostClustering(siloPort, gatewayPort, new IPEndPoint(IPAddress.Loopback, siloPort));
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
        // Room for a million grains' places is taken at once by default; with one silo there is nothing to look up.
        silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = 10_000);
        silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromMinutes(2));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class LeaseAtStart(EngineLease lease) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => lease.TakeAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
