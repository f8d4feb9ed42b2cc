using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Setup;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tenants;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Identity;

/// <summary>Who signs in, and what they may do.</summary>
public sealed class IdentityModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidated<IdentityOptions>(IdentityOptions.Section);
        services.AddValidation();
        services.AddModuleDbContext<IdentityDbContext>(IdentityDbContext.SchemaName);
        services.AddOwnedIds<SessionId>(IdentityDbContext.SchemaName, "sessions", "session_id");

        // Sign-in: throttle → verify → session → tokens
        services.AddSingleton<SignIn.SignIn>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<SessionStarter>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<SigningKeys>();

        // Every request after it, and the sessions themselves
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<SessionRefresh>();
        services.AddSingleton<OwnSessions>();

        // The first run
        services.AddSingleton<FirstOwner>();
        services.AddSingleton<SetupLink>();

        // Further tenants
        services.AddSingleton<OwnerLinks>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<IQuota, MembersQuota>();
        if (ProcessRoles.Of(builder).OffersApi) services.AddHostedService<SetupAtStart>();
        services.TryAddSingleton<ISetupAnnouncement, SetupOnConsole>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        SetupEndpoints.Map(api);
        AuthEndpoints.Map(api);
        TenantEndpoints.Map(api);
        TenantQuotaEndpoints.Map(api);
    }
}
