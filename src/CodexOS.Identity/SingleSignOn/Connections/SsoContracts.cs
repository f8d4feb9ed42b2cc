using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.SingleSignOn.Providers;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>An identity provider that signs people of the tenant in, without its client secret.</summary>
/// <param name="Id">Names the connection.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Issuer">The provider, as it writes its own name.</param>
/// <param name="ClientId">What this installation is to the provider.</param>
/// <param name="Scopes">What is asked for.</param>
/// <param name="GroupsClaim">The claim that lists a person's groups.</param>
/// <param name="GroupRoles">Which role a group gives; of several, the first counts.</param>
/// <param name="DefaultRole">The role of whoever is in none of them; null refuses them.</param>
/// <param name="Provisioning">Whether somebody who has no account gets one at the first sign-in.</param>
/// <param name="Enforced">Whether members of its verified domains, owners apart, cannot sign in with a password.</param>
/// <param name="Enabled">Whether it is used.</param>
/// <param name="AcceptsSecondFactor">Whether a second factor that was given at the provider counts here.</param>
/// <param name="SecondFactorAcr">The <c>acr</c> value that stands for one, beside the <c>amr</c> value <c>mfa</c>.</param>
/// <param name="Domains">The domains that lead to it once they are verified.</param>
/// <param name="RedirectUri">What to register at the provider as the redirect address.</param>
/// <param name="PostLogoutRedirectUri">What to register as the address after signing out.</param>
/// <param name="BackchannelLogoutUri">What to register as the back-channel logout address.</param>
/// <param name="SignInUrl">A link that leads straight to the provider.</param>
/// <param name="AccountsCount">How many people have signed in through it.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When it was changed last.</param>
public sealed record SsoConnection(
    SsoConnectionId Id, string Name, string Issuer, string ClientId, string Scopes, string GroupsClaim,
    IReadOnlyList<GroupRole> GroupRoles, string? DefaultRole, bool Provisioning, bool Enforced, bool Enabled,
    bool AcceptsSecondFactor, string? SecondFactorAcr, IReadOnlyList<SsoDomain> Domains, string RedirectUri,
    string PostLogoutRedirectUri, string BackchannelLogoutUri, string SignInUrl, int AccountsCount, long Revision,
    DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);

/// <summary>The role that a group at the provider gives here.</summary>
public sealed record GroupRole
{
    /// <summary>The group, as the provider writes it.</summary>
    [Required(ErrorMessage = "Name the group.")]
    [StringLength(256, MinimumLength = 1, ErrorMessage = "A group has 1 to 256 characters.")]
    public string Group { get; init; } = "";

    /// <summary>The name of the role.</summary>
    [Required(ErrorMessage = "Name the role that the group gives.")]
    [StringLength(40, MinimumLength = 1, ErrorMessage = "There is no role with so long a name.")]
    public string Role { get; init; } = "";
}

/// <summary>What a connection consists of. What is left out stays as it is, or gets its default in a new one.</summary>
public abstract record SsoConnectionSettings
{
    /// <summary>Most groups that give a role.</summary>
    public const int GroupRolesMax = 200;

    /// <summary>The provider's issuer, as it stands in its metadata.</summary>
    [StringLength(ProviderAddress.LengthMax, ErrorMessage = "An issuer has at most 500 characters.")]
    public string? Issuer { get; init; }

    /// <summary>How the connection is shown to people.</summary>
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A name has 1 to 100 characters.")]
    public string? Name { get; init; }

    /// <summary>What this installation is to the provider.</summary>
    [StringLength(500, MinimumLength = 1, ErrorMessage = "A client id has 1 to 500 characters.")]
    public string? ClientId { get; init; }

    /// <summary>The secret that goes with it. It is sealed, and nobody can read it again.</summary>
    [StringLength(2_000, MinimumLength = 1, ErrorMessage = "A client secret has 1 to 2000 characters.")]
    public string? ClientSecret { get; init; }

    /// <summary>
    /// What is asked for, separated by spaces: <c>openid email profile</c> unless the provider needs more for groups.
    /// </summary>
    [StringLength(500, ErrorMessage = "Scopes have at most 500 characters.")]
    [RegularExpression(
        @"^openid( [\x21\x23-\x5B\x5D-\x7E]+)*$",
        ErrorMessage = "Scopes are words separated by single spaces, and openid is the first.")]
    public string? Scopes { get; init; }

    /// <summary>The claim that lists a person's groups, <c>groups</c> by default.</summary>
    [StringLength(100, MinimumLength = 1, ErrorMessage = "A claim has 1 to 100 characters.")]
    public string? GroupsClaim { get; init; }

    /// <summary>
    /// Which role a group gives; of several, the first counts. With any listed, roles are set at every sign-in; with none,
    /// only a new member is given the default role.
    /// </summary>
    [MaxLength(GroupRolesMax, ErrorMessage = "A connection lists at most 200 groups.")]
    public IReadOnlyList<GroupRole>? GroupRoles { get; init; }

    /// <summary>The role of whoever is in none of the groups; an empty text refuses them.</summary>
    [StringLength(40, ErrorMessage = "There is no role with so long a name.")]
    public string? DefaultRole { get; init; }

    /// <summary>Whether somebody who has no account gets one at the first sign-in. Off by default.</summary>
    public bool? Provisioning { get; init; }

    /// <summary>Whether members of its verified domains, owners apart, cannot sign in with a password. Off by default.</summary>
    public bool? Enforced { get; init; }

    /// <summary>Whether it is used. On by default.</summary>
    public bool? Enabled { get; init; }

    /// <summary>
    /// Whether a second factor that was given at the provider counts here: it says so by the <c>amr</c> value <c>mfa</c>
    /// (RFC 8176) or the <c>acr</c> value below. Off by default.
    /// </summary>
    public bool? AcceptsSecondFactor { get; init; }

    /// <summary>
    /// The <c>acr</c> value that stands for a second factor, which is then also asked for; an empty text is none.
    /// </summary>
    [StringLength(200, ErrorMessage = "An acr value has at most 200 characters.")]
    public string? SecondFactorAcr { get; init; }
}

/// <summary>A connection to make. Issuer, name, client id and client secret have to be there.</summary>
public sealed record CreateSsoConnectionRequest : SsoConnectionSettings;

/// <summary>A change of a connection: what is left out stays.</summary>
public sealed record UpdateSsoConnectionRequest : SsoConnectionSettings
{
    /// <summary>The revision that the change was made for; another one refuses it. Left out, it is not checked.</summary>
    public long? Revision { get; init; }
}

/// <summary>A domain whose addresses lead to a connection.</summary>
/// <param name="Domain">The domain, in its ASCII spelling.</param>
/// <param name="Connection">Where it leads.</param>
/// <param name="RecordName">The name of the TXT record that shows whose it is.</param>
/// <param name="RecordValue">What the record has to hold.</param>
/// <param name="VerifiedAt">When it was shown; null until then, and it leads nowhere.</param>
/// <param name="VerifiedBy">How it was shown.</param>
public sealed record SsoDomain(
    string Domain, SsoConnectionId Connection, string RecordName, string RecordValue, DateTimeOffset? VerifiedAt,
    DomainProof? VerifiedBy);

/// <summary>A domain to add to a connection.</summary>
public sealed record AddSsoDomainRequest
{
    /// <summary>The domain, such as <c>example.org</c>. Each subdomain is one of its own.</summary>
    [Required(ErrorMessage = "Name the domain.")]
    [StringLength(253, MinimumLength = 1, ErrorMessage = "A domain has 1 to 253 characters.")]
    public string Domain { get; init; } = "";

    /// <summary>The connection that its addresses lead to.</summary>
    [Required(ErrorMessage = "Name the connection.")]
    public SsoConnectionId Connection { get; init; }
}

/// <summary>What a test of a connection found.</summary>
/// <param name="Works">Whether people can sign in, as far as that can be seen without one.</param>
/// <param name="Checks">What was looked at, in order; what follows a failure is not looked at.</param>
public sealed record SsoConnectionTest(bool Works, IReadOnlyList<SsoCheck> Checks);

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Message">What that means, and what to do.</param>
public sealed record SsoCheck(string Name, SsoCheckOutcome Outcome, string Message);

/// <summary>How a check came out.</summary>
public enum SsoCheckOutcome
{
    /// <summary>As it should.</summary>
    Ok,

    /// <summary>People can sign in, but something is missing.</summary>
    Warning,

    /// <summary>Nobody can sign in.</summary>
    Failed,
}
