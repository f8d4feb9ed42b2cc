using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Connections;

/// <summary>Connections over HTTP: set up, look at, change, refresh, remove.</summary>
internal static class ConnectionEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var limits = api.ServiceProvider.GetRequiredService<IOptions<ConnectionOptions>>().Value;
        // A document travels as a text inside of JSON, which may double it.
        var size = new RequestSizeLimitAttribute((limits.DocumentBytesMax * 2L) + (1 << 20));
        var connections = api.MapGroup("/connections").WithTags("Connections")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
        connections.MapGet("", ListAsync).RequirePermissionSomewhere("connections:read").WithName("ListConnections")
            .WithSummary("The connections that you may see, by name.")
            .Produces<Page<ConnectionView>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        connections.MapPost("", CreateAsync)
            .RequirePermissionOrProject<ConnectionView>(
                "connections:write", ResourceKinds.Connection, static made => made.Name)
            .WithName("CreateConnection")
            .WithSummary("Sets a connection up and asks its source what it offers. A source that does not answer can be refreshed later.")
            .WithMetadata(size)
            .Produces<ConnectionView>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        connections.MapGet("/{name}", FindAsync)
            .RequirePermission("connections:read", ResourceKinds.Connection, "name").WithName("GetConnection")
            .WithSummary("One connection.")
            .Produces<ConnectionView>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        connections.MapPatch("/{name}", UpdateAsync)
            .RequirePermission("connections:write", ResourceKinds.Connection, "name").WithName("UpdateConnection")
            .WithSummary("Changes a connection. With other settings its source is asked again what it offers.")
            .WithMetadata(size)
            .Produces<ConnectionView>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        connections.MapDelete("/{name}", RemoveAsync)
            .RequirePermission("connections:write", ResourceKinds.Connection, "name").WithName("RemoveConnection")
            .WithSummary("Removes a connection; no run can call its tools from then on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        connections.MapPost("/{name}/refresh", RefreshAsync)
            .RequirePermission("connections:write", ResourceKinds.Connection, "name").WithName("RefreshConnection")
            .WithSummary("Asks a connection's source again what it offers. What has changed is refused to agents until they are applied again.")
            .Produces<ConnectionView>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        connections.MapGet("/{name}/tools", ToolsAsync)
            .RequirePermission("connections:read", ResourceKinds.Connection, "name").WithName("ListConnectionTools")
            .WithSummary("The tools of a connection as they were found, and what holds for them.")
            .Produces<Page<ConnectionTool>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        Caller caller, ConnectionStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var seen = caller.NamesWith("connections:read", ResourceKinds.Connection);
        var items = await store.ListAsync(seen, page.After, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(items, static item => item.Name));
    }

    private static async Task<IResult> CreateAsync(
        CreateConnectionRequest request, Caller caller, ConnectionStore store, CancellationToken cancellationToken)
    {
        if (SettingsOf(request.McpHttp, request.McpStdio, request.OpenApi) is not { } settings) return NoKind.Problem();
        if (WhyNoSecrets(settings, caller) is { } kept) return kept.Problem();
        var made = await store.CreateAsync(
            request.Name!, settings, request.Tools ?? NoOverrides, caller, cancellationToken);
        return made.ToCreated(static view => $"/api/v1/connections/{view.Name}");
    }

    private static async Task<IResult> FindAsync(string name, ConnectionStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(name, cancellationToken)).ToOk();

    private static async Task<IResult> UpdateAsync(
        string name, UpdateConnectionRequest request, Caller caller, ConnectionStore store, CancellationToken cancellationToken)
    {
        var settings = SettingsOf(request.McpHttp, request.McpStdio, request.OpenApi);
        if (settings is null && request is not { McpHttp: null, McpStdio: null, OpenApi: null }) return NoKind.Problem();
        if (settings is not null && WhyNoSecrets(settings, caller) is { } kept) return kept.Problem();
        return (await store.UpdateAsync(name, settings, request.Tools, request.Revision, cancellationToken)).ToOk();
    }

    private static async Task<IResult> RemoveAsync(string name, ConnectionStore store, CancellationToken cancellationToken) =>
        (await store.RemoveAsync(name, cancellationToken)).ToNoContent();

    private static async Task<IResult> RefreshAsync(string name, ConnectionStore store, CancellationToken cancellationToken) =>
        (await store.RefreshAsync(name, cancellationToken)).ToOk();

    private static async Task<IResult> ToolsAsync(
        string name, ConnectionStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        return (await store.ToolsAsync(name, page.After, page.Limit + 1, cancellationToken)).TryGet(out var items, out fault)
            ? TypedResults.Ok(page.PageOf(items, static item => item.Name))
            : fault.Problem();
    }

    /// <summary>The one kind that is given; null if it is none or several.</summary>
    private static ConnectionSettings? SettingsOf(McpHttpSettings? http, McpStdioSettings? stdio, OpenApiSettings? api) =>
        (http, stdio, api) switch
        {
            ({ } given, null, null) => new ConnectionSettings.McpHttp(given),
            (null, { } given, null) => new ConnectionSettings.McpStdio(given),
            (null, null, { } given) => new ConnectionSettings.OpenApi(given),
            _ => null,
        };

    /// <summary>
    /// A secret is the tenant's. Who may write some connections only, because of a grant or a project, could send it wherever
    /// they like, so they name none unless they may see what secrets there are.
    /// </summary>
    private static Fault? WhyNoSecrets(ConnectionSettings settings, Caller caller)
    {
        var namesSecret = settings switch
        {
            ConnectionSettings.McpHttp(var given) => given.Secret is not null,
            ConnectionSettings.McpStdio(var given) => given.Environment is { Count: > 0 },
            ConnectionSettings.OpenApi(var given) => given.Secret is not null,
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return !namesSecret || caller.May("connections:write") ? null : caller.Lacks("secrets:read");
    }

    private static IReadOnlyDictionary<string, ToolOverride> NoOverrides { get; } =
        System.Collections.Immutable.ImmutableDictionary<string, ToolOverride>.Empty;

    private static Fault NoKind { get; } = new(
        "connections.one_kind", FaultKind.Invalid, "Give exactly one of mcpHttp, mcpStdio and openApi.");
}
