using CodexOS.Identity.OAuth.Authorization;
using CodexOS.Identity.OAuth.Clients;
using CodexOS.Identity.OAuth.Devices;
using CodexOS.Identity.OAuth.Tokens;
using CodexOS.Platform.Options;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Identity.OAuth;

/// <summary>The authorization server's part of the module.</summary>
internal static class OAuthRegistration
{
    public static void AddOAuth(this IServiceCollection services)
    {
        services.AddValidated<OAuthOptions>(OAuthOptions.Section);
        services.AddSingleton<Issuer>();

        // Who asks
        services.AddSingleton<DynamicClients>();
        services.AddSingleton<ClientDirectory>();
        services.AddSingleton<ClientStore>();

        // What people allow: in the browser, and for devices
        services.AddSingleton<AuthorizationRequests>();
        services.AddSingleton<AuthorizationCodes>();
        services.AddSingleton<Consent>();
        services.AddSingleton<DeviceRequests>();

        // Tokens, from the exchange to their end
        services.AddSingleton<TokenEndpoint>();
        services.AddSingleton<IdTokens>();
        services.AddSingleton<ServiceTokenDirectory>();
        services.AddSingleton<TokenInspection>();
    }

    public static void MapOAuth(this IEndpointRouteBuilder api)
    {
        ProtocolEndpoints.Map(api);
        AuthorizationEndpoints.Map(api);
        DeviceEndpoints.Map(api);
        ClientEndpoints.Map(api);
        Applications.Map(api);
    }
}
