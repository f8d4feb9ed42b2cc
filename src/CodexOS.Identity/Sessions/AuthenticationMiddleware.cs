using CodexOS.Identity.ApiKeys;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Hubs;
using CodexOS.Identity.OAuth.Tokens;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// Finds out who makes a request from its bearer token, which is an access token or an API key, or from its ticket to a hub,
/// and puts the answer on the request: a caller, or the reason why there is none. It refuses nothing; what an endpoint asks
/// of its caller is decided after it.
/// </summary>
internal sealed class AuthenticationMiddleware(
    RequestDelegate next, AccessTokens tokens, SessionDirectory sessions, ServiceTokenDirectory serviceTokens,
    ApiKeyDirectory keys, HubTickets tickets)
{
    private const string Scheme = "Bearer ";

    private static readonly Fault BadToken = new(
        "identity.bad_token",
        FaultKind.NotSignedIn,
        "The access token is malformed, expired or not from here. Refresh the session, or sign in again.");

    private static readonly Fault BadApiKey = new(
        "identity.bad_api_key",
        FaultKind.NotSignedIn,
        "The API key is mistyped, revoked, expired or not from here, or its owner is out. Make a new one.");

    private static readonly Fault BadTicket = new(
        "identity.bad_hub_ticket",
        FaultKind.NotSignedIn,
        "The ticket was used, is older than half a minute, or its session is over. Get another with POST /api/v1/auth/hub-tickets.");

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization is { Count: > 0 } header)
        {
            var token = header is [{ } value] && value.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
                ? value[Scheme.Length..].Trim()
                : "";
            Put(context, token.StartsWith(ApiKey.Prefix, StringComparison.Ordinal)
                ? await OfKeyAsync(context, token)
                : await OfTokenAsync(context, token));
        }
        else if (TicketOf(context) is { } ticket)
        {
            Put(context, await OfTicketAsync(context, ticket));
        }

        await next(context);
    }

    /// <summary>
    /// A browser cannot put a header on a WebSocket, so a page names a ticket in the address of a hub. That is taken there
    /// only, and no cookie is: a page of another site has no ticket to name.
    /// </summary>
    private static string? TicketOf(HttpContext context) =>
        context.Request.Path.StartsWithSegments(HubEntry.Path, StringComparison.Ordinal)
        && (context.Request.Headers.Upgrade.ToString().Equals("websocket", StringComparison.OrdinalIgnoreCase)
            || context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true })
        && context.Request.Query[HubEntry.TicketName] is [{ Length: > 0 } ticket]
            ? ticket
            : null;

    private static void Put(HttpContext context, Result<Caller> found)
    {
        if (found.TryGet(out var caller, out var fault))
        {
            context.Features.Set(caller);
        }
        else
        {
            context.Features.Set(new AuthenticationFault(fault));
            IdentityTelemetry.CountRefusedToken(fault.Code);
        }
    }

    private async ValueTask<Result<Caller>> OfTokenAsync(HttpContext context, string token)
    {
        switch (await tokens.VerifyAsync(token))
        {
            case AccessTokenClaims.OfSession claims:
                if (await sessions.FindAsync(claims, context.RequestAborted) is not { } who) return SessionRefresh.SessionEnded;
                context.Features.Set(new CallerLookup(async stop => (await sessions.FindAsync(claims, stop))?.Caller));
                context.Features.Set(who);
                return who.Caller;
            case AccessTokenClaims.OfService claims:
                if (await serviceTokens.FindAsync(claims, context.RequestAborted) is not { } holder) return BadToken;
                context.Features.Set(new CallerLookup(async stop => (await serviceTokens.FindAsync(claims, stop))?.Caller));
                return CallerOf(context, holder);
            default:
                return BadToken;
        }
    }

    private async ValueTask<Result<Caller>> OfTicketAsync(HttpContext context, string ticket)
    {
        if (await tickets.UseAsync(ticket, context.RequestAborted) is not { } session) return BadTicket;
        if (await sessions.FindAsync(session, context.RequestAborted) is not { } who) return BadTicket;
        context.Features.Set(new CallerLookup(async stop => (await sessions.FindAsync(session, stop))?.Caller));
        context.Features.Set(who);
        return who.Caller;
    }

    private async ValueTask<Result<Caller>> OfKeyAsync(HttpContext context, string text)
    {
        if (!ApiKey.TryParse(text, out var key) || await keys.FindAsync(key, context.RequestAborted) is not { } holder)
            return BadApiKey;
        context.Features.Set(new CallerLookup(async stop => (await keys.FindAsync(key, stop))?.Caller));
        return CallerOf(context, holder);
    }

    private static Caller CallerOf(HttpContext context, KeyHolder holder)
    {
        context.Features.Set(holder);
        if (holder.Kind is SubjectKind.ServiceAccount)
            context.Features.Set(new AuditActor(AuditActorKind.ServiceAccount, holder.Caller.User.ToString()));
        return holder.Caller;
    }
}
