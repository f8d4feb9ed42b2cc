using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.RegularExpressions;

namespace CodexOS.Platform.Egress;

/// <summary>
/// Limits of the connections that runs make, and what an operator allows beyond the public internet. The limits are per
/// step of a run.
/// </summary>
public sealed partial class EgressOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Egress";

    /// <summary>
    /// Networks beside the public internet that granted host names may lead to, as <c>192.168.7.0/24</c>, for instance for
    /// a server in the local network. A run can use those that were allowed when it was created and still are.
    /// </summary>
    [MaxLength(64)]
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>Secrets that requests to certain hosts are given, by the name that definitions use.</summary>
    public Dictionary<string, EgressSecretOptions> Secrets { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Files with certificates in PEM of authorities, beside those of the system, that hosts' certificates may be issued by: for
    /// instance of an organization that issues those of its own servers. They hold for every tenant.
    /// </summary>
    [MaxLength(16)]
    public IList<string> CertificateAuthorities { get; } = [];

    /// <summary>How long looking up a host and connecting to it may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan ConnectTimeMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may be silent before it is closed.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan SilenceMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one request, or one tunnel, may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "06:00:00")]
    public TimeSpan RequestTimeMax { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most bytes that a step may send and receive, together.</summary>
    [Range(1_024L, 1L << 40)]
    public long BytesMax { get; set; } = 256L << 20;

    /// <summary>Most connections that a step has open at once.</summary>
    [Range(1, 1_000)]
    public int ConnectionsMax { get; set; } = 32;

    /// <summary>Most requests and tunnels that a step may ask for, refused ones included.</summary>
    [Range(1, 1_000_000)]
    public int RequestsMax { get; set; } = 2_000;

    /// <summary>Largest head of a request or answer, in bytes.</summary>
    [Range(1_024, 256 * 1_024)]
    public int HeadBytesMax { get; set; } = 32 * 1_024;

    /// <summary>How many different decisions of a step are journaled; further ones are only counted.</summary>
    [Range(1, 1_000)]
    public int DecisionsMax { get; set; } = 50;

    /// <summary>The networks, read.</summary>
    internal ImmutableArray<IPNetwork> Networks => [.. AllowedNetworks.Select(static text => IPNetwork.Parse(text))];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var network in AllowedNetworks)
        {
            if (!IPNetwork.TryParse(network, out var read) || read.ToString() != network)
            {
                yield return new ValidationResult(
                    $"{Section}:{nameof(AllowedNetworks)}: '{network}' is not a network such as 192.168.7.0/24.");
            }
        }

        foreach (var path in CertificateAuthorities)
        {
            if (EgressTrust.Read(path) is null)
            {
                yield return new ValidationResult(
                    $"{Section}:{nameof(CertificateAuthorities)}: '{path}' is no file with certificates in PEM that can be read.");
            }
        }

        foreach (var (name, secret) in Secrets)
        {
            foreach (var wrong in secret.WhatIsWrong())
            {
                yield return new ValidationResult($"{Section}:{nameof(Secrets)}:{name}: {wrong}");
            }

            if (!SecretName().IsMatch(name))
            {
                yield return new ValidationResult(
                    $"{Section}:{nameof(Secrets)}:{name}: choose a name of lowercase letters, digits, dashes and dots.");
            }
        }
    }

    [GeneratedRegex(SecretNamePattern, RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex SecretName();

    /// <summary>What the name of a secret looks like.</summary>
    public const string SecretNamePattern = "^[a-z][a-z0-9.-]{0,62}$";
}

/// <summary>A secret, and where it may go.</summary>
public sealed class EgressSecretOptions
{
    /// <summary>The secret. Prefer <see cref="File"/>, which keeps it out of the process's environment.</summary>
    public string? Value { get; set; }

    /// <summary>A file that holds the secret and nothing else. It is read each time the secret is used.</summary>
    public string? File { get; set; }

    /// <summary>The header that carries it.</summary>
    public string Header { get; set; } = "Authorization";

    /// <summary>What stands before it in the header.</summary>
    public string Prefix { get; set; } = "Bearer ";

    /// <summary>The only hosts that it goes to, as in egress rules: <c>api.example.com</c> or <c>*.example.com</c>.</summary>
    public IList<string> Hosts { get; } = [];

    /// <summary>The only tenants whose runs may use it, by id; none listed is every tenant.</summary>
    public IList<string> Tenants { get; } = [];

    /// <summary>Whether it may also go over plain HTTP, where everyone on the way can read it.</summary>
    public bool AllowPlainHttp { get; set; }

    internal IEnumerable<string> WhatIsWrong()
    {
        if (string.IsNullOrEmpty(Value) == string.IsNullOrEmpty(File)) yield return "set either Value or File.";
        if (!SecretRule.IsHeader(Header))
            yield return "Header must be the name of a header other than Host.";
        if (Prefix.Any(char.IsControl)) yield return "Prefix must be plain text.";
        if (Hosts.Count == 0) yield return "list the Hosts that it may go to; it goes nowhere else.";
        foreach (var host in Hosts)
        {
            if (!EgressRule.Parse(host).IsOk) yield return $"'{host}' in Hosts is neither a host nor *.host.";
        }
    }
}
