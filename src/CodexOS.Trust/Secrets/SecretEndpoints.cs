using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Trust.Secrets;

/// <summary>The tenant's secrets over HTTP: list, set, remove, reveal.</summary>
internal static class SecretEndpoints
{
    private const int BodyBytesMax = 512 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var secrets = api.MapGroup("/secrets").WithTags("Secrets").ProducesProblem(401).ProducesProblem(403);
        secrets.MapGet("", ListAsync).RequirePermission("secrets:read")
            .WithName("ListSecrets").WithSummary("The tenant's secrets by name, without their values.")
            .Produces<Page<SecretSummary>>()
            .ProducesProblem(400);
        secrets.MapPut("/{name}", SetAsync).RequirePermission("secrets:write")
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax))
            .WithName("SetSecret").WithSummary("Sets a secret, in the place of one that was there.")
            .Produces<SecretSummary>()
            .ProducesValidationProblem().ProducesProblem(409).ProducesProblem(413).ProducesProblem(422).ProducesProblem(503);
        secrets.MapDelete("/{name}", RemoveAsync).RequirePermission("secrets:write")
            .WithName("RemoveSecret").WithSummary("Removes a secret; no request is given it from then on.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(404).ProducesProblem(503);
        secrets.MapPost("/{name}/reveal", RevealAsync).RequirePermission("secrets:reveal").RequireStepUp()
            .WithName("RevealSecret").WithSummary("Shows a secret. Who has seen it is in the audit log before it is answered.")
            .Produces<RevealedSecret>()
            .ProducesProblem(404).ProducesProblem(503);
    }

    private static async Task<IResult> ListAsync(
        SecretStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var items = await store.ListAsync(page.After, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(items, static item => item.Name));
    }

    private static async Task<IResult> SetAsync(
        string name, SetSecretRequest request, Caller caller, SecretStore store, CancellationToken cancellationToken) =>
        (await store.SetAsync(name, request, caller, cancellationToken)).ToOk();

    private static async Task<IResult> RemoveAsync(string name, SecretStore store, CancellationToken cancellationToken) =>
        (await store.RemoveAsync(name, cancellationToken)).ToNoContent();

    private static async Task<IResult> RevealAsync(string name, SecretStore store, CancellationToken cancellationToken) =>
        (await store.RevealAsync(name, cancellationToken)).ToOk();
}
