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
}
