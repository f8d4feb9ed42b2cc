using System.Text.Json.Nodes;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CodexOS.Platform.OpenApi;

/// <summary>How types that the framework does not know look in the document.</summary>
internal static class SchemaRules
{
    public static Task ApplyAsync(
        OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        DescribeId(schema, type);
        if (typeof(ProblemDetails).IsAssignableFrom(type)) DescribeProblem(schema);
        if (schema.Enum?.Count > 0 && schema.Type is null) schema.Type = JsonSchemaType.String;
        if (schema.Type?.HasFlag(JsonSchemaType.Object) is true) CountProperties(schema);
        if (type == typeof(TimeSpan)) schema.Description = "A duration, as [d.]hh:mm:ss[.fffffff].";
        return Task.CompletedTask;
    }

    /// <summary>How many entries a dictionary may have is told as the length of a text by the framework.</summary>
    private static void CountProperties(OpenApiSchema schema)
    {
        schema.MinProperties ??= schema.MinLength;
        schema.MaxProperties ??= schema.MaxLength;
        (schema.MinLength, schema.MaxLength) = (null, null);
    }

    /// <summary>A typed id is a string with a prefix.</summary>
    public static void DescribeId(OpenApiSchema schema, Type type)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        var id = Array.Find(
            bare.GetInterfaces(), face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(ITypedId<>));
        if (id is null) return;
        var prefix = (string)bare.GetProperty(nameof(TenantId.Prefix))!.GetValue(null)!;
        schema.Type = bare == type ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
        schema.Pattern = $"^{prefix}_[0-9a-f]{{32}}$";
        schema.Format = null;
        schema.Properties?.Clear();
        schema.Required?.Clear();
        schema.Examples = [JsonValue.Create($"{prefix}_0198c5a0b1c27d3e8f40516273849506")];
    }

    /// <summary>
    /// An id or a word that was met first where it may be missing is one all the same; who refers to it says so.
    /// </summary>
    public static void MakeNamedWhole(OpenApiDocument document)
    {
        foreach (var schema in document.Components?.Schemas?.Values.OfType<OpenApiSchema>() ?? [])
        {
            if (schema.Pattern is not null && schema.Type == (JsonSchemaType.String | JsonSchemaType.Null))
                schema.Type = JsonSchemaType.String;
            // The list holds null itself where null is allowed, whatever its type says.
            if (schema.Enum?.Contains(null!) is true) schema.Enum = [.. schema.Enum.Where(static word => word is not null)];
        }
    }

    /// <summary>Clients tell the cases of a union apart by the discriminator, so it is always there.</summary>
    public static void RequireDiscriminators(OpenApiDocument document)
    {
        foreach (var union in document.Components?.Schemas?.Values.OfType<OpenApiSchema>().ToList() ?? [])
        {
            if (union.Discriminator is not { PropertyName: { } property }) continue;
            foreach (var name in (union.AnyOf ?? union.OneOf ?? []).OfType<OpenApiSchemaReference>().Select(Name))
            {
                if (document.Components!.Schemas!.TryGetValue(name, out var found) && found is OpenApiSchema member)
                    (member.Required ??= new HashSet<string>(StringComparer.Ordinal)).Add(property);
            }
        }
    }

    private static string Name(OpenApiSchemaReference reference) => reference.Reference.Id ?? "";

    private static void DescribeProblem(OpenApiSchema schema)
    {
        schema.Properties ??= new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        schema.Properties["code"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "Stable name of the failure, module.reason.",
        };
        schema.Properties["traceId"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String | JsonSchemaType.Null,
            Description = "Leads to the server's log.",
        };
        schema.Properties["errors"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "Messages per field or path of a refused input.",
            AdditionalProperties = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        };
        schema.Required ??= new HashSet<string>(StringComparer.Ordinal);
        schema.Required.UnionWith(["title", "status", "detail", "code", "traceId"]);
        Require(schema, "title", JsonSchemaType.String);
        Require(schema, "status", JsonSchemaType.Integer);
        Require(schema, "detail", JsonSchemaType.String);
    }

    private static void Require(OpenApiSchema schema, string property, JsonSchemaType type)
    {
        if (schema.Properties!.TryGetValue(property, out var found) && found is OpenApiSchema given) given.Type = type;
    }
}
