using CodexOS.Identity.Access;
using CodexOS.Identity.ApiKeys;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Evidence;
using CodexOS.Identity.Grants;
using CodexOS.Identity.Hubs;
using CodexOS.Identity.Invitations;
using CodexOS.Identity.Mail;
using CodexOS.Identity.Members;
using CodexOS.Identity.OAuth;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Privacy;
using CodexOS.Identity.Profile;
using CodexOS.Identity.Projects;
using CodexOS.Identity.Recovery;
using CodexOS.Identity.Scim;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.ServiceAccounts;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Setup;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.SingleSignOn;
using CodexOS.Identity.Storage;
using CodexOS.Identity.Tenants;
using CodexOS.Identity.Tokens;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Http;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Quotas;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

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
        services.AddOwnedIds<ApiKeyId>(IdentityDbContext.SchemaName, "api_keys", "api_key_id");
        services.AddOwnedIds<GrantId>(IdentityDbContext.SchemaName, "resource_grants", "grant_id");
        services.AddOwnedIds<InvitationId>(IdentityDbContext.SchemaName, "invitations", "invitation_id");
        // People belong to no tenant; of the ids that look like theirs, those of service accounts do.
        services.AddOwnedIds<UserId>(IdentityDbContext.SchemaName, "service_accounts", "service_account_id");

        // Sign-in: throttle → verify → second factor → session → tokens
        services.AddSingleton<SignIn.SignIn>();
        services.AddSingleton<SignInCompletion>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<SignInChallenges>();
        services.AddSingleton<HubTickets>();
        services.AddSingleton<PasswordWords>();
        services.AddSingleton<SecondFactorCheck>();
        services.AddSingleton<PasskeySignIn>();
        services.AddSingleton<PasskeyChallenges>();
        services.AddSingleton<PasskeyCheck>();
        services.AddSingleton<IStepUp, StepUpOfSessions>();
        services.AddSingleton<ISeedSeal, FileSeedSeal>();
        services.AddSingleton<SeedRenewal>();
        services.AddHostedService(static provider => provider.GetRequiredService<SeedRenewal>());
        services.AddSingleton<SessionStarter>();
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<SigningKeys>();

        // Every request after it, and the sessions themselves
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<SessionRefresh>();
        services.AddSingleton<SessionConfirmation>();
        services.AddSingleton<OwnSessions>();
        services.AddSingleton<BrowserEntry>();
        services.AddSingleton<PasswordConfirmation>();
        services.AddSingleton<OwnSecondFactor>();
        services.AddSingleton<OwnPasskeys>();
        services.AddSingleton<OwnProfile>();
        services.AddSingleton<ForgottenPasswords>();
        services.AddSingleton<PasswordReset>();
        services.AddSingleton<SignInPolicyStore>();
        services.AddSingleton<ApiKeyDirectory>();
        services.AddSingleton<ApiKeyUse>();
        services.AddSingleton<KnownCallers>();

        // Who may do what: roles, grants, projects, keys, and who looks it over
        services.AddSingleton<RoleStore>();
        services.AddSingleton<GrantStore>();
        services.AddSingleton<ProjectStore>();
        services.AddSingleton<ProjectMemberStore>();
        services.AddSingleton<ProjectThingStore>();
        services.AddSingleton<IProjects>(static provider => provider.GetRequiredService<ProjectThingStore>());
        services.AddSingleton<AccessQuery>();
        services.AddSingleton<AccessReviewReader>();
        services.AddSingleton<ApiKeyStore>();
        services.AddSingleton<ServiceAccountStore>();
        services.AddSingleton<ApiKeyRotation>();

        // Members, and how they get in
        services.AddValidated<MailOptions>(MailOptions.Section);
        services.AddSingleton<MemberStore>();
        services.AddSingleton<InvitationStore>();
        services.AddSingleton<Joining>();
        services.AddSingleton<FileMailer>();
        services.AddSingleton<SmtpMailer>();
        services.TryAddSingleton<IMailer>(static provider =>
            provider.GetRequiredService<IOptions<MailOptions>>().Value.Host is { Length: > 0 }
                ? provider.GetRequiredService<SmtpMailer>()
                : provider.GetRequiredService<FileMailer>());

        // How other programs act for people and service accounts
        services.AddOAuth();
        services.AddOwnedIds<OAuthClientId>(IdentityDbContext.SchemaName, "oauth_clients", "client_id");

        // How identity providers sign people in
        services.AddSingleSignOn();
        services.AddSealedColumns<IdentityDbContext>();
        services.AddOwnedIds<SsoConnectionId>(IdentityDbContext.SchemaName, "sso_connections", "connection_id");

        // How they make, change and remove members
        services.AddScim();
        services.AddOwnedIds<ScimGroupId>(IdentityDbContext.SchemaName, "scim_groups", "group_id");

        // What is known of persons
        services.AddSingleton<IdentitySubjectData>();
        services.AddSingleton<ISubjectData>(static provider => provider.GetRequiredService<IdentitySubjectData>());
        services.AddSingleton<ISubjectDirectory>(static provider => provider.GetRequiredService<IdentitySubjectData>());
        services.AddSingleton<IRetainedData, RetainedSessions>();
        services.AddSingleton<IEvidenceSource, IdentityEvidence>();

        // The first run
        services.AddSingleton<FirstOwner>();
        services.AddSingleton<SetupLink>();
        services.AddSingleton<ServerAddress>();

        // Further tenants
        services.AddSingleton<OwnerLinks>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<ITenantRegister>(static provider => provider.GetRequiredService<TenantDirectory>());
        services.AddSingleton<IQuota, MembersQuota>();
        if (ProcessRoles.Of(builder).OffersApi)
        {
            services.AddHostedService<SetupAtStart>();
            services.AddHostedService(static provider => provider.GetRequiredService<ForgottenPasswords>());
        }

        services.TryAddSingleton<ISetupAnnouncement, SetupOnConsole>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        SetupEndpoints.Map(api);
        AuthEndpoints.Map(api);
        TenantEndpoints.Map(api);
        TenantQuotaEndpoints.Map(api);
        SecondFactorEndpoints.Map(api);
        PasskeyEndpoints.Map(api);
        ProfileEndpoints.Map(api);
        RecoveryEndpoints.Map(api);
        RoleEndpoints.Map(api);
        GrantEndpoints.Map(api);
        ProjectEndpoints.Map(api);
        AccessEndpoints.Map(api);
        OwnAccessEndpoints.Map(api);
        ApiKeyEndpoints.Map(api);
        ServiceAccountEndpoints.Map(api);
        MemberEndpoints.Map(api);
        InvitationEndpoints.Map(api);
        api.MapOAuth();
        api.MapSingleSignOn();
        ScimEndpoints.Map(api);
    }

    /// <inheritdoc />
    public void MapBeside(IEndpointRouteBuilder routes) => ProtocolEndpoints.MapWellKnown(routes);
}
