using CodexOS.Platform.OpenApi;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CodexOS.Docs;

/// <summary>Makes the API document from the endpoints of a running server. Only the generator's own server can.</summary>
internal static class ApiDocumentText
{
    /// <summary>Registers the generator; here, because the call makes the compiler read the comments of all modules.</summary>
    public static void AddGenerator(IServiceCollection services) =>
        services.AddOpenApi(ApiDocument.Name, options => ApiDocument.Configure(options));

    /// <summary>The document as text.</summary>
    public static async Task<string> MakeAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var provider = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(ApiDocument.Name);
        var document = await provider.GetOpenApiDocumentAsync(cancellationToken);
        return await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken);
    }
}
