namespace CodexOS.Client.Contracts;

/// <summary>An identity provider that signs people of the tenant in, without its client secret.</summary>
/// <param name="Id">Names the connection, <c>sso_…</c>.</param>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Issuer">The provider, as it writes its own name.</param>
/// <param name="ClientId">What the server is to the provider.</param>
/// <param name="Scopes">What is asked for.</param>
/// <param name="GroupsClaim">The claim that lists a person's groups.</param>
/// <param name="GroupRoles">Which role a group gives; of several, the first counts.</param>
/// <param name="Provisioning">Whether somebody who has no account gets one.</param>
/// <param name="Enforced">Whether members of its domains, owners apart, cannot sign in with a password.</param>
/// <param name="Enabled">Whether it is used.</param>
/// <param name="AcceptsSecondFactor">Whether a second factor that was given at the provider counts here.</param>
/// <param name="Domains">The domains that lead to it once they are verified.</param>
/// <param name="RedirectUri">What to register at the provider as the redirect address.</param>
/// <param name="PostLogoutRedirectUri">What to register as the address after signing out.</param>
/// <param name="BackchannelLogoutUri">What to register as the back-channel logout address.</param>
/// <param name="SignInUrl">A link that leads straight to the provider.</param>
/// <param name="AccountsCount">How many people have signed in through it.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="DefaultRole">The role of whoever is in none of the groups; null refuses them.</param>
/// <param name="SecondFactorAcr">The <c>acr</c> value that stands for a second factor.</param>
public sealed record SsoConnection(
    string Id, string Name, string Issuer, string ClientId, string Scopes, string GroupsClaim,
    IReadOnlyList<SsoGroupRole> GroupRoles, bool Provisioning, bool Enforced, bool Enabled, bool AcceptsSecondFactor,
    IReadOnlyList<SsoDomain> Domains, string RedirectUri, string PostLogoutRedirectUri, string BackchannelLogoutUri,
    string SignInUrl, int AccountsCount, long Revision, string? DefaultRole = null, string? SecondFactorAcr = null);

/// <summary>The role that a group at the provider gives.</summary>
/// <param name="Group">The group, as the provider writes it.</param>
/// <param name="Role">The name of the role.</param>
public sealed record SsoGroupRole(string Group, string Role);

/// <summary>A domain whose addresses lead to a connection.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Connection">Where it leads.</param>
/// <param name="RecordName">The name of the TXT record that shows whose it is.</param>
/// <param name="RecordValue">What the record has to hold.</param>
/// <param name="VerifiedAt">When it was shown; null until then.</param>
/// <param name="VerifiedBy"><c>dns</c> or <c>installation</c>.</param>
public sealed record SsoDomain(
    string Domain, string Connection, string RecordName, string RecordValue, DateTimeOffset? VerifiedAt = null,
    string? VerifiedBy = null);

/// <summary>What to set of a connection; null leaves it as it is, or gives a new one its default.</summary>
/// <param name="Name">How it is shown to people.</param>
/// <param name="Issuer">The provider, as it writes its own name.</param>
/// <param name="ClientId">What the server is to the provider.</param>
/// <param name="ClientSecret">The secret that goes with it.</param>
/// <param name="Scopes">What is asked for.</param>
/// <param name="GroupsClaim">The claim that lists a person's groups.</param>
/// <param name="GroupRoles">Which role a group gives.</param>
/// <param name="DefaultRole">The role of whoever is in none of them; an empty text refuses them.</param>
/// <param name="Provisioning">Whether somebody who has no account gets one.</param>
/// <param name="Enforced">Whether members of its domains, owners apart, cannot sign in with a password.</param>
/// <param name="Enabled">Whether it is used.</param>
/// <param name="AcceptsSecondFactor">Whether a second factor that was given at the provider counts.</param>
/// <param name="SecondFactorAcr">The <c>acr</c> value that stands for one.</param>
public sealed record SsoSettings(
    string? Name = null, string? Issuer = null, string? ClientId = null, string? ClientSecret = null, string? Scopes = null,
    string? GroupsClaim = null, IReadOnlyList<SsoGroupRole>? GroupRoles = null, string? DefaultRole = null,
    bool? Provisioning = null, bool? Enforced = null, bool? Enabled = null, bool? AcceptsSecondFactor = null,
    string? SecondFactorAcr = null);

/// <summary>What a test of a connection found.</summary>
/// <param name="Works">Whether people can sign in, as far as that can be seen without one.</param>
/// <param name="Checks">What was looked at.</param>
public sealed record SsoTest(bool Works, IReadOnlyList<SsoCheck> Checks);

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What.</param>
/// <param name="Outcome"><c>ok</c>, <c>warning</c> or <c>failed</c>.</param>
/// <param name="Message">What that means, and what to do.</param>
public sealed record SsoCheck(string Name, string Outcome, string Message);

internal sealed record AddSsoDomain(string Domain, string Connection);
