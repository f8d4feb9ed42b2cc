using System.Collections.Immutable;
using CodexOS.Api;
using CodexOS.Cli.Contracts;
using CodexOS.Identity.Contracts;
using CodexOS.Platform;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace CodexOS.Host;

/// <summary>
/// One server process, from configuration to shutdown:
/// 1. read the settings, 2. take the data directory, 3. register platform and modules, 4. bring the database up to date,
/// 5. lay the request pipeline, 6. check that every endpoint says who may call it, 7. listen.
/// </summary>
internal sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FileStream _dataLock;

    private ServerHost(WebApplication app, DataDirectory data, FileStream dataLock, string url)
    {
        _app = app;
        _dataLock = dataLock;
        Data = data;
        Url = url;
    }

    /// <summary>Where the server listens, with the real port.</summary>
    public string Url { get; }

    /// <summary>Where it keeps everything.</summary>
    public DataDirectory Data { get; }

    /// <summary>The services of the running server.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a server; returns when it accepts requests.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="cancellationToken">Gives up the start.</param>
    /// <param name="adjust">Changes the registrations last; tests replace parts with it.</param>
    public static async Task<ServerHost> StartAsync(
        ServeOptions options, CancellationToken cancellationToken, Action<IServiceCollection>? adjust = null)
    {
        // 1. Settings
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "codexos",
            ContentRootPath = AppContext.BaseDirectory,
        });
        ServerSettings.AddTo(builder.Configuration, options);
        var server = ReadServerOptions(builder.Configuration);
        var (modules, roles) = Roles.Of(server.Role);
        roles.Set(builder);

        // 2. Data directory
        var (data, dataLock) = ServerSettings.OpenData(server);
        WebApplication? app = null;
        try
        {
            // 3. Platform and modules
            builder.AddPlatform(data);
            builder.Services.AddSingleton(roles);
            builder.Services.AddValidated<ServerOptions>(ServerOptions.Section);
            Door.Add(builder, server);
            var webRoot = server.WebRoot ?? Path.Combine(AppContext.BaseDirectory, "wwwroot");
            builder.Services.AddSingleton(_ => WebFiles.Read(webRoot));
            builder.Services.AddSingleton<ISetupAnnouncement, SetupAtTerminal>();
            foreach (var module in modules) module.Add(builder);
            adjust?.Invoke(builder.Services);
            app = builder.Build();

            // 4. Database and parts, beside the next two steps: neither needs anything of the other
            var parts = Task.Run(() => PrepareAsync(app, cancellationToken), cancellationToken);
            try
            {
                // 5. Pipeline
                Lay(app, modules, roles.OffersApi);

                // 6. Default deny
                EndpointRules.Check(app);
            }
            finally
            {
                await parts.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await parts;

            // 7. Listen
            await app.StartAsync(cancellationToken);
            var url = app.Services.GetRequiredService<IServer>().Features
                .Get<IServerAddressesFeature>()!.Addresses.First();
            ServerSettings.WriteLock(dataLock, url);
            return new ServerHost(app, data, dataLock, url);
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            await dataLock.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the process is asked to stop, then lets what is under way finish.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops serving and lets what is under way finish.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _dataLock.DisposeAsync();
    }

    /// <summary>Migrates the database, and then makes what is started later: that takes a while, and can fail.</summary>
    private static async Task PrepareAsync(WebApplication app, CancellationToken cancellationToken)
    {
        await app.MigrateDatabaseAsync(cancellationToken);
        _ = app.Services.GetServices<IHostedService>().ToList();
    }

    private static void Lay(WebApplication app, ImmutableArray<IModule> modules, bool offersApi)
    {
        Door.Use(app);
        app.MapPlatform();
        if (!offersApi) return;
        var api = app.MapGroup("/api/v1");
        ServiceModeEndpoints.Map(api);
        foreach (var module in modules)
        {
            module.Map(api);
            module.MapBeside(app);
        }

        ApiPages.Map(app);
        app.UseMiddleware<WebUi>();
    }

    private static ServerOptions ReadServerOptions(ConfigurationManager configuration)
    {
        var server = new ServerOptions();
        configuration.GetSection(ServerOptions.Section).Bind(server);
        var outcome = new DataAnnotationValidateOptions<ServerOptions>(null).Validate(null, server);
        return outcome.Failed
            ? throw new OptionsValidationException(ServerOptions.Section, typeof(ServerOptions), outcome.Failures)
            : server;
    }
}
