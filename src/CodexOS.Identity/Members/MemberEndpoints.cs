using CodexOS.Identity.Access;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Members;

/// <summary>Members over HTTP. How they get in is in the invitations.</summary>
internal static class MemberEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    private static Fault BadSearch { get; } = new(
        "identity.bad_search", FaultKind.Invalid, $"search is text of at most {EmailKey.LengthMax} characters.");

    public static void Map(IEndpointRouteBuilder api)
    {
        var members = api.MapGroup("/members", "Members", BodyBytesMax);
        members.MapGet("", ListAsync).RequirePermission("members:read")
            .WithName("ListMembers")
            .WithSummary("The people of the tenant, by the age of their accounts; with search, those with it in their name or address.")
            .Produces<Page<Member>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        members.MapGet("/{id}", FindAsync).RequirePermission("members:read")
            .WithName("GetMember").WithSummary("One member.")
            .Produces<Member>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        members.MapPatch("/{id}", UpdateAsync).RequirePermission("members:write")
            .WithName("UpdateMember")
            .WithSummary("Gives a member another role, or disables or enables them; it counts from their next request on.")
            .Produces<Member>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        members.MapDelete("/{id}", RemoveAsync).RequirePermission("members:write")
            .WithName("RemoveMember").WithSummary("Takes a member out of the tenant, with their sessions, keys and grants in it.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
        members.MapDelete("/{id}/sessions", SignOutAsync).RequirePermission("members:write")
            .WithName("EndMemberSessions")
            .WithSummary("Ends all sessions of a member, those of applications too; their API keys go on. Needs step-up for your own.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        members.MapDelete("/{id}/second-factor", ResetAsync).RequireSessionWith("members:write")
            .WithName("ResetMemberSecondFactor")
            .WithSummary("Takes the second factor and the passkeys from a member who has lost them and their recovery codes.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> ListAsync(
        MemberStore store, CancellationToken cancellationToken, string? search = null, int? limit = null,
        string? cursor = null)
    {
        if (search is { Length: > EmailKey.LengthMax } || search?.Contains('\0') is true) return BadSearch.Problem();
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<UserId>().TryGet(out var last, out fault)) return fault.Problem();

        var rows = await store.ListAsync(search, last, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> FindAsync(UserId id, MemberStore store, CancellationToken cancellationToken) =>
        (await store.FindAsync(id, cancellationToken)).ToOk();

    private static async Task<IResult> UpdateAsync(
        UserId id, UpdateMemberRequest request, Actor actor, MemberStore store, CancellationToken cancellationToken) =>
        (await store.UpdateAsync(id, request, actor, cancellationToken)).ToOk();

    private static async Task<IResult> RemoveAsync(
        UserId id, Actor actor, MemberStore store, CancellationToken cancellationToken) =>
        (await store.RemoveAsync(id, actor, cancellationToken)).ToNoContent();

    private static async Task<IResult> SignOutAsync(
        UserId id, Actor actor, HttpContext context, MemberStore store, CancellationToken cancellationToken) =>
        (await store.SignOutAsync(id, actor, context.Features.Get<SignedIn>(), cancellationToken)).ToNoContent();

    private static async Task<IResult> ResetAsync(
        UserId id, Actor actor, MemberStore store, CancellationToken cancellationToken) =>
        (await store.ResetSecondFactorAsync(id, actor, cancellationToken)).ToNoContent();
}
