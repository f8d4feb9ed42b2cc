using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using CodexOS.Platform.Http;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CodexOS.Platform.Telemetry;

/// <summary>
/// Traces, metrics and logs. Every <c>ActivitySource</c> and <c>Meter</c> whose name begins with <c>CodexOS.</c> is heard
/// without further ado.
/// </summary>
internal static class TelemetryRegistration
{
    private const string Ours = "CodexOS.";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Services.AddValidated<TelemetryOptions>(TelemetryOptions.Section);
        var options = builder.Configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new();
        AddLogs(builder, options);
        AddMetricsAndTraces(builder.Services, options);
    }

    public static void MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapPrometheusScrapingEndpoint("/metrics").RequirePermission("system:read").WithMetadata(LocalMayRead);

    /// <summary>Lets a scraper on this machine through without signing in; a proxy's callers are not on this machine.</summary>
    private static AnonymousWhen LocalMayRead { get; } = new(context =>
        context.RequestServices.GetRequiredService<IOptions<TelemetryOptions>>().Value.MetricsOpen
        || (context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && !context.Request.Headers.ContainsKey("X-Forwarded-For")
            && !context.Request.Headers.ContainsKey("X-Original-For")
            && !context.Request.Headers.ContainsKey("Forwarded")));

    private static void AddLogs(IHostApplicationBuilder builder, TelemetryOptions options)
    {
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        var text = options.LogFormat == "text" || (options.LogFormat == "auto" && !Console.IsOutputRedirected);
        builder.Logging.AddConsoleFormatter<EcsConsoleFormatter, ConsoleFormatterOptions>();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.AddConsole(console =>
        {
            console.FormatterName = text ? ConsoleFormatterNames.Simple : EcsConsoleFormatter.FormatterName;
            // A reader that does not read must not stop the server.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        if (options.OtlpEndpoint is { } endpoint)
        {
            builder.Logging.AddOpenTelemetry(logs =>
            {
                logs.IncludeScopes = true;
                logs.AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint));
            });
        }
    }

    private static void AddMetricsAndTraces(IServiceCollection services, TelemetryOptions options)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("codexos", serviceVersion: VersionFact.Version))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(
                    $"{Ours}*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http",
                    "Npgsql");
                metrics.AddRuntimeInstrumentation();
                metrics.AddView(Bounded);
                metrics.AddPrometheusExporter();
                if (options.OtlpEndpoint is { } endpoint)
                    metrics.AddOtlpExporter(otlp => otlp.Endpoint = new Uri(endpoint));
            });

        if (options.OtlpEndpoint is { } tracesEndpoint)
        {
            telemetry.WithTracing(traces => traces
                .AddSource($"{Ours}*")
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TracesRatio)))
                .AddAspNetCoreInstrumentation(http => http.Filter = IsWorthATrace)
                .AddHttpClientInstrumentation()
                .AddOtlpExporter(otlp => otlp.Endpoint = new Uri(tracesEndpoint)));
        }
        else
        {
            services.AddHostedService<TraceIds>();
        }
    }

    /// <summary>The room for all combinations of an instrument's tags is taken at once, so it is no larger than needed.</summary>
    private static MetricStreamConfiguration Bounded(Instrument instrument) => new()
    {
        CardinalityLimit = instrument.Meter.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) ? 500 : 100,
    };

    private static bool IsWorthATrace(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal);

    /// <summary>
    /// Where no traces are sent, activities are still made so that log lines and problems carry a trace id; nothing
    /// further is recorded.
    /// </summary>
    private sealed class TraceIds : IHostedService, IDisposable
    {
        private readonly ActivityListener _listener = new()
        {
            ShouldListenTo = source => source.Name.StartsWith(Ours, StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.PropagationData,
        };

        public Task StartAsync(CancellationToken cancellationToken)
        {
            ActivitySource.AddActivityListener(_listener);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() => _listener.Dispose();
    }
}
