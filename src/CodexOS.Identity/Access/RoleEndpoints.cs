using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Access;

/// <summary>Roles over HTTP, and the permissions that they are made of.</summary>
internal static class RoleEndpoints
{
    private const int BodyBytesMax = 32 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/permissions", ListPermissions).RequireSignIn().WithTags("Access")
            .WithName("ListPermissions").WithSummary("Every permission there is, and which built-in roles hold it.")
            .Produces<Page<PermissionEntry>>()
            .ProducesProblem(StatusCodes.Status401Unauthorized);

        var roles = api.MapGroup("/roles", "Access", BodyBytesMax);
        roles.MapGet("", ListAsync).RequirePermission("roles:read")
            .WithName("ListRoles").WithSummary("The roles of the tenant with what each may do, by name.")
            .Produces<Page<TenantRole>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        roles.MapGet("/{role}", FindAsync).RequirePermission("roles:read")
            .WithName("GetRole").WithSummary("One role.")
            .Produces<TenantRole>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        roles.MapPost("", CreateAsync).RequirePermission("roles:write")
            .WithName("CreateRole").WithSummary("Makes a role, of permissions that you hold yourself.")
            .Produces<TenantRole>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        roles.MapPatch("/{role}", UpdateAsync).RequirePermission("roles:write")
            .WithName("UpdateRole").WithSummary("Changes a role; it counts for its holders from their next request on.")
            .Produces<TenantRole>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        roles.MapDelete("/{role}", DeleteAsync).RequirePermission("roles:write")
            .WithName("DeleteRole").WithSummary("Deletes a role that nobody has.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static Ok<Page<PermissionEntry>> ListPermissions() =>
        TypedResults.Ok(new Page<PermissionEntry>(PermissionTable.Entries, null));

    private static async Task<IResult> ListAsync(
        RoleStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        var all = await store.ListAsync(cancellationToken);
        var rest = all.Where(role => string.CompareOrdinal(role.Name, page.After) > 0).Take(page.Limit + 1).ToList();
        return TypedResults.Ok(page.PageOf(rest, static role => role.Name));
    }

    private static async Task<IResult> FindAsync(string role, RoleStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(role, cancellationToken)).ToOk();

    private static async Task<IResult> CreateAsync(
        CreateRoleRequest request, Actor actor, RoleStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken)).ToCreated(static made => $"/api/v1/roles/{made.Name}");

    private static async Task<IResult> UpdateAsync(
        string role, UpdateRoleRequest request, Actor actor, RoleStore store, CancellationToken cancellationToken) =>
        (await store.UpdateAsync(role, request, actor, cancellationToken)).ToOk();

    private static async Task<IResult> DeleteAsync(string role, RoleStore store, CancellationToken cancellationToken) =>
        (await store.DeleteAsync(role, cancellationToken)).ToNoContent();
}
