using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Execution;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Placement;

namespace CodexOS.Runs.Cluster;

/// <summary>
/// Sets Orleans up: one silo on the loopback address with SQLite, a member among others with PostgreSQL. Orleans places
/// runs, delivers calls to them and notices dead members. It keeps nothing.
/// </summary>
internal static class NodeSilo
{
    /// <summary>One database is one cluster.</summary>
    public const string ClusterName = "codexos";

    private const int FreePortTriesMax = 100;

    /// <summary>Adds the silo to the process that is being built.</summary>
    public static void Add(IHostApplicationBuilder builder)
    {
        var roles = ProcessRoles.Of(builder);
        var database = builder.Configuration.GetSection(DatabaseOptions.Section)[nameof(DatabaseOptions.Provider)];
        builder.UseOrleans(silo =>
        {
            if (database == "postgres") UseMembershipInDatabase(silo);
            else UseOneSilo(silo);
            silo.Services.AddSingleton<IConfigureOptions<ClusterMembershipOptions>, Membership>();
            silo.Services.AddSingleton<IFatalErrorHandler, EndWhenDead>();
            silo.Services.AddPlacementFilter<StayingStrategy, StayingDirector>(ServiceLifetime.Singleton);

            // The older directory ends what runs on healthy members when the member that had noted its place leaves; this one
            // notes it anew.
#pragma warning disable ORLEANSEXP003 // It is called experimental; what it is relied on for is tested with processes.
            silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

            // Room for a million grains' places is taken at once by default; a node drives far fewer runs than that.
            silo.Configure<GrainDirectoryOptions>(directory =>
            {
                directory.CacheSize = 10_000;
                // Nor need a dead member's runs wait until it has surely noticed: the journal keeps it from them.
                directory.RangeLeaseDuration = TimeSpan.Zero;
            });
            // A message may come to a run that is just being let go of, more than once.
            silo.Configure<SiloMessagingOptions>(messaging => messaging.MaxForwardCount = 16);
            silo.Configure<GrainCollectionOptions>(collection => collection.CollectionAge = TimeSpan.FromMinutes(2));
            silo.Services.AddOptions<SiloOptions>().Configure<NodeOptions>((given, node) =>
                given.SiloName = node.Name ?? $"{Environment.MachineName}-{Environment.ProcessId}");
            // What a member does not offer is never placed on it.
            if (!roles.DrivesRuns)
                silo.Services.PostConfigure<GrainTypeOptions>(types => types.Classes.Remove(typeof(RunGrain)));
        });
    }

    /// <summary>One silo that nobody outside reaches.</summary>
    private static void UseOneSilo(ISiloBuilder silo)
    {
        var port = FreePort(IPAddress.Loopback);
        silo.UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, port));
        silo.Configure<EndpointOptions>(endpoints => endpoints.AdvertisedIPAddress = IPAddress.Loopback);
    }

    private static void UseMembershipInDatabase(ISiloBuilder silo)
    {
        silo.UseAdoNetClustering(clustering => clustering.Configure<Database>((given, database) =>
        {
            given.Invariant = "Npgsql";
            given.ConnectionString = new NpgsqlConnectionStringBuilder(database.PostgresConnectionString)
            {
                SearchPath = "runs_cluster",
                MaxPoolSize = 4,
                ApplicationName = "codexos cluster",
                // A member that cannot read the table for a while must not wait for longer than a probe takes.
                Timeout = 5,
                CommandTimeout = 5,
            }.ConnectionString;
        }));
        silo.Services.AddSingleton<IConfigureOptions<EndpointOptions>, Endpoints>();
        silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (ClusterName, ClusterName));
    }

    /// <summary>
    /// A free port below those that the system gives to outgoing connections: one of them could be taken between this look
    /// and the silo's start.
    /// </summary>
    private static int FreePort(IPAddress address)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
                return port;
            }
            catch (SocketException) when (attempt < FreePortTriesMax)
            {
                // Somebody listens there.
            }
        }
    }

    /// <summary>Where other members reach this one. There are no clients from outside, so there is no gateway.</summary>
    private sealed class Endpoints(NodeOptions node) : IConfigureOptions<EndpointOptions>
    {
        public void Configure(EndpointOptions options)
        {
            options.AdvertisedIPAddress = IPAddress.Parse(node.Address);
            options.SiloPort = node.Port != 0 ? node.Port : FreePort(options.AdvertisedIPAddress);
            options.GatewayPort = 0;
        }
    }

    private sealed class Membership(NodeOptions node) : IConfigureOptions<ClusterMembershipOptions>
    {
        public void Configure(ClusterMembershipOptions options)
        {
            options.ProbeTimeout = node.ProbeTimeout;
            options.NumMissedProbesLimit = node.ProbesMissedMax;
            options.NumVotesForDeathDeclaration = node.DeathVotes;
            options.TableRefreshTimeout = node.TableRefreshInterval;
            options.IAmAliveTablePublishTimeout = node.AliveInterval;
            options.MaxJoinAttemptTime = node.JoinTimeMax;
            options.DefunctSiloExpiration = TimeSpan.FromDays(1);
        }
    }
}
