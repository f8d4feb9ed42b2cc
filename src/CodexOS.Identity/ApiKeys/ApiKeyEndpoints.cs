using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.ApiKeys;

/// <summary>API keys over HTTP. Those of service accounts are made at their accounts.</summary>
internal static class ApiKeyEndpoints
{
    private const int BodyBytesMax = 16 * 1024;
    private const string Everybody = "all";

    public static void Map(IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys", "API keys", BodyBytesMax);
        keys.MapGet("", ListAsync).RequireSignIn()
            .WithName("ListApiKeys")
            .WithSummary("Your API keys, newest first; with owner, somebody's or everybody's (`all`), which needs api_keys:manage.")
            .Produces<Page<ApiKeySummary>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        keys.MapPost("", CreateAsync).RequireSessionWith("api_keys:write")
            .WithName("CreateApiKey").WithSummary("Makes an API key that acts for you. The key itself is shown this once.")
            .Produces<CreatedApiKey>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        keys.MapPost("/{id}/rotate", RotateAsync).RequireSession()
            .WithName("RotateApiKey")
            .WithSummary(
                "Replaces an API key that you may make: a new key like it, shown this once; the old one goes on for an overlap.")
            .Produces<CreatedApiKey>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        keys.MapDelete("/{id}", RevokeAsync).RequireSignIn()
            .WithName("RevokeApiKey")
            .WithSummary("Revokes an API key: your own, or any if you manage them. It opens nothing from the next request on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    /// <summary>Lists an owner's keys, checked and paged; also for the keys of one service account.</summary>
    public static async Task<IResult> PageAsync(
        UserId? owner, ApiKeyStore store, int? limit, string? cursor, CancellationToken cancellationToken)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<ApiKeyId>().TryGet(out var before, out fault)) return fault.Problem();

        var rows = await store.ListAsync(owner, before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> ListAsync(
        Caller caller, ApiKeyStore store, CancellationToken cancellationToken, string? owner = null, int? limit = null,
        string? cursor = null)
    {
        UserId? whose = caller.User;
        if (owner is not null)
        {
            if (caller.Lacks("api_keys:manage") is { } fault) return fault.Problem();
            if (owner == Everybody) whose = null;
            else if (UserId.TryParse(owner, null, out var other)) whose = other;
            else return AccessFaults.SubjectNotFound.Problem();
        }

        return await PageAsync(whose, store, limit, cursor, cancellationToken);
    }

    private static async Task<IResult> CreateAsync(
        CreateApiKeyRequest request, Actor actor, ApiKeyStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken))
            .ToCreated(static made => $"/api/v1/api-keys/{made.ApiKey.Id}");

    private static async Task<IResult> RotateAsync(
        ApiKeyId id, RotateApiKeyRequest? request, Actor actor, ApiKeyRotation rotation, CancellationToken cancellationToken) =>
        (await rotation.RotateAsync(id, request ?? new RotateApiKeyRequest(), actor, cancellationToken))
            .ToCreated(static made => $"/api/v1/api-keys/{made.ApiKey.Id}");

    private static async Task<IResult> RevokeAsync(
        ApiKeyId id, Caller caller, ApiKeyStore store, CancellationToken cancellationToken) =>
        (await store.RevokeAsync(id, caller, cancellationToken)).ToNoContent();
}
