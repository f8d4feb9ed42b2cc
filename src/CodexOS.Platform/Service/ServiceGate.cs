using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Service;

/// <summary>Turns away what the present mode does not serve, with 503 and when to come back.</summary>
internal sealed class ServiceGate(RequestDelegate next, ServiceModes modes, IOptions<ServiceOptions> options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var mode = modes.Current;
        // Web files and unknown addresses are no endpoints: pages load, and say what their first request was told.
        if (mode.Mode is ServiceModeKind.Normal
            || context.GetEndpoint() is not RouteEndpoint endpoint
            || endpoint.Metadata.GetMetadata<ServedAlways>() is not null)
        {
            return next(context);
        }

        var method = context.Request.Method;
        if (mode.Mode is ServiceModeKind.ReadOnly && (HttpMethods.IsGet(method) || HttpMethods.IsHead(method)))
            return next(context);
        var because = mode.Reason is { } reason ? $" ({reason})" : "";
        return Problems.WriteAsync(context, mode.Mode is ServiceModeKind.ReadOnly
            ? new Fault(
                "platform.read_only",
                FaultKind.Unavailable,
                $"CodexOS takes no changes at the moment{because}. Looking works; try again later.")
            {
                RetryAfter = options.Value.RetryAfter,
            }
            : new Fault(
                "platform.maintenance",
                FaultKind.Unavailable,
                $"CodexOS is under maintenance{because}. Try again later; runs under way go on.")
            {
                RetryAfter = options.Value.RetryAfter,
            });
    }
}

/// <summary>Marks endpoints that serve in every mode.</summary>
internal sealed record ServedAlways;

/// <summary>Which endpoints serve in every mode.</summary>
public static class ServiceModeConventions
{
    /// <summary>Has an endpoint serve in maintenance too: what tells how the server is, and what ends maintenance.</summary>
    public static TBuilder ServeAlways<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new ServedAlways());
}
