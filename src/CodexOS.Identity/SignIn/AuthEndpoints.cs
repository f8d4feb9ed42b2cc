using System.Diagnostics;
using CodexOS.Identity.ApiKeys;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Hubs;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn.Logout;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Service;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Identity.SignIn;

/// <summary>The routes below <c>/api/v1/auth</c>.</summary>
internal static class AuthEndpoints
{
    private const int BodyBytesMax = 8 * 1024;
    private const int TenantsShownMax = 1_000;

    public static void Map(IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Sign-in").ServeAlways().WithMetadata(new RequestSizeLimitAttribute(BodyBytesMax));

        auth.MapPost("/sign-in", SignInAsync).AllowAnonymous()
            .WithName("SignIn").WithSummary("Sign in with email and password; who has a second factor gets a challenge (202)")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(413).ProducesProblem(429);
        auth.MapPost("/sign-in/second-factor", ContinueAsync).AllowAnonymous()
            .WithName("SignInWithSecondFactor").WithSummary("Finish a sign-in with a code of the authenticator, a recovery code or a passkey")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(413).ProducesProblem(429);
        auth.MapPost("/refresh", RefreshAsync).AllowAnonymous()
            .WithName("RefreshSession").WithSummary("Exchange a refresh token for new tokens")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(413);
        auth.MapPost("/sign-out", SignOutAsync).AllowAnonymous()
            .WithName("SignOut")
            .WithSummary("End the session and clear its cookie; 200 says where to sign out at the identity provider as well")
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(413);
        auth.MapGet("/me", MeAsync).RequireSignIn()
            .WithName("GetMe").WithSummary("Who is signed in, and what they may do")
            .ProducesProblem(401);
        auth.MapGet("/tenants", ListTenantsAsync).RequireSession()
            .WithName("ListOwnTenants").WithSummary("The tenants that the signed-in person can sign in to, the oldest first")
            .ProducesProblem(401).ProducesProblem(403);
        auth.MapGet("/sessions", ListSessionsAsync).RequireSession()
            .WithName("ListSessions").WithSummary("The living sessions of the signed-in user, newest first")
            .ProducesProblem(401).ProducesProblem(403);
        auth.MapPost("/hub-tickets", MakeHubTicketAsync).RequireSession()
            .WithName("CreateHubTicket")
            .WithSummary("A ticket for one connection of the page to a hub, named as ticket in its address; good for 30 seconds")
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(429);
        auth.MapDelete("/sessions/{id}", RevokeSessionAsync).RequireSession()
            .WithName("RevokeSession")
            .WithSummary("End one of the signed-in user's sessions. Needs step-up, with the password of who has no second factor.")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        auth.MapDelete("/sessions", RevokeOtherSessionsAsync).RequireSession()
            .WithName("RevokeOtherSessions")
            .WithSummary("End the signed-in user's sessions but this one. Needs step-up, with the password of who has no second factor.")
            .ProducesProblem(401).ProducesProblem(403);
    }

    private static async Task<Results<Ok<SessionTokens>, Accepted<SignInChallenge>, ProblemHttpResult>> SignInAsync(
        SignInRequest request, HttpContext context, SignIn signIn, BrowserEntry entry, CancellationToken cancellationToken)
    {
        // Another site must not be able to sign a browser in as somebody else, so setting the cookie is checked too.
        if (request.Transport is Transport.Cookie && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        var result = await signIn.SignInAsync(
            request.Email, request.Password, request.Tenant, Client.Of(context), cancellationToken);
        if (!result.TryGet(out var outcome, out var fault)) return TokenAnswers.Refuse(context, fault);
        switch (outcome)
        {
            case SignInOutcome.Finished(var issued):
                return TypedResults.Ok(await entry.EnterAsync(context, issued, request.Transport, cancellationToken));
            case SignInOutcome.Challenged(var challenge):
                context.Response.Headers.CacheControl = "no-store";
                return TypedResults.Accepted(
                    (string?)null, new SignInChallenge(challenge.Challenge, (int)challenge.Lifetime.TotalSeconds));
            default:
                throw new UnreachableException($"The sign-in ended as {outcome}.");
        }
    }

    private static async Task<Results<Ok<SessionTokens>, ProblemHttpResult>> ContinueAsync(
        SecondFactorRequest request, HttpContext context, SignIn signIn, BrowserEntry entry,
        CancellationToken cancellationToken)
    {
        if (request.Transport is Transport.Cookie && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        var result = await signIn.ContinueAsync(
            request.Challenge, new GivenFactor(request.Code, request.RecoveryCode, request.Passkey), Client.Of(context),
            cancellationToken);
        return result.TryGet(out var issued, out var fault)
            ? TypedResults.Ok(await entry.EnterAsync(context, issued, request.Transport, cancellationToken))
            : TokenAnswers.Refuse(context, fault);
    }

    private static async Task<Results<Ok<SessionTokens>, ProblemHttpResult>> RefreshAsync(
        RefreshRequest request, HttpContext context, SessionRefresh refresh, CancellationToken cancellationToken)
    {
        if (request.Transport is Transport.Cookie && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        var presented = request.Transport is Transport.Cookie ? RefreshCookie.Read(context) : request.RefreshToken;
        var result = await refresh.RefreshAsync(presented, cancellationToken);
        if (result.TryGet(out var issued, out var fault))
            return TypedResults.Ok(TokenAnswers.Deliver(context, issued, request.Transport));

        if (request.Transport is Transport.Cookie && presented is not null) RefreshCookie.Clear(context);
        return TokenAnswers.Refuse(context, fault);
    }

    /// <summary>
    /// Ends whatever session the request can prove to hold: by access token, by cookie, by refresh token. It succeeds
    /// without any, since then there is nothing left to end.
    /// </summary>
    private static async Task<Results<NoContent, Ok<SignedOut>, ProblemHttpResult>> SignOutAsync(
        SignOutRequest? request, HttpContext context, OwnSessions sessions, ProviderSignOut provider,
        CancellationToken cancellationToken)
    {
        var fromCookie = RefreshCookie.Read(context);
        if (fromCookie is not null && RefreshCookie.CheckOrigin(context) is { } crossSite)
            return TokenAnswers.Refuse(context, crossSite);

        (TenantId Tenant, SessionId Session)? ended = null;
        if (context.Features.Get<SignedIn>() is { } who) ended = await sessions.SignOutAsync(who, cancellationToken);
        foreach (var presented in (string?[])[fromCookie, request?.RefreshToken])
        {
            if (!RefreshToken.TryParse(presented, out var token)) continue;
            var other = await sessions.SignOutAsync(token, cancellationToken);
            ended ??= other;
        }

        if (fromCookie is not null) RefreshCookie.Clear(context);
        return ended is var (tenant, session) && await provider.AddressOfAsync(tenant, session, cancellationToken) is { } further
            ? TypedResults.Ok(new SignedOut(further))
            : TypedResults.NoContent();
    }

    private static async Task<Ok<Me>> MeAsync(
        Caller caller, HttpContext context, IdentityDbContext db, CancellationToken cancellationToken)
    {
        var tenant = await db.Tenants.Where(row => row.TenantId == caller.Tenant).Select(row => row.Name)
            .SingleAsync(cancellationToken);
        var email = await db.Users.Where(row => row.UserId == caller.User).Select(row => row.Email)
            .SingleOrDefaultAsync(cancellationToken);
        var role = context.Features.Get<SignedIn>()?.Standing.Role ?? context.Features.Get<KeyHolder>()?.Role
            ?? throw new InvalidOperationException("The caller has neither a session nor a key.");
        return TypedResults.Ok(new Me(
            new MeUser(caller.User, email, caller.Name),
            new MeTenant(caller.Tenant, tenant),
            role,
            [.. caller.Permissions.Order(StringComparer.Ordinal)],
            [
                .. caller.Grants.Select(grant => new MeGrant(grant.Resource.ToString(), grant.Permission))
                    .OrderBy(grant => grant.Resource, StringComparer.Ordinal).ThenBy(grant => grant.Permission),
            ],
            [
                .. caller.Projects.Select(static project => new MeProject(
                    project.Name, project.Role, [.. project.Permissions.Order(StringComparer.Ordinal)])),
            ],
            caller.Withheld is not null));
    }

    /// <summary>The tenants are what is looked for, so this query looks in all of them, for one user.</summary>
    private static async Task<Ok<Page<OwnTenant>>> ListTenantsAsync(
        SignedIn who, IdentityDbContext db, TenantContext tenants, CancellationToken cancellationToken)
    {
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        var own = await (
            from member in db.Memberships
            join tenant in db.Tenants on member.TenantId equals tenant.TenantId
            where member.UserId == who.Caller.User && member.State == MemberState.Active
            orderby member.CreatedAt
            select new OwnTenant(tenant.TenantId, tenant.Name, tenant.TenantId == who.Caller.Tenant))
            .IgnoreQueryFilters()
            .Take(TenantsShownMax)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<OwnTenant>(own, null));
    }

    private static async Task<Results<Ok<HubTicket>, ProblemHttpResult>> MakeHubTicketAsync(
        SignedIn who, HubTickets tickets, CancellationToken cancellationToken) =>
        (await tickets.MakeAsync(who, cancellationToken)).ToOk();

    private static async Task<Ok<Page<SessionSummary>>> ListSessionsAsync(
        SignedIn who, OwnSessions sessions, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<SessionSummary>(await sessions.ListAsync(who, cancellationToken), null));

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeOtherSessionsAsync(
        SignedIn who, OwnSessions sessions, CancellationToken cancellationToken) =>
        (await sessions.RevokeOthersAsync(who, cancellationToken)).ToNoContent();

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeSessionAsync(
        string id, SignedIn who, OwnSessions sessions, CancellationToken cancellationToken)
    {
        if (!SessionId.TryParse(id, null, out var session)) return OwnSessions.NotFound.Problem();
        var result = await sessions.RevokeAsync(who, session, cancellationToken);
        return result.ToNoContent();
    }
}
