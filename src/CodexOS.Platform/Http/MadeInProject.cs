using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Http;

/// <summary>Lets an endpoint that makes things make them in a project, which <c>?project=NAME</c> names.</summary>
public static class MadeInProject
{
    /// <summary>The part of the query that names the project.</summary>
    public const string Query = "project";

    /// <summary>
    /// Lets callers through who hold the permission for the tenant, or in the project that the query names, and puts what was
    /// made into that project.
    /// </summary>
    /// <typeparam name="T">What the endpoint answers with.</typeparam>
    /// <param name="builder">The endpoint.</param>
    /// <param name="permission">The permission, as <c>resource:action</c>.</param>
    /// <param name="kind">The kind of thing, of <see cref="ResourceKinds"/>.</param>
    /// <param name="nameOf">The name of what was made.</param>
    public static RouteHandlerBuilder RequirePermissionOrProject<T>(
        this RouteHandlerBuilder builder, string permission, string kind, Func<T, string> nameOf) => builder
        .WithMetadata(new RequiredPermission(permission) { TakesProject = true, EnoughInProject = true })
        .WithMade(permission, kind, nameOf, static (T _) => true);

    /// <summary>
    /// Lets callers through who hold the permission for the tenant, and puts what was made into the project that the query
    /// names.
    /// </summary>
    /// <typeparam name="T">What the endpoint answers with.</typeparam>
    /// <param name="builder">The endpoint.</param>
    /// <param name="permission">The permission, as <c>resource:action</c>.</param>
    /// <param name="kind">The kind of thing, of <see cref="ResourceKinds"/>.</param>
    /// <param name="nameOf">The name of what was made.</param>
    /// <param name="isNew">
    /// Whether the thing was not there before. One that was stays where it is: the endpoint refuses it if it lies elsewhere.
    /// </param>
    public static RouteHandlerBuilder RequirePermissionToMake<T>(
        this RouteHandlerBuilder builder, string permission, string kind, Func<T, string> nameOf, Func<T, bool> isNew) => builder
        .WithMetadata(new RequiredPermission(permission) { TakesProject = true })
        .WithMade(permission, kind, nameOf, isNew);

    private static RouteHandlerBuilder WithMade<T>(
        this RouteHandlerBuilder builder, string permission, string kind, Func<T, string> nameOf, Func<T, bool> isNew) => builder
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            if (http.Request.Query[Query] is not { Count: > 0 } named) return await next(context);
            if (named is not [{ Length: > 0 } project]) return BadProject.Problem();
            var projects = http.RequestServices.GetRequiredService<IProjects>();
            var caller = Caller.Of(http)!;
            if (await projects.WhyNotAsync(project, permission, caller, http.RequestAborted) is { } fault)
                return fault.Problem();

            var answer = await next(context);
            if (MadeOf<T>(answer) is not { } made || !isNew(made)) return answer;
            // It is made: whether or not anybody waits for the answer, it belongs into its project. Never before it is made,
            // since a name that is taken would let somebody else's thing in.
            var thing = new Resource(kind, nameOf(made));
            return await projects.PutMadeAsync(project, thing, caller, CancellationToken.None) is { } outside
                ? outside.Problem()
                : answer;
        });

    /// <summary>What an endpoint made or found; null if it did neither.</summary>
    private static T? MadeOf<T>(object? answer) => answer switch
    {
        INestedHttpResult nested => MadeOf<T>(nested.Result),
        IValueHttpResult { Value: T made } => made,
        _ => default,
    };

    private static Fault BadProject { get; } =
        new("platform.bad_project", FaultKind.Invalid, "project must be the name of one project.");
}
