using System.Text.Json.Serialization;
using CodexOS.Identity.Scim.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Scim;

/// <summary>What this server says of its own SCIM (RFC 7644, section 4): what it can do, and what there is.</summary>
internal static class ScimDiscovery
{
    private const string Docs = "https://datatracker.ietf.org/doc/html/rfc6750";

    public static void Map(RouteGroupBuilder scim)
    {
        scim.MapGet("/ServiceProviderConfig", static (ScimRoutes routes, IOptions<ScimOptions> options) =>
                ScimAnswers.Of(ConfigOf(routes, options.Value)))
            .WithName("GetScimServiceProviderConfig").WithSummary("What of SCIM this server can do.")
            .Answers<object>().Refuses();
        scim.MapGet("/ResourceTypes", static (ScimRoutes routes) => ScimAnswers.Of(ListOf(TypesOf(routes))))
            .WithName("ListScimResourceTypes").WithSummary("What there is: users and groups.")
            .Answers<ScimList<object>>().Refuses();
        scim.MapGet("/Schemas", static (ScimRoutes routes) => ScimAnswers.Of(ListOf(SchemasOf(routes))))
            .WithName("ListScimSchemas").WithSummary("What users and groups look like.")
            .Answers<ScimList<object>>().Refuses();

        // Each of them alone has an address of its own; they are few and always the same.
        MapOne(scim, "/ResourceTypes/User", "GetScimUserType", static routes => TypesOf(routes)[0]);
        MapOne(scim, "/ResourceTypes/Group", "GetScimGroupType", static routes => TypesOf(routes)[1]);
        MapOne(scim, $"/Schemas/{ScimSchemas.User}", "GetScimUserSchema", static routes => SchemasOf(routes)[0]);
        MapOne(scim, $"/Schemas/{ScimSchemas.Group}", "GetScimGroupSchema", static routes => SchemasOf(routes)[1]);
    }

    private static void MapOne(RouteGroupBuilder scim, string address, string name, Func<ScimRoutes, object> make) =>
        scim.MapGet(address, (ScimRoutes routes) => ScimAnswers.Of(make(routes)))
            .WithName(name).WithSummary("One of them.").Answers<object>().Refuses();

    private static ScimList<object> ListOf(object[] all) => new([ScimSchemas.List], all.Length, 1, all.Length, all);

    private static object ConfigOf(ScimRoutes routes, ScimOptions options) => new
    {
        Schemas = (string[])[ScimSchemas.ServiceProviderConfig],
        Patch = new { Supported = true },
        Bulk = new { Supported = false, MaxOperations = 0, MaxPayloadSize = 0 },
        Filter = new { Supported = true, MaxResults = options.PageSizeMax },
        ChangePassword = new { Supported = false },
        Sort = new { Supported = true },
        Etag = new { Supported = true },
        AuthenticationSchemes = (object[])
        [
            new
            {
                Type = "oauthbearertoken",
                Name = "API key",
                Description = "An API key with the permission scim:provision, as a bearer token.",
                SpecUri = Docs,
                Primary = true,
            },
        ],
        Meta = new { ResourceType = "ServiceProviderConfig", Location = routes.At("/ServiceProviderConfig") },
    };

    private static object[] TypesOf(ScimRoutes routes) =>
    [
        TypeOf("User", "A member of the tenant.", ScimRoutes.Users, ScimSchemas.User, routes),
        TypeOf("Group", "A group at the identity provider.", ScimRoutes.Groups, ScimSchemas.Group, routes),
    ];

    private static object TypeOf(string name, string description, string endpoint, string schema, ScimRoutes routes) => new
    {
        Schemas = (string[])[ScimSchemas.ResourceType],
        Id = name,
        Name = name,
        Description = description,
        Endpoint = endpoint,
        Schema = schema,
        Meta = new { ResourceType = "ResourceType", Location = routes.At($"/ResourceTypes/{name}") },
    };

    private static object[] SchemasOf(ScimRoutes routes) =>
    [
        SchemaOf(
            ScimSchemas.User, "User", "A member of the tenant.",
            [
                new("userName", "The email address.") { Required = true, Uniqueness = "server" },
                new("externalId", "The person's id at the provider.") { CaseExact = true },
                new("displayName", "How the person is shown to others."),
                new("name", "The name.")
                {
                    Type = "complex",
                    SubAttributes =
                    [
                        new("formatted", "The whole name."),
                        new("givenName", "The given name."),
                        new("familyName", "The family name."),
                    ],
                },
                new("active", "Whether the person may act in the tenant.") { Type = "boolean" },
                new("emails", "The one address, which follows userName.")
                {
                    Type = "complex",
                    MultiValued = true,
                    Mutability = "readOnly",
                    SubAttributes =
                    [
                        new("value", "The address.") { Mutability = "readOnly" },
                        new("type", "Always work.") { Mutability = "readOnly" },
                        new("primary", "Always true.") { Type = "boolean", Mutability = "readOnly" },
                    ],
                },
                new("groups", "The groups that the person is in.")
                {
                    Type = "complex",
                    MultiValued = true,
                    Mutability = "readOnly",
                    SubAttributes =
                    [
                        new("value", "The group's id.") { CaseExact = true, Mutability = "readOnly" },
                        new("display", "What the group is called.") { Mutability = "readOnly" },
                        new("$ref", "Where the group is.")
                        {
                            Type = "reference",
                            ReferenceTypes = ["Group"],
                            CaseExact = true,
                            Mutability = "readOnly",
                        },
                    ],
                },
            ],
            routes),
        SchemaOf(
            ScimSchemas.Group, "Group", "A group at the identity provider.",
            [
                new("displayName", "What the group is called.") { Required = true, CaseExact = true, Uniqueness = "server" },
                new("externalId", "The group's id at the provider.") { CaseExact = true },
                new("members", "Who is in the group.")
                {
                    Type = "complex",
                    MultiValued = true,
                    SubAttributes =
                    [
                        new("value", "The person's id.") { CaseExact = true, Mutability = "immutable" },
                        new("display", "How the person is shown to others.") { Mutability = "readOnly" },
                        new("type", "Always User.") { Mutability = "immutable" },
                        new("$ref", "Where the person is.")
                        {
                            Type = "reference",
                            ReferenceTypes = ["User"],
                            CaseExact = true,
                            Mutability = "immutable",
                        },
                    ],
                },
            ],
            routes),
    ];

    private static object SchemaOf(
        string id, string name, string description, IReadOnlyList<ScimAttribute> attributes, ScimRoutes routes) => new
        {
            Schemas = (string[])[ScimSchemas.Schema],
            Id = id,
            Name = name,
            Description = description,
            Attributes = attributes,
            Meta = new { ResourceType = "Schema", Location = routes.At($"/Schemas/{id}") },
        };

    /// <summary>An attribute as schemas describe it (RFC 7643, section 7).</summary>
    private sealed record ScimAttribute(string Name, string Description)
    {
        public string Type { get; init; } = "string";

        public bool MultiValued { get; init; }

        public bool Required { get; init; }

        public bool CaseExact { get; init; }

        public string Mutability { get; init; } = "readWrite";

        public string Returned { get; init; } = "default";

        public string Uniqueness { get; init; } = "none";

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<string>? ReferenceTypes { get; init; }

        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<ScimAttribute>? SubAttributes { get; init; }
    }
}
