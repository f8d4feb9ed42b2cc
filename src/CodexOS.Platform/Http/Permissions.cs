using CodexOS.Platform.Faults;
using CodexOS.Platform.Service;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Http;

/// <summary>What an endpoint asks of its caller.</summary>
/// <param name="Permission">The permission, as <c>resource:action</c>; null asks only for a signed-in caller.</param>
public sealed record RequiredPermission(string? Permission)
{
    /// <summary>The one thing that a call is about; null where it is about the tenant's things as a whole.</summary>
    public NamedResource? Resource { get; init; }

    /// <summary>Who knows about which one thing a call is, where the address names something that belongs to it.</summary>
    public NamedThrough? Through { get; init; }

    /// <summary>Whether it is enough to hold it on some things: the endpoint then shows no others.</summary>
    public bool Somewhere { get; init; }

    /// <summary>Whether what the endpoint makes can be put into the project that the query names.</summary>
    public bool TakesProject { get; init; }

    /// <summary>Whether it is enough to hold it in that project.</summary>
    public bool EnoughInProject { get; init; }

    /// <summary>Whether a person has to be signed in: an API key or an application is not enough.</summary>
    public bool SessionOnly { get; init; }
}

/// <summary>Where in an address the thing is that a call is about.</summary>
/// <param name="Kind">One of <see cref="ResourceKinds"/>.</param>
/// <param name="RouteValue">The part of the route that names it.</param>
public sealed record NamedResource(string Kind, string RouteValue);

/// <summary>Where in an address something is that belongs to the thing that a call is about.</summary>
/// <param name="Finder">Who knows to which; an <see cref="IThingFinder"/>.</param>
/// <param name="RouteValue">The part of the route that names it.</param>
public sealed record NamedThrough(Type Finder, string RouteValue);

/// <summary>Knows which one thing stands behind something that an address names, as an agent behind a run.</summary>
public interface IThingFinder
{
    /// <summary>What lets somebody see what the address names, as <c>resource:action</c>.</summary>
    string SeePermission { get; }

    /// <summary>The thing; null if the address names nothing, or what belongs to no one thing.</summary>
    Task<Resource?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>What is said where the address names nothing.</summary>
    Fault NotFound(string name);
}

/// <summary>Lets certain requests through without a caller, for instance those of a scraper on the same machine.</summary>
/// <param name="Allows">Which.</param>
internal sealed record AnonymousWhen(Func<HttpContext, bool> Allows);

/// <summary>Asks for the second factor once more.</summary>
internal sealed record StepUpRequired;

/// <summary>Knows whether a caller has given a second factor once more.</summary>
public interface IStepUp
{
    /// <summary>What is said to a caller who has not; null if there is nothing to ask for.</summary>
    Task<Fault?> FaultOfAsync(HttpContext context, CancellationToken cancellationToken);
}

/// <summary>Every endpoint says what it asks of its caller; one that says nothing is refused.</summary>
public static class Permissions
{
    /// <summary>Lets only callers through who hold the permission.</summary>
    public static TBuilder RequirePermission<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredPermission(permission));

    /// <summary>
    /// Lets callers through who hold the permission, for everything of the tenant or for the one thing that the address
    /// names.
    /// </summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="permission">The permission, as <c>resource:action</c>.</param>
    /// <param name="kind">The kind of thing, of <see cref="ResourceKinds"/>.</param>
    /// <param name="routeValue">The part of the route that names it.</param>
    public static TBuilder RequirePermission<TBuilder>(
        this TBuilder builder, string permission, string kind, string routeValue)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(
        new RequiredPermission(permission) { Resource = new NamedResource(kind, routeValue) });

    /// <summary>
    /// Lets callers through who hold the permission, for everything of the tenant or for the one thing behind what the address
    /// names. Who cannot see that is told the same as if it were not there.
    /// </summary>
    /// <typeparam name="TFinder">Who knows the thing; a service.</typeparam>
    /// <param name="builder">The endpoint.</param>
    /// <param name="permission">The permission, as <c>resource:action</c>.</param>
    /// <param name="routeValue">The part of the route that names what belongs to the thing.</param>
    public static RouteHandlerBuilder RequirePermissionThrough<TFinder>(
        this RouteHandlerBuilder builder, string permission, string routeValue)
        where TFinder : IThingFinder => builder.WithMetadata(
        new RequiredPermission(permission) { Through = new NamedThrough(typeof(TFinder), routeValue) });

    /// <summary>
    /// Lets callers through who hold the permission, for everything of the tenant or for some things. The endpoint shows each
    /// of them only what they hold it on (<see cref="Caller.NamesWith"/>).
    /// </summary>
    public static TBuilder RequirePermissionSomewhere<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredPermission(permission) { Somewhere = true });

    /// <summary>Lets only callers through who hold the permission and are signed in themselves, not through a program.</summary>
    public static TBuilder RequireSessionWith<TBuilder>(this TBuilder builder, string permission)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredPermission(permission) { SessionOnly = true });

    /// <summary>
    /// Asks a person who has a second factor to have given it once more a short while ago. An API key or an application was
    /// given this permission by name, and has no second factor.
    /// </summary>
    public static TBuilder RequireStepUp<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new StepUpRequired());

    /// <summary>Lets every signed-in caller through, also by an API key or through an application.</summary>
    public static TBuilder RequireSignIn<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredPermission(null));

    /// <summary>Lets every person through who is signed in; API keys and applications are refused.</summary>
    public static TBuilder RequireSession<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredPermission(null) { SessionOnly = true });
}

/// <summary>Decides by the endpoint's metadata and the request's caller, and enters the caller's tenant.</summary>
internal sealed class PermissionMiddleware(RequestDelegate next, TenantContext tenants, IMovingTenants moving)
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
        if (await FaultOfAsync(required, caller, context) is { } fault)
        {
            await Problems.WriteAsync(context, fault);
            return;
        }

        if (moving.IsMoving(caller.Tenant) && endpoint.Metadata.GetMetadata<ServedAlways>() is null)
        {
            await Problems.WriteAsync(context, TenantMovingException.Moving);
            return;
        }

        using (tenants.Enter(caller.Tenant))
        {
            if (endpoint.Metadata.GetMetadata<StepUpRequired>() is not null)
            {
                var stepUp = context.RequestServices.GetRequiredService<IStepUp>();
                if (await stepUp.FaultOfAsync(context, context.RequestAborted) is { } asked)
                {
                    await Problems.WriteAsync(context, asked);
                    return;
                }
            }

            await next(context);
        }
    }

    private async Task<Fault?> FaultOfAsync(RequiredPermission required, Caller caller, HttpContext context)
    {
        if (required.SessionOnly && caller.Proof is not CallerProof.Session) return SessionNeeded;
        if (required.Permission is not { } permission || caller.Lacks(permission) is not { } fault) return null;
        if (required.Through is { } through) return await FaultOfAsync(through, permission, fault, caller, context);
        var isHeld =
            (required.Somewhere && caller.MaySomewhere(permission))
            || (required.Resource is { } named && context.GetRouteValue(named.RouteValue) is string name
                && caller.May(permission, new Resource(named.Kind, name)))
            || (required.EnoughInProject && context.Request.Query[MadeInProject.Query] is [{ Length: > 0 } project]
                && caller.May(permission, new Resource(ResourceKinds.Project, project)));
        return isHeld ? null : fault;
    }

    /// <summary>
    /// What somebody sees tells them that it is there, so they learn what they lack. Who sees none of its kind learns that too,
    /// and everybody else no more than that there may be nothing.
    /// </summary>
    private async Task<Fault?> FaultOfAsync(
        NamedThrough through, string permission, Fault fault, Caller caller, HttpContext context)
    {
        var finder = (IThingFinder)context.RequestServices.GetRequiredService(through.Finder);
        var seesAll = caller.May(finder.SeePermission);
        if (!caller.MaySomewhere(permission) && (seesAll || !caller.MaySomewhere(finder.SeePermission))) return fault;
        if (context.GetRouteValue(through.RouteValue) is not string name) return fault;
        Resource? found;
        using (tenants.Enter(caller.Tenant)) found = await finder.FindAsync(name, context.RequestAborted);
        if (found is { } thing && caller.May(permission, thing)) return null;
        var isSeen = seesAll || (found is { } seen && caller.May(finder.SeePermission, seen));
        return isSeen ? fault : finder.NotFound(name);
    }

    private static Fault SessionNeeded { get; } = new(
        "identity.session_needed",
        FaultKind.NotAllowed,
        "This is for a person who is signed in: neither an API key nor an application can do it.");

    private static Fault NotSignedIn { get; } = new(
        "identity.not_signed_in", FaultKind.NotSignedIn, "Sign in, and send the access token as a bearer token.");
}

/// <summary>Put on a request whose credentials were refused, so that the answer can say why.</summary>
/// <param name="Fault">Why.</param>
public sealed record AuthenticationFault(Fault Fault);
