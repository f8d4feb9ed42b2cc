using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.Scim.Users;
using CodexOS.Platform.Options;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Identity.Scim;

/// <summary>The part of the module by which identity providers make, change and remove members.</summary>
internal static class ScimRegistration
{
    public static void AddScim(this IServiceCollection services)
    {
        services.AddValidated<ScimOptions>(ScimOptions.Section);
        services.AddSingleton<ScimRoutes>();

        // Users are members
        services.AddSingleton<ScimUserReader>();
        services.AddSingleton<ScimUserStore>();

        // Groups give roles
        services.AddSingleton<ScimGroupStore>();
        services.AddSingleton<ScimRoles>();
    }
}
