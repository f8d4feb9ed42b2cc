using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;

namespace CodexOS.Limits;

/// <summary>Whose word is taken for where a request comes from.</summary>
internal sealed class ProxyOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Http";

    private const int MostEverybodyOnIPv4 = 8;
    private const int MostEverybodyOnIPv6 = 16;

    /// <summary>
    /// Addresses (<c>10.0.0.5</c>) and networks (<c>172.30.7.0/24</c>) of proxies whose <c>X-Forwarded-For</c> and
    /// <c>X-Forwarded-Proto</c> are believed. By default there is none, and these headers are not read: anybody can write them.
    /// </summary>
    public string[] TrustedProxies { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var text in TrustedProxies)
        {
            if (NetworkOf(text) is not { } network)
            {
                yield return new ValidationResult(
                    $"Http:TrustedProxies has '{text}', which is no address like 10.0.0.5 and no network like 10.0.0.0/24.");
            }
            else if (network.PrefixLength < (network.BaseAddress.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork
                ? MostEverybodyOnIPv4
                : MostEverybodyOnIPv6))
            {
                yield return new ValidationResult(
                    $"Http:TrustedProxies has '{text}', which trusts most of the internet. Name the proxies' own network.");
            }
        }
    }

    /// <summary>
    /// What the framework needs to read the headers: from right to left, up to the first address that is not trusted.
    /// </summary>
    public ForwardedHeadersOptions ToForwardedHeaders()
    {
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        // An address is a network of its own.
        foreach (var text in TrustedProxies) options.KnownIPNetworks.Add(NetworkOf(text)!.Value);
        return options;
    }

    private static System.Net.IPNetwork? NetworkOf(string text)
    {
        if (System.Net.IPNetwork.TryParse(text, out var network)) return network;
        return IPAddress.TryParse(text, out var address)
            ? new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8)
            : null;
    }
}
