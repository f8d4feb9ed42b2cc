using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Invitations;

/// <summary>Invitations over HTTP: for those who invite, and for those who were.</summary>
internal static class InvitationEndpoints
{
    private const int BodyBytesMax = 8 * 1024;

    public static void Map(IEndpointRouteBuilder api)
    {
        var invitations = api.MapGroup("/invitations").WithTags("Members")
            .WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax));
        invitations.MapGet("", ListAsync).RequirePermission("members:read")
            .WithName("ListInvitations").WithSummary("Open invitations, newest first.")
            .Produces<Page<Invitation>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        invitations.MapPost("", CreateAsync).RequirePermission("members:write")
            .WithName("CreateInvitation")
            .WithSummary("Invites somebody by mail, with a role that may do no more than you. The link works once.")
            .Produces<Invitation>(StatusCodes.Status201Created)
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status502BadGateway);
        invitations.MapDelete("/{id}", DeleteAsync).RequirePermission("members:write")
            .WithName("DeleteInvitation").WithSummary("Withdraws an invitation: its link is dead.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        invitations.MapPost("/look", LookAsync).AllowAnonymous()
            .WithName("LookAtInvitation").WithSummary("What the link of an invitation invites to.")
            .Produces<InvitationPreview>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
        invitations.MapPost("/accept", AcceptAsync).AllowAnonymous()
            .WithName("AcceptInvitation")
            .WithSummary("Joins a tenant by the link of an invitation, with a new account or the one that the address has.")
            .Produces<JoinedTenant>()
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static async Task<IResult> ListAsync(
        InvitationStore store, CancellationToken cancellationToken, int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        if (!page.KeyAfter<InvitationId>().TryGet(out var before, out fault)) return fault.Problem();

        var rows = await store.ListAsync(before, page.Limit + 1, cancellationToken);
        return TypedResults.Ok(page.PageOf(rows, static row => row.Id.ToString()));
    }

    private static async Task<IResult> CreateAsync(
        CreateInvitationRequest request, Actor actor, InvitationStore store, CancellationToken cancellationToken) =>
        (await store.CreateAsync(request, actor, cancellationToken)).ToCreated(static made => $"/api/v1/invitations/{made.Id}");

    private static async Task<IResult> DeleteAsync(
        InvitationId id, InvitationStore store, CancellationToken cancellationToken) =>
        (await store.DeleteAsync(id, cancellationToken)).ToNoContent();

    private static async Task<IResult> LookAsync(
        LookAtInvitationRequest request, HttpContext context, Joining joining, CancellationToken cancellationToken) =>
        (await joining.LookAsync(request.Token, Client.Of(context), cancellationToken)).TryGet(out var seen, out var fault)
            ? TypedResults.Ok(seen)
            : SignIn.TokenAnswers.Refuse(context, fault);

    private static async Task<IResult> AcceptAsync(
        AcceptInvitationRequest request, HttpContext context, Joining joining, CancellationToken cancellationToken) =>
        (await joining.AcceptAsync(request, Client.Of(context), cancellationToken)).TryGet(out var joined, out var fault)
            ? TypedResults.Ok(joined)
            : SignIn.TokenAnswers.Refuse(context, fault);
}
