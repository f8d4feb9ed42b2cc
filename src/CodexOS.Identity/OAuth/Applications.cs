using CodexOS.Identity.Contracts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.OAuth;

/// <summary>An application that a person let act for them.</summary>
/// <param name="Id">Names what they let it have, to take it back.</param>
/// <param name="Client">The application.</param>
/// <param name="Name">How it is called.</param>
/// <param name="Scopes">What it may do at most, sorted; never more than the person at that time.</param>
/// <param name="AllowedAt">When it began.</param>
/// <param name="LastUsedAt">When it last refreshed its tokens.</param>
/// <param name="ExpiresAt">When it ends whatever happens.</param>
public sealed record ApplicationSummary(
    SessionId Id, OAuthClientId Client, string Name, IReadOnlyList<string> Scopes, DateTimeOffset AllowedAt,
    DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

/// <summary>What people let applications have: they see it, and take it back.</summary>
internal static class Applications
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var applications = api.MapGroup("/auth/applications").WithTags("Sign-in");
        applications.MapGet("", ListAsync).RequireSession()
            .WithName("ListApplications").WithSummary("The applications that you let act for you, newest first")
            .Produces<Page<ApplicationSummary>>()
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        applications.MapDelete("/{id}", RevokeAsync).RequireSession()
            .WithName("RevokeApplication").WithSummary("Ends what you let an application have, from its next request on")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListAsync(
        SignedIn who, IdentityDbContext db, IOptions<IdentityOptions> options, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var usedAfter = now - options.Value.SessionIdleMax;
        var rows = await db.Sessions.AsNoTracking()
            .Where(row => row.UserId == who.Caller.User && row.ClientId != null && row.EndedAt == null)
            .Where(row => row.ExpiresAt > now && row.LastUsedAt > usedAfter)
            .OrderByDescending(row => row.CreatedAt)
            .Take(options.Value.SessionsPerUserMax)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<ApplicationSummary>(
            rows.ConvertAll(static row => new ApplicationSummary(
                row.SessionId, row.ClientId!.Value, row.Client, [.. Scopes.Split(row.Scopes ?? "").Order(StringComparer.Ordinal)],
                row.CreatedAt, row.LastUsedAt, row.ExpiresAt)),
            null));
    }

    private static async Task<IResult> RevokeAsync(
        string id, SignedIn who, OwnSessions sessions, CancellationToken cancellationToken) =>
        !SessionId.TryParse(id, null, out var session) ? OwnSessions.NotFound.Problem()
        : (await sessions.RevokeApplicationAsync(who, session, cancellationToken)).ToNoContent();
}
