using System.Collections.Frozen;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Cli.Contracts;
using CodexOS.Host;
using CodexOS.Platform;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using CodexOS.Trust;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Testing.Chaos;

/// <summary>What a node is started with.</summary>
/// <param name="Name">Who asks the ledger.</param>
/// <param name="Data">Its data directory.</param>
/// <param name="Ledger">The ledger's socket.</param>
/// <param name="Whole">Every module, or only the engine on the platform, which starts in a fraction of the time.</param>
/// <param name="ClockOffset">How far its wall clock is off.</param>
/// <param name="Settings">Settings, each <c>Section:Name=value</c>.</param>
internal sealed record NodeArguments(
    string Name, string Data, string Ledger, bool Whole, TimeSpan ClockOffset, IReadOnlyList<string> Settings)
{
    /// <summary>As a command line.</summary>
    public IEnumerable<string> Write() =>
    [
        "chaos-node", Name, Data, Ledger, Whole ? "whole" : "engine",
        ClockOffset.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture), .. Settings,
    ];

    /// <summary>Reads the words after <c>chaos-node</c>.</summary>
    public static NodeArguments Read(string[] words) => new(
        words[0],
        words[1],
        words[2],
        words[3] == "whole",
        Milliseconds(words[4]),
        words[5..]);

    /// <summary>Reads a time that may be negative.</summary>
    public static TimeSpan Milliseconds(string text) =>
        TimeSpan.FromMilliseconds(double.Parse(text, CultureInfo.InvariantCulture));
}

/// <summary>
/// The process that a campaign kills: a real server with one more program and one handler for each repeat class. It says
/// <c>ready URL OWNER</c> when it accepts requests, and ends with its input, so that it never outlives the campaign.
/// </summary>
internal static class NodeHost
{
    /// <summary>The tenant of every run of a campaign.</summary>
    public static TenantId Tenant { get; } = new(new Guid("0198c0de-0000-7000-8000-00000000c405"));

    public static async Task<int> RunAsync(NodeArguments node)
    {
        _ = Task.Run(async () =>
        {
            await Console.In.ReadToEndAsync();
            Environment.Exit(0);
        });
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            stop.Cancel();
        });
        var clock = new JumpingClock(node.ClockOffset);
        var options = new ServeOptions(
            new Uri("http://127.0.0.1:0"), node.Data, [],
            [.. node.Settings.Select(text => text.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1]))]);
        try
        {
            if (node.Whole)
            {
                await using var server = await ServerHost.StartAsync(options, stop.Token, Adjust);
                SayReady(server.Url, server.Services);
                await server.WaitForShutdownAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await server.StopAsync(CancellationToken.None);
            }
            else
            {
                var (app, held) = await StartEngineAsync(options, Adjust, stop.Token);
                await using (held)
                await using (app)
                {
                    var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
                    SayReady(addresses.Addresses.First(), app.Services);
                    await app.WaitForShutdownAsync(stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    await app.StopAsync(CancellationToken.None);
                }
            }

            return 0;
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            // The database may be down or full at this moment: the supervisor tries again.
            await Console.Error.WriteLineAsync($"node: {error}");
            return 2;
        }

        void Adjust(IServiceCollection services)
        {
            services.AddSingleton<TimeProvider>(clock);
            services.AddSingleton<IStartupFilter>(new CampaignDoor(clock));
            services.AddSingleton<IRunProgram, ChaosProgram>();
            foreach (var repeat in Enum.GetValues<RepeatClass>())
                services.AddSingleton<IEffectHandler>(new ChaosHandler(repeat, node.Ledger, node.Name));
        }
    }

    private static void SayReady(string url, IServiceProvider services) =>
        Console.WriteLine($"ready {url} {services.GetRequiredService<Node>().Owner}");

    /// <summary>
    /// The platform, the audit log and the engine alone, with their own database, migrations, Kestrel and endpoints.
    /// </summary>
    private static async Task<(WebApplication App, IAsyncDisposable Held)> StartEngineAsync(
        ServeOptions options, Action<IServiceCollection> adjust, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "codexos",
            ContentRootPath = AppContext.BaseDirectory,
        });
        ServerSettings.AddTo(builder.Configuration, options);
        var server = new ServerOptions();
        builder.Configuration.GetSection(ServerOptions.Section).Bind(server);
        var (data, held) = ServerSettings.OpenData(server);
        builder.AddPlatform(data);
        Door.Add(builder, server);
        new TrustModule().Add(builder);
        var runs = new RunsModule();
        runs.Add(builder);
        adjust(builder.Services);
        var app = builder.Build();
        app.UseExceptionHandler();
        app.UseRouting();
        app.UsePermissions();
        runs.Map(app.MapGroup("/api/v1"));
        await app.MigrateDatabaseAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        return (app, held);
    }

    /// <summary>
    /// Lets the campaign in without a sign-in, starts runs of its program, and moves the clock. Everything else goes
    /// through the server's own API.
    /// </summary>
    private sealed class CampaignDoor(JumpingClock clock) : IStartupFilter
    {
        private static readonly Caller s_campaign = new(
            Tenant,
            new UserId(Tenant.Value),
            "campaign",
            FrozenSet.Create("runs:read", "runs:approve", "runs:cancel", "runs:control", "runs:write"));

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(HandleAsync);
            next(app);
        };

        private async Task HandleAsync(HttpContext context, RequestDelegate next)
        {
            context.Features.Set(s_campaign);
            if (context.Request.Path == "/chaos/runs") await StartRunAsync(context);
            else if (context.Request.Path == "/chaos/clock")
                clock.Offset = NodeArguments.Milliseconds(context.Request.Query["ms"]!);
            else await next(context);
        }

        private static async Task StartRunAsync(HttpContext context)
        {
            var asked = await context.Request.ReadFromJsonAsync<JsonElement>(context.RequestAborted);
            var nothing = JsonSerializer.SerializeToElement(new { });
            var started = await context.RequestServices.GetRequiredService<IRuns>().StartAsync(
                new RunStart(
                    Tenant, s_campaign.User, ChaosProgram.Name, "campaign", 1, "A campaign's run",
                    asked.GetProperty("input"), nothing,
                    new RunLimits(1_000, TimeSpan.FromDays(300), long.MaxValue, 0), RunLabels.None,
                    asked.GetProperty("key").GetString()),
                context.RequestAborted);
            context.Response.StatusCode = started.IsOk ? 200 : 503;
            await context.Response.WriteAsync(started.TryGet(out var run, out var fault) ? run.Id.ToString() : fault.Code);
        }
    }
}

/// <summary>
/// A wall clock that can be set, while timers and measured times go on as they are: what a step of the system's clock
/// does to a process.
/// </summary>
internal sealed class JumpingClock(TimeSpan offset) : TimeProvider
{
    private long _offsetTicks = offset.Ticks;

    public TimeSpan Offset
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _offsetTicks));
        set => Interlocked.Exchange(ref _offsetTicks, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
