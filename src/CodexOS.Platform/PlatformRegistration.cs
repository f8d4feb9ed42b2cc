using CodexOS.Platform.Blobs;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Health;
using CodexOS.Platform.Http;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Service;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Telemetry;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Platform;

/// <summary>Registers what every module stands on.</summary>
public static class PlatformRegistration
{
    /// <summary>Clock, tenant, data directory, database, blobs, JSON, problem details, health and telemetry.</summary>
    public static void AddPlatform(this IHostApplicationBuilder builder, DataDirectory data)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(data);
        services.AddSingleton<TenantContext>();
        services.AddSingleton<TenantPlaces>();
        services.AddSingleton<PlaceChanges>();
        services.AddSingleton<IMovingTenants>(static provider => provider.GetRequiredService<TenantPlaces>());
        services.AddHostedService(static provider => provider.GetRequiredService<TenantPlaces>());
        services.AddSingleton<Owners>();

        services.AddValidated<DatabaseOptions>(DatabaseOptions.Section);
        services.AddSingleton<Database>();
        services.AddSingleton<DatabaseMigrator>();
        services.AddMigrations("platform", typeof(PlatformRegistration).Assembly);
        services.AddSingleton<FileBlobStore>();
        services.AddSingleton<IBlobStore>(static provider => provider.GetRequiredService<FileBlobStore>());
        services.AddSingleton<IBlobRemoval>(static provider => provider.GetRequiredService<FileBlobStore>());
        services.AddSingleton<IBlobListing>(static provider => provider.GetRequiredService<FileBlobStore>());

        services.AddValidated<EgressOptions>(EgressOptions.Section);
        services.AddSingleton<EgressTelemetry>();
        services.AddSingleton<IResolver, SystemResolver>();
        services.AddSingleton<OptionSecrets>();
        services.AddSingleton<ISecretStore>(static provider => provider.GetRequiredService<OptionSecrets>());
        services.AddSingleton<ISecretSource, SecretSources>();
        services.AddSingleton<IEgress, EgressDoor>();

        services.ConfigureHttpJsonOptions(json => Json.Apply(json.SerializerOptions));
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = Problems.Complete);
        services.AddExceptionHandler<ExceptionAnswers>();

        services.AddValidated<HealthOptions>(HealthOptions.Section);
        services.AddSingleton<IReadiness, DatabaseReadiness>();
        services.AddSingleton<IReadiness, DiskReadiness>();
        services.AddSingleton<ISystemFact, VersionFact>();
        services.AddSingleton<ISystemFact, DatabaseFact>();
        services.AddSingleton<ISystemFact, IsolationFact>();

        services.AddValidated<ServiceOptions>(ServiceOptions.Section);
        services.AddSingleton<ServiceModes>();
        services.AddHostedService(static provider => provider.GetRequiredService<ServiceModes>());
        services.AddSingleton<TenantQuotas>();
        services.AddHostedService(static provider => provider.GetRequiredService<TenantQuotas>());

        builder.AddTelemetry();
    }

    /// <summary>Maps the endpoints that belong to no module.</summary>
    public static void MapPlatform(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        HealthEndpoints.Map(app);
        app.MapMetrics();
        var api = app.MapGroup("/api/v1");
        SystemEndpoints.Map(api);
        QuotaEndpoints.Map(api);
    }

    /// <summary>Brings the database up to date; nothing may be served before.</summary>
    /// <exception cref="InvalidOperationException">A migration failed; the start must not go on.</exception>
    public static Task MigrateDatabaseAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.Services.GetRequiredService<DatabaseMigrator>().MigrateAsync(cancellationToken);
    }

    /// <summary>Turns away what the present service mode does not serve.</summary>
    public static void UseServiceMode(this IApplicationBuilder app) => app.UseMiddleware<ServiceGate>();

    /// <summary>Refuses callers who may not do what the endpoint does; everyone else enters their tenant.</summary>
    public static void UsePermissions(this IApplicationBuilder app) => app.UseMiddleware<PermissionMiddleware>();
}
