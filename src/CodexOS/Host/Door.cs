using System.IO.Compression;
using CodexOS.Identity.Contracts;
using CodexOS.Limits;
using CodexOS.Platform;
using CodexOS.Platform.Http;
using CodexOS.Platform.Options;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace CodexOS.Host;

/// <summary>What every request passes on its way in: limits, exception answers, headers, routing, sign-in, permission.</summary>
internal static class Door
{
    /// <summary>Registers the web server and its limits.</summary>
    public static void Add(WebApplicationBuilder builder, ServerOptions server)
    {
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseUrls(server.Url);
        builder.Services.AddRouting();
        builder.Services.AddValidation();
        builder.Services.AddValidated<ProxyOptions>(ProxyOptions.Section);
        builder.Services.AddValidated<RateLimitOptions>(RateLimitOptions.Section);
        RateLimits.Add(builder.Services);
        builder.Services.AddSingleton<RefusalLog>();
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = server.BodyBytesMax;
            kestrel.Limits.MaxRequestHeadersTotalSize = server.HeaderBytesMax;
            kestrel.Limits.MaxRequestHeaderCount = 100;
            kestrel.Limits.MaxRequestLineSize = 8_192;
            kestrel.Limits.MaxConcurrentConnections = server.ConnectionsMax;
            kestrel.Limits.MaxConcurrentUpgradedConnections = server.ConnectionsMax;
            kestrel.Limits.RequestHeadersTimeout = server.HeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = server.ShutdownTimeout);
        builder.Services.AddRequestTimeouts(timeouts => timeouts.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = server.RequestTimeout,
            TimeoutStatusCode = StatusCodes.Status504GatewayTimeout,
        });
        builder.Services.AddResponseCompression(compression => compression.MimeTypes =
            ["application/json", "application/problem+json", "application/yaml", "text/plain"]);
        builder.Services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        builder.Services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
    }

    /// <summary>
    /// Lays the pipeline. Forwarded headers are read where proxies are named that may write them, and nowhere else: a client
    /// could write them.
    /// </summary>
    public static void Use(WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value;
        if (proxies.TrustedProxies.Length > 0) app.UseForwardedHeaders(proxies.ToForwardedHeaders());
        app.UseMiddleware<RefusedRequests>();
        app.UseResponseCompression();
        app.UseExceptionHandler();
        app.UseMiddleware<SecurityHeaders>();
        app.UseStatusCodePages(context => Problems.WriteStatusAsync(context.HttpContext));
        app.UseMiddleware<AddressLimit>();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseMiddleware<StreamsHaveNoTimeout>();
        app.UseIdentity();
        app.UseMiddleware<CallerLimit>();
        app.UseServiceMode();
        app.UsePermissions();
        app.UseMiddleware<ForeignIds>();
    }
}

/// <summary>An event stream lasts as long as its client listens.</summary>
internal sealed class StreamsHaveNoTimeout(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase))
            context.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        return next(context);
    }
}

/// <summary>Headers that every answer carries; pages of the web UI add their own content security policy.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string NothingMayLoad = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        headers["X-Permitted-Cross-Domain-Policies"] = "none";
        headers.XFrameOptions = "DENY";
        // Encryption ends at a proxy, which says so; a browser that has once come encrypted stays so for a
        // year, below this host's name too.
        if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        headers.ContentSecurityPolicy = NothingMayLoad;
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)) headers.CacheControl = "no-store";
        return next(context);
    }
}
