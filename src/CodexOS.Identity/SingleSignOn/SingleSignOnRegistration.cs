using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.SingleSignOn.Logout;
using CodexOS.Identity.SingleSignOn.Providers;
using CodexOS.Platform.Options;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Identity.SingleSignOn;

/// <summary>The part of the module that lets people sign in at their tenant's identity provider.</summary>
internal static class SingleSignOnRegistration
{
    public static void AddSingleSignOn(this IServiceCollection services)
    {
        services.AddValidated<SingleSignOnOptions>(SingleSignOnOptions.Section);

        // What a tenant sets up
        services.AddSingleton<ConnectionStore>();
        services.AddSingleton<ConnectionTester>();
        services.AddSingleton<DomainStore>();
        services.AddSingleton<ITxtRecords, SystemTxtRecords>();

        // What providers say
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<ProviderDirectory>();
        services.AddSingleton<ProviderClient>();
        services.AddSingleton<ProviderTokens>();

        // Signing in: start → provider → answer → account → session
        services.AddSingleton<SsoStart>();
        services.AddSingleton<ProviderAnswers>();
        services.AddSingleton<SsoAccounts>();
        services.AddSingleton<SsoSignIn>();

        // Signing out, on either side
        services.AddSingleton<ProviderSignOut>();
        services.AddSingleton<BackchannelLogout>();
    }

    public static void MapSingleSignOn(this IEndpointRouteBuilder api)
    {
        ConnectionEndpoints.Map(api);
        SsoEndpoints.Map(api);
    }
}
