using CodexOS.Platform.Installation;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace CodexOS.Platform.OpenApi;

/// <summary>Describes the answer of <c>GET /api/v1/system</c>, whose members the modules contribute.</summary>
internal static class SystemSchema
{
    private const string Name = "SystemFacts";

    public static async Task DescribeAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var schema = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal),
            Required = new HashSet<string>(StringComparer.Ordinal),
        };
        foreach (var fact in context.ApplicationServices.GetServices<ISystemFact>())
        {
            schema.Properties[fact.Name] = await context.GetOrCreateSchemaAsync(fact.ValueType, null, cancellationToken);
            schema.Required.Add(fact.Name);
        }

        document.AddComponent(Name, schema);
        var response = document.Paths["/api/v1/system"].Operations![HttpMethod.Get].Responses!["200"];
        response.Content!["application/json"].Schema = new OpenApiSchemaReference(Name, document);
    }
}
