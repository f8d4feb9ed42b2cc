using CodexOS.Identity.OAuth;
using CodexOS.Identity.SignIn;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.Hubs;

/// <summary>
/// Refuses at the door of hubs what no page of this server and no program sends: a WebSocket of another site's page, and an
/// access token in the address, where it would end up in logs.
/// </summary>
internal sealed class HubEntry(RequestDelegate next, Issuer server)
{
    /// <summary>Below which path hubs are.</summary>
    public const string Path = "/hubs";

    /// <summary>What a ticket is called in an address.</summary>
    public const string TicketName = "ticket";

    private static readonly Fault CrossSite = new(
        "identity.cross_site",
        FaultKind.NotAllowed,
        "A connection to a hub must come from the CodexOS page itself, or from a program, which sends no Origin.");

    private static readonly Fault TokenInAddress = new(
        "identity.token_in_address",
        FaultKind.Invalid,
        "An access token does not belong into an address, which ends up in logs. Send it in the Authorization header, or get a ticket "
        + "with POST /api/v1/auth/hub-tickets and name that as ticket.");

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal)) return next(context);
        if (!IsOwn(context)) return Problems.WriteAsync(context, CrossSite);
        return context.Request.Query.ContainsKey("access_token")
            ? Problems.WriteAsync(context, TokenInAddress)
            : next(context);
    }

    /// <summary>Programs send no origin. A page's is this server's, as it is asked for or as people reach it.</summary>
    private bool IsOwn(HttpContext context)
    {
        var origin = context.Request.Headers.Origin;
        if (origin.Count == 0 || RefreshCookie.CheckOrigin(context) is null) return true;
        return Uri.TryCreate(server.Url, UriKind.Absolute, out var known)
            && string.Equals(origin, known.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
    }
}
