using System.Security.Cryptography;
using CodexOS.Platform.OpenApi;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace CodexOS.Api;

/// <summary>The API's description for programs (<c>/openapi/v1.json</c>) and for people (<c>/docs</c>).</summary>
internal static class ApiPages
{
    /// <summary>Registers the document; done here, because the call makes the compiler read all modules' comments.</summary>
    public static void Add(IServiceCollection services)
    {
        services.AddOpenApi(ApiDocument.Name, options => ApiDocument.Configure(options));
        services.AddSingleton<ApiDocumentText>();
    }

    /// <summary>Maps both pages.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/openapi/v1.json", async (ApiDocumentText text, CancellationToken cancellationToken) =>
                TypedResults.Text(await text.ReadAsync(cancellationToken), "application/json"))
            .AllowAnonymous().ExcludeFromDescription();

        routes.MapScalarApiReference("/docs", (options, context) =>
        {
            var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
            context.Response.Headers.ContentSecurityPolicy = Policy(nonce);
            options.WithTitle("CodexOS API")
                .WithOpenApiRoutePattern("/openapi/v1.json")
                .DisableDefaultFonts()
                .WithNonce(nonce)
                .DisableAgent()
                .DisableMcp();
            options.HideClientButton = true;
            options.Telemetry = false;
            options.ProxyUrl = null;
        }).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The page writes styles into itself; scripts come from here, and it reaches this server alone.</summary>
    private static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        + "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; form-action 'none'; frame-ancestors 'none'; "
        + "base-uri 'none'";
}

/// <summary>The document as text, made when it is first asked for: most servers are never asked.</summary>
internal sealed class ApiDocumentText(
    [FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private string? _text;

    /// <summary>Reads it.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (_text is not null) return _text;
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_text is not null) return _text;
            var document = await provider.GetOpenApiDocumentAsync(cancellationToken);
            return _text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
