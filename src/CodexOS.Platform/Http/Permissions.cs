using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Platform.Http;

/// <summary>What an endpoint asks of its caller.</summary>
/// <param name="Permission">The permission, as <c>resource:action</c>; null asks only for a signed-in caller.</param>
public sealed record RequiredPermission(string? Permission);

/// <summary>Lets certain requests through without a caller, for instance those of a scraper on the same machine.</summary>
/// <param name="Allows">Which.</param>
internal sealed record AnonymousWhen(Func<HttpContext, bool> Allows);

/// <summary>Every endpoint says what it asks of its caller; one that says nothing is refused.</summary>
public static class Permissions
{
    /// <summary>Lets only callers through who hold the permission.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredPermission(permission));

    /// <summary>Lets every signed-in caller through.</summary>
    public static TBuilder RequireSignIn<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredPermission(null));
}

/// <summary>Decides by the endpoint's metadata and the request's caller, and enters the caller's tenant.</summary>
internal sealed class PermissionMiddleware(RequestDelegate next, TenantContext tenants)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // What is no route is the router's own answer: nothing there, wrong method, wrong content type.
        if (context.GetEndpoint() is not RouteEndpoint endpoint
            || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null
            || endpoint.Metadata.GetMetadata<AnonymousWhen>() is { } rule && rule.Allows(context))
        {
            await next(context);
            return;
        }

        var caller = Caller.Of(context);
        if (caller is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.WriteAsync(context, context.Features.Get<AuthenticationFault>()?.Fault ?? NotSignedIn);
            return;
        }

        var required = endpoint.Metadata.GetMetadata<RequiredPermission>()
            ?? throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} does not say who may call it.");
        if (required.Permission is { } permission && !caller.Permissions.Contains(permission))
        {
            await Problems.WriteAsync(context, new Fault(
                "identity.not_allowed",
                FaultKind.NotAllowed,
                $"This needs the permission {permission}. Ask an administrator of your tenant for it."));
            return;
        }

        using (tenants.Enter(caller.Tenant)) await next(context);
    }

    private static Fault NotSignedIn { get; } = new(
        "identity.not_signed_in", FaultKind.NotSignedIn, "Sign in, and send the access token as a bearer token.");
}

/// <summary>Put on a request whose credentials were refused, so that the answer can say why.</summary>
/// <param name="Fault">Why.</param>
public sealed record AuthenticationFault(Fault Fault);
