using System.ComponentModel.DataAnnotations;

namespace CodexOS.Limits;

/// <summary>How many requests are served of one address, account, API key and tenant. Health is never limited.</summary>
internal sealed class RateLimitOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "RateLimits";

    /// <summary>
    /// Most requests a second, in the long run, of one network address (for IPv6, one /64), signed in or not; 0 is no limit.
    /// </summary>
    [Range(0, 1_000_000)]
    public int PerAddress { get; set; } = 200;

    /// <summary>Most requests a second, in the long run, of one account in a tenant; 0 is no limit.</summary>
    [Range(0, 1_000_000)]
    public int PerAccount { get; set; } = 100;

    /// <summary>Most requests a second, in the long run, with one API key; 0 is no limit.</summary>
    [Range(0, 1_000_000)]
    public int PerKey { get; set; } = 100;

    /// <summary>Most requests a second, in the long run, of one tenant; 0 is no limit.</summary>
    [Range(0, 1_000_000)]
    public int PerTenant { get; set; } = 1_000;

    /// <summary>
    /// How much of a quiet time may be caught up at once: as many requests as would be served in this time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan Burst { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many addresses, accounts, keys and tenants a node remembers at most.</summary>
    [Range(1_000, 10_000_000)]
    public int EntriesMax { get; set; } = 100_000;

    /// <summary>
    /// Where several nodes count together, as StackExchange.Redis writes it (<c>redis:6379,password=…</c>). By default each
    /// node counts for itself; so it does while Redis does not answer.
    /// </summary>
    public string? Redis { get; set; }

    /// <summary>How long an answer of Redis is waited for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:00:05")]
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>After how long Redis is asked again once it did not answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan RedisRetryAfter { get; set; } = TimeSpan.FromSeconds(1);
}
