using System.ComponentModel.DataAnnotations;
using CodexOS.Identity.Passwords;

namespace CodexOS.Identity;

/// <summary>How people sign in, and for how long.</summary>
public sealed class IdentityOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Identity";

    /// <summary>What access tokens name as their issuer; a token that names another is refused.</summary>
    [Required, StringLength(200, MinimumLength = 1)]
    public string Issuer { get; set; } = "codexos";

    /// <summary>What access tokens name as their audience; a token that names another is refused.</summary>
    [Required, StringLength(200, MinimumLength = 1)]
    public string Audience { get; set; } = "codexos-api";

    /// <summary>What the tenant is called that the first administrator gets.</summary>
    [Required, StringLength(100, MinimumLength = 1)]
    public string FirstTenantName { get; set; } = "Home";

    /// <summary>Most tenants that the installation may have.</summary>
    [Range(1, 1_000_000)]
    public int TenantsMax { get; set; } = 10_000;

    /// <summary>Most people who belong to a tenant, unless the installation's owner set another quota for it.</summary>
    [Range(1, 1_000_000)]
    public int MembersPerTenantMax { get; set; } = 10_000;

    /// <summary>How long the link that makes the owner of a tenant can be used.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "30.00:00:00")]
    public TimeSpan OwnerLinkLifetime { get; set; } = TimeSpan.FromDays(3);

    /// <summary>How long an access token is good for; after that the client refreshes.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>By how much the clocks of servers that share keys may differ.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan ClockSkewMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session may lie unused before it ends.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "30.00:00:00")]
    public TimeSpan SessionIdleMax { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a session lives at most, used or not.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "90.00:00:00")]
    public TimeSpan SessionLifetimeMax { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a refresh may be repeated, for a client that never got the answer to its first try.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RefreshRetryWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many used refresh tokens of a session are remembered, to recognise one that is played again.
    /// </summary>
    [Range(10, 100_000)]
    public int RefreshTokensKeptMax { get; set; } = 1_000;

    /// <summary>How long sessions that are over are kept, unless a tenant says otherwise.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36500.00:00:00")]
    public TimeSpan EndedSessionsKept { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How many sessions a user may have at once; one more ends the oldest.</summary>
    [Range(1, 500)]
    public int SessionsPerUserMax { get; set; } = 50;

    /// <summary>
    /// How long what is known of a session may be reused without asking the database. Ending a session takes effect at
    /// once in the same process whatever this says. By default 30 s on SQLite, which one process owns, and nothing on
    /// PostgreSQL, where another process may have ended the session.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan? SessionCacheLifetime { get; set; }

    /// <summary>How many sessions and access tokens are kept in memory at most.</summary>
    [Range(100, 1_000_000)]
    public int SessionCacheEntriesMax { get; set; } = 10_000;

    /// <summary>PBKDF2 iterations of a password hash; older hashes are made anew when their owner signs in.</summary>
    [Range(PasswordHash.IterationsMin, 10_000_000)]
    public int PasswordIterations { get; set; } = PasswordHash.IterationsMin;

    /// <summary>How many password hashes are computed at once; each keeps a core busy.</summary>
    [Range(1, 64)]
    public int PasswordHashingsMax { get; set; } = 2;

    /// <summary>How many password checks may wait for their turn; further ones are told to come back.</summary>
    [Range(1, 10_000)]
    public int PasswordHashingsWaitingMax { get; set; } = 64;

    /// <summary>How many sign-ins to one account may fail before each further one has to wait.</summary>
    [Range(1, 100)]
    public int FailuresPerAccountMax { get; set; } = 10;

    /// <summary>
    /// How many sign-ins from one network address (for IPv6, one /64) may fail before each further one has to wait.
    /// </summary>
    [Range(1, 10_000)]
    public int FailuresPerAddressMax { get; set; } = 60;

    /// <summary>
    /// The longest a failing account or address has to wait between two tries. The wait starts at a second and doubles.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ThrottleWaitMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>After how long without a try failures are forgotten.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan FailuresForgottenAfter { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How many accounts and addresses with failures are remembered at most.</summary>
    [Range(1_000, 1_000_000)]
    public int ThrottleEntriesMax { get; set; } = 50_000;

    /// <summary>
    /// The address under which people reach this server, for links in mail and for passkeys, which are bound to its host;
    /// by default the one it listens on.
    /// </summary>
    [RegularExpression("^https?://[^/?#]+(/[^?#]*)?$", ErrorMessage = "Identity:PublicUrl must look like https://codexos.example.org.")]
    public string? PublicUrl { get; set; }

    /// <summary>How many roles of its own a tenant may have.</summary>
    [Range(1, 1_000)]
    public int RolesMax { get; set; } = 100;

    /// <summary>How many permissions on single things one member or service account may have beyond their role.</summary>
    [Range(1, 1_000)]
    public int GrantsPerSubjectMax { get; set; } = 200;

    /// <summary>How many projects a tenant may have.</summary>
    [Range(1, 10_000)]
    public int ProjectsMax { get; set; } = 200;

    /// <summary>How many members and service accounts a project may have.</summary>
    [Range(1, 10_000)]
    public int ProjectMembersMax { get; set; } = 200;

    /// <summary>
    /// How many things a project may have. They are read with each caller who belongs to it, and kept for as long as the caller
    /// is known.
    /// </summary>
    [Range(1, 10_000)]
    public int ProjectThingsMax { get; set; } = 500;

    /// <summary>How many projects one member or service account may belong to.</summary>
    [Range(1, 1_000)]
    public int ProjectsPerSubjectMax { get; set; } = 20;

    /// <summary>
    /// How many members, service accounts, grants, roles in projects, API keys and applications together the access review
    /// covers at most.
    /// </summary>
    [Range(100, 1_000_000)]
    public int AccessReviewEntriesMax { get; set; } = 50_000;

    /// <summary>How many service accounts a tenant may have.</summary>
    [Range(1, 10_000)]
    public int ServiceAccountsMax { get; set; } = 200;

    /// <summary>How long a new API key is good for unless it is made for another time.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan ApiKeyLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>The longest time that an API key can be made for.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan ApiKeyLifetimeMax { get; set; } = TimeSpan.FromDays(365);

    /// <summary>
    /// How many API keys that can be used one owner may have, and as many besides that were replaced and go on for a while.
    /// </summary>
    [Range(1, 1_000)]
    public int ApiKeysPerOwnerMax { get; set; } = 50;

    /// <summary>How exactly it is noted when an API key was used last; each note is a write.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan ApiKeyUseNotedEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long the link of an invitation is good for.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "90.00:00:00")]
    public TimeSpan InvitationLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long the link is good for that lets somebody choose another password.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "1.00:00:00")]
    public TimeSpan PasswordResetLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many such links one person may have at once; asked for more, none is mailed.</summary>
    [Range(1, 100)]
    public int PasswordResetsPerUserMax { get; set; } = 3;

    /// <summary>How many open invitations a tenant may have.</summary>
    [Range(1, 10_000)]
    public int InvitationsMax { get; set; } = 200;

    /// <summary>What authenticator apps show beside the code, and browsers when they ask for a passkey.</summary>
    [Required, RegularExpression("^[^:]{1,60}$", ErrorMessage = "Identity:SecondFactorIssuer has 1 to 60 characters and no colon.")]
    public string SecondFactorIssuer { get; set; } = "CodexOS";

    /// <summary>How many codes in a row may be wrong before the authenticator is locked.</summary>
    [Range(3, 100)]
    public int SecondFactorFailuresMax { get; set; } = 10;

    /// <summary>How long an authenticator is locked at first; each further wrong code doubles it.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan SecondFactorLock { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>The longest time that an authenticator is locked.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan SecondFactorLockMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Words of the organisation that no password may be made of, for instance its name and its products; the names of
    /// CodexOS and of the person's tenant count anyway.
    /// </summary>
    [MaxLength(1_000)]
    public IList<string> PasswordWords { get; } = [];

    /// <summary>How long there is time for the second factor after the password was right.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "00:30:00")]
    public TimeSpan SignInChallengeLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many passkeys a person may have.</summary>
    [Range(1, 50)]
    public int PasskeysPerUserMax { get; set; } = 10;

    /// <summary>How long there is time to answer the browser's question for a passkey.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "00:10:00")]
    public TimeSpan PasskeyChallengeLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many sign-ins with passkeys may be under way at once; further ones are told to come back.</summary>
    [Range(100, 1_000_000)]
    public int PasskeyChallengesMax { get; set; } = 10_000;

    /// <summary>How long a second factor that was given once more counts for what asks for that.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan StepUpLifetime { get; set; } = TimeSpan.FromMinutes(5);
}
