using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.OAuth.Clients;

/// <summary>The OAuth clients of a tenant over HTTP, for those who look after them.</summary>
internal static class ClientEndpoints
{
    private const int BodyBytesMax = 16 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var clients = api.MapGroup("/clients", "OAuth", BodyBytesMax);
        clients.MapGet("", ListAsync).RequirePermission("clients:read")
            .WithName("ListOAuthClients").WithSummary("The tenant's OAuth clients, newest first.")
            .Produces<Page<OAuthClientSummary>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        clients.MapGet("/{client}", FindAsync).RequirePermission("clients:read")
            .WithName("GetOAuthClient").WithSummary("An OAuth client.")
            .Produces<OAuthClientSummary>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        clients.MapPost("", CreateAsync).RequireSessionWith("clients:write")
            .WithName("CreateOAuthClient")
            .WithSummary("Registers an OAuth client. Its secret, if it has one, is shown this once.")
            .Produces<CreatedOAuthClient>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        clients.MapDelete("/{client}", DeleteAsync).RequirePermission("clients:write")
            .WithName("DeleteOAuthClient")
            .WithSummary("Deletes an OAuth client and ends what it was let have, from the next request on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        ClientStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<OAuthClientId>().TryGet(out var before, out fault)) return fault.Problem();

        var rows = await store.ListAsync(before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> FindAsync(string client, ClientStore store, CancellationToken cancellationToken) =>
        !OAuthClientId.TryParse(client, null, out var id) ? ClientFaults.NotFound.Problem()
        : (await store.FindAsync(id, cancellationToken)).ToOk();

    private static async Task<IResult> CreateAsync(
        CreateOAuthClientRequest request, Actor actor, ClientStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken))
            .ToCreated(static made => $"/api/v1/clients/{made.Client.Id}");

    private static async Task<IResult> DeleteAsync(string client, ClientStore store, CancellationToken cancellationToken) =>
        !OAuthClientId.TryParse(client, null, out var id) ? ClientFaults.NotFound.Problem()
        : (await store.DeleteAsync(id, cancellationToken)).ToNoContent();
}
