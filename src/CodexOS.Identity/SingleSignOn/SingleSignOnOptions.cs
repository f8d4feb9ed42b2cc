using System.ComponentModel.DataAnnotations;

namespace CodexOS.Identity.SingleSignOn;

/// <summary>
/// Sign-in at identity providers that tenants set up. Providers on private addresses are reached once their network is
/// in <c>Egress:AllowedNetworks</c>.
/// </summary>
public sealed class SingleSignOnOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "SingleSignOn";

    /// <summary>How many connections a tenant may have.</summary>
    [Range(1, 1_000)]
    public int ConnectionsPerTenantMax { get; set; } = 20;

    /// <summary>How many domains a tenant may have, verified or not.</summary>
    [Range(1, 10_000)]
    public int DomainsPerTenantMax { get; set; } = 100;

    /// <summary>
    /// Whether providers may be reached over plain HTTP, where everyone on the way can read and change what they say. For
    /// trying things out on one machine only.
    /// </summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>How long there is time at the provider before the sign-in has to be begun anew.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan AttemptLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many sign-ins of a tenant may be under way at its providers at once.</summary>
    [Range(10, 1_000_000)]
    public int AttemptsPerTenantMax { get; set; } = 10_000;

    /// <summary>How long one request to a provider may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan RequestTimeMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most bytes of one answer of a provider.</summary>
    [Range(4_096, 16 * 1_024 * 1_024)]
    public int AnswerBytesMax { get; set; } = 512 * 1_024;

    /// <summary>How long what a provider says about itself, and its keys, are used before they are asked for again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan DiscoveryLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long to wait before the keys are asked for again because a token names one that is unknown.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeysRefreshInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>By how much a provider's clock may differ from this server's.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkewMax { get; set; } = TimeSpan.FromMinutes(1);
}
