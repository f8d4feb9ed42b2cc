using CodexOS.Identity.Grants;
using CodexOS.Identity.Permissions;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Access;

/// <summary>
/// Tells callers what they may do with one thing, so that a program need not offer what would be refused. It looks at what
/// the caller holds and nowhere else, so it tells nobody what there is.
/// </summary>
internal static class OwnAccessEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/auth/access", Read).RequireSignIn()
        .WithName("GetOwnAccess")
        .WithSummary("What you may do with one thing, whether for the tenant, by a grant or in a project")
        .WithTags("Sign-in")
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status401Unauthorized)
        .ProducesProblem(StatusCodes.Status403Forbidden);

    private static Results<Ok<OwnAccess>, ProblemHttpResult> Read(string resource, Caller caller) =>
        Resource.TryParse(resource, out var named)
            ? TypedResults.Ok(new OwnAccess(
                named.ToString(),
                [
                    .. PermissionTable.OnKind(named.Kind).Where(permission => caller.May(permission, named))
                        .Order(StringComparer.Ordinal),
                ]))
            : GrantStore.BadResource.Problem();
}

/// <summary>What the caller may do with one thing.</summary>
/// <param name="Resource">With what, as <c>kind:name</c>.</param>
/// <param name="Permissions">What, of what can be granted on things of its kind, as <c>resource:action</c>, sorted.</param>
public sealed record OwnAccess(string Resource, IReadOnlyList<string> Permissions);
