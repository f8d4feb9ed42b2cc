using CodexOS.Platform.Installation;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CodexOS.Platform.OpenApi;

/// <summary>
/// What the OpenAPI document says beyond what the framework reads from the endpoints: who may call, what a problem looks
/// like, how ids look. It is complete enough to generate strict clients from.
/// </summary>
public static class ApiDocument
{
    /// <summary>The document's name, part of its address <c>/openapi/v1.json</c>.</summary>
    public const string Name = "v1";

    private const string BearerScheme = "bearer";

    /// <summary>Applies the conventions.</summary>
    public static void Configure(OpenApiOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description =>
            description.RelativePath?.StartsWith("api/", StringComparison.Ordinal) is true;
        options.AddSchemaTransformer(SchemaRules.ApplyAsync);
        options.AddOperationTransformer(OperationRules.ApplyAsync);
        options.AddDocumentTransformer(DescribeAsync);
    }

    /// <summary>Whether an endpoint asks for a signed-in caller.</summary>
    internal static bool NeedsCaller(IEnumerable<object> metadata) => !metadata.OfType<IAllowAnonymous>().Any();

    /// <summary>Points at the bearer scheme.</summary>
    internal static OpenApiSecurityRequirement BearerOf(OpenApiDocument document) =>
        new() { [new OpenApiSecuritySchemeReference(BearerScheme, document)] = [] };

    private static async Task DescribeAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "CodexOS",
            Version = VersionFact.Version,
            Description = "The HTTP API of CodexOS. Every error is a problem (RFC 9457) with a stable `code`.",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[BearerScheme] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The access token that POST /api/v1/auth/sign-in answers with, or an API key (cdx_…).",
        };
        await SystemSchema.DescribeAsync(document, context, cancellationToken);
        SchemaRules.RequireDiscriminators(document);
        SchemaRules.MakeNamedWhole(document);
        Sort(document);
    }

    /// <summary>The order of endpoints must not depend on anything but their names: the document is compared as text.</summary>
    private static void Sort(OpenApiDocument document)
    {
        var paths = document.Paths.OrderBy(path => path.Key, StringComparer.Ordinal).ToList();
        document.Paths.Clear();
        foreach (var (path, item) in paths) document.Paths[path] = item;
        if (document.Components?.Schemas is not { } schemas) return;
        var sorted = schemas.OrderBy(schema => schema.Key, StringComparer.Ordinal).ToList();
        schemas.Clear();
        foreach (var (name, schema) in sorted) schemas[name] = schema;
    }
}

/// <summary>Adds to each operation what its metadata says and the framework does not read.</summary>
internal static class OperationRules
{
    public static async Task ApplyAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var statuses = new List<(string Status, string Meaning)>();
        if (operation.RequestBody is not null || operation.Parameters?.Count > 0)
            statuses.Add(("400", "The input is not valid."));
        if (ApiDocument.NeedsCaller(metadata))
        {
            statuses.Add(("401", "Not signed in."));
            operation.Security = [ApiDocument.BearerOf(context.Document!)];
            var required = metadata.OfType<Http.RequiredPermission>().LastOrDefault();
            if (required?.Permission is { } permission)
            {
                var place = PlaceOf(required);
                if (required.TakesProject) (operation.Parameters ??= []).Add(ProjectParameter());
                statuses.Add(("403", $"The caller lacks the permission {permission}."));
                operation.Description = $"{operation.Description} Needs the permission `{permission}`{place}.".Trim();
            }

            if (metadata.OfType<Http.StepUpRequired>().Any())
            {
                statuses.Add(("403", "The second factor has to be given once more."));
                operation.Description = $"{operation.Description} Asks who has a second factor for it once more.".Trim();
            }

            if (required is { SessionOnly: true })
            {
                statuses.Add(("403", "An API key cannot do this."));
                operation.Description = $"{operation.Description} Refuses API keys.".Trim();
            }
        }

        var problem = await context.GetOrCreateSchemaAsync(typeof(ProblemDetails), null, cancellationToken);
        context.Document!.AddComponent("ProblemDetails", problem);
        operation.Responses ??= [];
        foreach (var (status, meaning) in statuses)
        {
            if (operation.Responses.ContainsKey(status)) continue;
            operation.Responses[status] = new OpenApiResponse
            {
                Description = meaning,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = new OpenApiSchemaReference("ProblemDetails", context.Document),
                    },
                },
            };
        }

        foreach (var parameter in context.Description.ParameterDescriptions)
        {
            if (operation.Parameters?.FirstOrDefault(given => given.Name == parameter.Name)?.Schema is OpenApiSchema schema
                && parameter.ParameterDescriptor?.ParameterType is { } type)
            {
                SchemaRules.DescribeId(schema, type);
            }
        }
    }

    private static string PlaceOf(Http.RequiredPermission required) => required switch
    {
        { Resource: { } named } => $", on all or on this {named.Kind}",
        { Through: not null } => ", for all or for the thing that this belongs to",
        { Somewhere: true } => ", on all or on some; others are not shown",
        { EnoughInProject: true } => ", for the tenant or in the project",
        _ => "",
    };

    private static OpenApiParameter ProjectParameter() => new()
    {
        Name = Http.MadeInProject.Query,
        In = ParameterLocation.Query,
        Description = "The project, by name, into which what is made is put.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };
}
