using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Projects;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CodexOS.Identity.Storage;

/// <summary>
/// What the module stores. What belongs to a tenant is filtered by it; the few queries that must find the tenant first
/// (sign-in by email, refresh by token, a request by API key, an invitation by its link) say so with
/// <c>IgnoreQueryFilters</c>, and to PostgreSQL with <see cref="IdentityWork"/>.
/// </summary>
internal sealed class IdentityDbContext(DbContextOptions<IdentityDbContext> options, TenantContext tenants)
    : ModuleDbContext(options, tenants)
{
    public const string SchemaName = "identity";

    public DbSet<TenantRow> Tenants => Set<TenantRow>();

    public DbSet<UserRow> Users => Set<UserRow>();

    public DbSet<MembershipRow> Memberships => Set<MembershipRow>();

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<RefreshTokenRow> RefreshTokens => Set<RefreshTokenRow>();

    public DbSet<SetupStateRow> SetupState => Set<SetupStateRow>();

    public DbSet<OwnerLinkRow> OwnerLinks => Set<OwnerLinkRow>();

    public DbSet<RoleRow> Roles => Set<RoleRow>();

    public DbSet<GrantRow> Grants => Set<GrantRow>();

    public DbSet<ProjectRow> Projects => Set<ProjectRow>();

    public DbSet<ProjectMemberRow> ProjectMembers => Set<ProjectMemberRow>();

    public DbSet<ProjectThingRow> ProjectThings => Set<ProjectThingRow>();

    public DbSet<ServiceAccountRow> ServiceAccounts => Set<ServiceAccountRow>();

    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    public DbSet<InvitationRow> Invitations => Set<InvitationRow>();

    public DbSet<TotpFactorRow> TotpFactors => Set<TotpFactorRow>();

    public DbSet<RecoveryCodeRow> RecoveryCodes => Set<RecoveryCodeRow>();

    public DbSet<SignInChallengeRow> SignInChallenges => Set<SignInChallengeRow>();

    public DbSet<HubTicketRow> HubTickets => Set<HubTicketRow>();

    public DbSet<PasskeyRow> Passkeys => Set<PasskeyRow>();

    public DbSet<PasskeyChallengeRow> PasskeyChallenges => Set<PasskeyChallengeRow>();

    public DbSet<PasswordResetRow> PasswordResets => Set<PasswordResetRow>();

    public DbSet<OAuthClientRow> OAuthClients => Set<OAuthClientRow>();

    public DbSet<OAuthCodeRow> OAuthCodes => Set<OAuthCodeRow>();

    public DbSet<DeviceRequestRow> DeviceRequests => Set<DeviceRequestRow>();

    public DbSet<RevokedTokenRow> RevokedTokens => Set<RevokedTokenRow>();

    public DbSet<SsoConnectionRow> SsoConnections => Set<SsoConnectionRow>();

    public DbSet<SsoDomainRow> SsoDomains => Set<SsoDomainRow>();

    public DbSet<SsoAccountRow> SsoAccounts => Set<SsoAccountRow>();

    public DbSet<SsoAttemptRow> SsoAttempts => Set<SsoAttemptRow>();

    public DbSet<SsoSignInRow> SsoSignIns => Set<SsoSignInRow>();

    public DbSet<SsoLogoutTokenRow> SsoLogoutTokens => Set<SsoLogoutTokenRow>();

    public DbSet<ScimUserRow> ScimUsers => Set<ScimUserRow>();

    public DbSet<ScimGroupRow> ScimGroups => Set<ScimGroupRow>();

    public DbSet<ScimGroupMemberRow> ScimGroupMembers => Set<ScimGroupMemberRow>();

    /// <summary>
    /// The memberships that let somebody sign in, those longest held first: active ones, of tenants that are not disabled.
    /// </summary>
    public IQueryable<MembershipRow> OpenMemberships => Memberships
        .Where(member => member.State == MemberState.Active
            && Tenants.Any(tenant => tenant.TenantId == member.TenantId && tenant.DisabledAt == null))
        .OrderBy(member => member.CreatedAt);

    protected override string Schema => SchemaName;

    protected override void Map(ModelBuilder model)
    {
        model.Entity<TenantRow>().ToTable("tenants").HasKey(row => row.TenantId);
        model.Entity<UserRow>().ToTable("users").HasKey(row => row.UserId);
        model.Entity<UserRow>().HasIndex(row => row.EmailKey).IsUnique();
        model.Entity<MembershipRow>().ToTable("memberships").HasKey(row => new { row.TenantId, row.UserId });
        model.Entity<SessionRow>().ToTable("sessions").HasKey(row => row.SessionId);
        model.Entity<RefreshTokenRow>().ToTable("refresh_tokens").HasKey(row => row.TokenHash);
        model.Entity<OwnerLinkRow>().ToTable("owner_links").HasKey(row => row.TokenHash);
        model.Entity<SetupStateRow>().ToTable("setup_state").HasKey(row => row.SetupStateId);
        model.Entity<SetupStateRow>().Property(row => row.SetupStateId).ValueGeneratedNever();

        model.Entity<RoleRow>().ToTable("roles").HasKey(row => row.RoleId);
        model.Entity<RoleRow>().Property(row => row.Revision).IsConcurrencyToken();
        model.Entity<GrantRow>().ToTable("resource_grants").HasKey(row => row.GrantId);
        model.Entity<ProjectRow>().ToTable("projects").HasKey(row => row.ProjectId);
        model.Entity<ProjectMemberRow>().ToTable("project_members").HasKey(row => new { row.ProjectId, row.SubjectId });
        model.Entity<ProjectThingRow>().ToTable("project_things")
            .HasKey(row => new { row.TenantId, row.ResourceKind, row.ResourceName });
        model.Entity<ServiceAccountRow>().ToTable("service_accounts").HasKey(row => row.ServiceAccountId);
        model.Entity<ApiKeyRow>().ToTable("api_keys").HasKey(row => row.ApiKeyId);
        model.Entity<InvitationRow>().ToTable("invitations").HasKey(row => row.InvitationId);
        model.Entity<TotpFactorRow>().ToTable("totp_factors").HasKey(row => row.UserId);
        model.Entity<RecoveryCodeRow>().ToTable("recovery_codes").HasKey(row => row.CodeHash);
        model.Entity<SignInChallengeRow>().ToTable("sign_in_challenges").HasKey(row => row.ChallengeHash);
        model.Entity<HubTicketRow>().ToTable("hub_tickets").HasKey(row => row.TicketHash);
        model.Entity<PasskeyRow>().ToTable("passkeys").HasKey(row => row.PasskeyId);
        model.Entity<PasskeyRow>().HasIndex(row => row.CredentialId).IsUnique();
        model.Entity<PasskeyChallengeRow>().ToTable("passkey_challenges").HasKey(row => row.ChallengeHash);
        model.Entity<PasswordResetRow>().ToTable("password_resets").HasKey(row => row.TokenHash);
        model.Entity<OAuthClientRow>().ToTable("oauth_clients").HasKey(row => new { row.TenantId, row.ClientId });
        model.Entity<OAuthCodeRow>().ToTable("oauth_codes").HasKey(row => row.CodeHash);
        model.Entity<DeviceRequestRow>().ToTable("oauth_device_requests").HasKey(row => row.DeviceHash);
        model.Entity<RevokedTokenRow>().ToTable("oauth_revoked_tokens").HasKey(row => new { row.TenantId, row.TokenId });
        model.Entity<SsoConnectionRow>().ToTable("sso_connections").HasKey(row => row.ConnectionId);
        model.Entity<SsoConnectionRow>().Property(row => row.Revision).IsConcurrencyToken();
        model.Entity<SsoConnectionRow>().Property(row => row.ClientSecret).IsRequired();
        model.Entity<SsoDomainRow>().ToTable("sso_domains").HasKey(row => new { row.TenantId, row.Domain });
        model.Entity<SsoAccountRow>().ToTable("sso_accounts").HasKey(row => new { row.ConnectionId, row.Subject });
        model.Entity<SsoAttemptRow>().ToTable("sso_attempts").HasKey(row => row.StateHash);
        model.Entity<SsoSignInRow>().ToTable("sso_sign_ins").HasKey(row => row.SignInId);
        model.Entity<SsoSignInRow>().Property(row => row.IdToken).IsRequired();
        model.Entity<SsoLogoutTokenRow>().ToTable("sso_logout_tokens").HasKey(row => new { row.ConnectionId, row.TokenId });
        model.Entity<ScimUserRow>().ToTable("scim_users").HasKey(row => new { row.TenantId, row.UserId });
        model.Entity<ScimGroupRow>().ToTable("scim_groups").HasKey(row => row.GroupId);
        model.Entity<ScimGroupMemberRow>().ToTable("scim_group_members").HasKey(row => new { row.GroupId, row.UserId });

        // Foreign keys without navigations: they order the inserts of one SaveChanges.
        model.Entity<MembershipRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<MembershipRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<SessionRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<SessionRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<OwnerLinkRow>().HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId);
        model.Entity<RefreshTokenRow>().HasOne<SessionRow>().WithMany().HasForeignKey(row => row.SessionId);
        model.Entity<ProjectMemberRow>().HasOne<ProjectRow>().WithMany().HasForeignKey(row => row.ProjectId);
        model.Entity<ProjectThingRow>().HasOne<ProjectRow>().WithMany().HasForeignKey(row => row.ProjectId);
        model.Entity<ApiKeyRow>().HasOne<ServiceAccountRow>().WithMany().HasForeignKey(row => row.ServiceAccountId);
        model.Entity<OAuthCodeRow>().HasOne<SessionRow>().WithMany().HasForeignKey(row => row.SessionId);
        model.Entity<SsoSignInRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<SsoAccountRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<SessionRow>().HasOne<SsoSignInRow>().WithMany().HasForeignKey(row => row.SsoSignInId);
        model.Entity<ScimUserRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<ScimGroupMemberRow>().HasOne<UserRow>().WithMany().HasForeignKey(row => row.UserId);
        model.Entity<ScimGroupMemberRow>().HasOne<ScimGroupRow>().WithMany().HasForeignKey(row => row.GroupId);
        model.Entity<SignInChallengeRow>().HasOne<SsoSignInRow>().WithMany().HasForeignKey(row => row.SsoSignInId);
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        MapId<SessionId>(configurationBuilder);
        MapId<RoleId>(configurationBuilder);
        MapId<GrantId>(configurationBuilder);
        MapId<ProjectId>(configurationBuilder);
        MapId<ApiKeyId>(configurationBuilder);
        MapId<InvitationId>(configurationBuilder);
        MapId<OAuthClientId>(configurationBuilder);
        MapId<SsoConnectionId>(configurationBuilder);
        MapId<SsoSignInId>(configurationBuilder);
        MapId<PasskeyId>(configurationBuilder);
        MapId<ScimGroupId>(configurationBuilder);
        configurationBuilder.MapSealed();
        configurationBuilder.Properties<Role>().HaveConversion<EnumAsWord<Role>>();
        configurationBuilder.Properties<UserState>().HaveConversion<EnumAsWord<UserState>>();
        configurationBuilder.Properties<MemberState>().HaveConversion<EnumAsWord<MemberState>>();
        configurationBuilder.Properties<OAuthClientKind>().HaveConversion<EnumAsWord<OAuthClientKind>>();
        configurationBuilder.Properties<PasskeyPurpose>().HaveConversion<EnumAsWord<PasskeyPurpose>>();
        configurationBuilder.Properties<DomainProof>().HaveConversion<EnumAsWord<DomainProof>>();
    }

    private sealed class EnumAsWord<TEnum>() : ValueConverter<TEnum, string>(
        value => value.ToString().ToLowerInvariant(), stored => Enum.Parse<TEnum>(stored, true))
        where TEnum : struct, Enum;
}
