using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Scalar.AspNetCore;

namespace CodexOS.Api;

/// <summary>
/// The API's description for programs (<c>/openapi/v1.json</c>) and for people (<c>/docs</c>). Both are files inside the
/// program: the document is the one of the repository, which a test holds against the endpoints.
/// </summary>
internal static class ApiPages
{
    /// <summary>The name under which the document is embedded.</summary>
    public const string DocumentName = "openapi.json";

    private const string ScriptUrl = "/docs/scalar.js";
    private const string Settings =
        """
        {
          "url": "/openapi/v1.json", "withDefaultFonts": false, "hideClientButton": true, "telemetry": false,
          "showDeveloperTools": "never", "authentication": { "preferredSecurityScheme": "bearer" },
          "agent": { "disabled": true }, "mcp": { "disabled": true }
        }
        """;

    // The page is the same every time, so the hash of its one inline script stands in the policy.
    private const string Start = $"Scalar.createApiReference('#app', {Settings})";

    private static readonly string s_page =
        $"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>CodexOS API</title>
          <link rel="icon" href="/icon.svg">
        </head>
        <body>
          <div id="app"></div>
          <script src="{ScriptUrl}"></script>
          <script>{Start}</script>
        </body>
        </html>
        """;

    /// <summary>The page writes styles into itself; its scripts are known, and it reaches this server alone.</summary>
    private static readonly string s_policy =
        $"default-src 'none'; script-src 'self' 'sha256-{Hash(Start)}'; style-src 'self' 'unsafe-inline'; "
        + "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; form-action 'none'; "
        + "frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Maps the pages.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        pages.MapGet("/openapi/v1.json", context =>
            SendAsync(context, typeof(ApiPages).Assembly, DocumentName, "application/json"));
        pages.MapGet(ScriptUrl, context =>
            SendAsync(context, ScalarAssembly(), "ScalarStaticAssets.scalar.js", "text/javascript; charset=utf-8"));
        pages.MapGet("/docs", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            context.Response.Headers.ContentSecurityPolicy = s_policy;
            return context.Response.WriteAsync(s_page, context.RequestAborted);
        });
    }

    private static async Task SendAsync(HttpContext context, Assembly assembly, string name, string type)
    {
        await using var file = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not part of this build.");
        context.Response.ContentType = type;
        context.Response.Headers.CacheControl = "no-cache";
        var first = file.ReadByte();
        file.Position = 0;
        // Scalar ships its script compressed; every browser takes it as it is.
        if (first == 0x1F) context.Response.Headers.ContentEncoding = "gzip";
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Loaded when someone opens the page, not when the server starts.</summary>
    private static Assembly ScalarAssembly() => typeof(ScalarOptions).Assembly;

    private static string Hash(string script) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
}
