using CodexOS.Identity.Hubs;
using CodexOS.Identity.Sessions;
using Microsoft.AspNetCore.Builder;

namespace CodexOS.Identity.Contracts;

/// <summary>The module's place in the HTTP pipeline.</summary>
public static class IdentityPipeline
{
    /// <summary>
    /// Finds out who makes each request. Belongs before whatever decides by the caller. Afterwards the request has
    /// either a <c>Caller</c>, or an <c>AuthenticationFault</c>, or neither if it brought no credentials.
    /// </summary>
    public static IApplicationBuilder UseIdentity(this IApplicationBuilder app) =>
        app.UseMiddleware<HubEntry>().UseMiddleware<AuthenticationMiddleware>();
}
