using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Authorization;

namespace CodexOS.Host;

/// <summary>Refuses to start a server with an endpoint that does not say who may call it.</summary>
internal static class EndpointRules
{
    /// <summary>Checks all endpoints.</summary>
    /// <exception cref="InvalidOperationException">An endpoint says nothing; a bug.</exception>
    public static void Check(IEndpointRouteBuilder routes)
    {
        var silent = routes.DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<RequiredPermission>() is null
                && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)
            .Select(endpoint => endpoint.DisplayName)
            .ToList();
        if (silent.Count > 0)
        {
            throw new InvalidOperationException(
                $"These endpoints do not say who may call them: {string.Join(", ", silent)}. "
                + "Give each RequirePermission, RequireSignIn or AllowAnonymous.");
        }
    }
}
