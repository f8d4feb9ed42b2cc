using CodexOS.Identity.Access;
using CodexOS.Identity.ApiKeys;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.ServiceAccounts;

/// <summary>Service accounts and their keys over HTTP.</summary>
internal static class ServiceAccountEndpoints
{
    private const int BodyBytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var accounts = api.MapGroup("/service-accounts", "Service accounts", BodyBytesMax);
        accounts.MapGet("", ListAsync).RequirePermission("service_accounts:read")
            .WithName("ListServiceAccounts").WithSummary("The tenant's service accounts, by name.")
            .Produces<Page<ServiceAccount>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        accounts.MapGet("/{account}", FindAsync).RequirePermission("service_accounts:read")
            .WithName("GetServiceAccount").WithSummary("A service account, by name or id.")
            .Produces<ServiceAccount>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        accounts.MapPost("", CreateAsync).RequirePermission("service_accounts:write")
            .WithName("CreateServiceAccount").WithSummary("Makes a service account, with a role that may do no more than you.")
            .Produces<ServiceAccount>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        accounts.MapPatch("/{account}", UpdateAsync).RequirePermission("service_accounts:write")
            .WithName("UpdateServiceAccount")
            .WithSummary("Changes a service account; it counts for its keys from the next request on.")
            .Produces<ServiceAccount>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        accounts.MapDelete("/{account}", DeleteAsync).RequirePermission("service_accounts:write")
            .WithName("DeleteServiceAccount").WithSummary("Deletes a service account with its keys and grants.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        accounts.MapGet("/{account}/api-keys", ListKeysAsync).RequirePermission("service_accounts:read")
            .WithName("ListServiceAccountKeys").WithSummary("The API keys of a service account, newest first.")
            .Produces<Page<ApiKeySummary>>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status404NotFound);
        accounts.MapPost("/{account}/api-keys", CreateKeyAsync).RequireSessionWith("service_accounts:write")
            .WithName("CreateServiceAccountKey")
            .WithSummary("Makes an API key that acts for a service account. The key itself is shown this once.")
            .Produces<CreatedApiKey>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> ListAsync(
        ServiceAccountStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var rows = await store.ListAsync(page.After, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Name));
    }

    private static async Task<IResult> FindAsync(
        string account, ServiceAccountStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(account, cancellationToken)).ToOk();

    private static async Task<IResult> CreateAsync(
        CreateServiceAccountRequest request, Actor actor, ServiceAccountStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken))
            .ToCreated(static made => $"/api/v1/service-accounts/{made.Name}");

    private static async Task<IResult> UpdateAsync(
        string account, UpdateServiceAccountRequest request, Actor actor, ServiceAccountStore store,
        CancellationToken cancellationToken) =>
        (await store.UpdateAsync(account, request, actor, cancellationToken)).ToOk();

    private static async Task<IResult> DeleteAsync(
        string account, Actor actor, ServiceAccountStore store, CancellationToken cancellationToken) =>
        (await store.DeleteAsync(account, actor, cancellationToken)).ToNoContent();

    private static async Task<IResult> ListKeysAsync(
        string account, ServiceAccountStore store, ApiKeyStore keys, CancellationToken cancellationToken,
        int? limit = null, string? cursor = null) =>
        (await store.FindAsync(account, cancellationToken)).TryGet(out var found, out var fault)
            ? await ApiKeyEndpoints.PageAsync(found.Id, keys, limit, cursor, cancellationToken)
            : fault.Problem();

    private static async Task<IResult> CreateKeyAsync(
        string account, CreateApiKeyRequest request, Actor actor, ServiceAccountStore store, ApiKeyStore keys,
        CancellationToken cancellationToken)
    {
        if (!(await store.FindRowAsync(account, cancellationToken)).TryGet(out var found, out var fault))
            return fault.Problem();
        return (await keys.CreateAsync(request, actor, found.Row, found.Standing, cancellationToken))
            .ToCreated(static made => $"/api/v1/api-keys/{made.ApiKey.Id}");
    }
}
