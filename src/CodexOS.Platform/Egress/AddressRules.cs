using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace CodexOS.Platform.Egress;

/// <summary>A block of addresses that is no place on the public internet.</summary>
/// <param name="Network">The block.</param>
/// <param name="Name">What it is for.</param>
internal sealed record SpecialNetwork(IPNetwork Network, string Name);

/// <summary>
/// Which addresses are public. The table is that of IANA's registries of special-purpose addresses for IPv4 and IPv6,
/// also those that are reachable from everywhere, because nobody serves anything there; to it come multicast, blocks that
/// were given up, and one address of a cloud's own services. Of IPv6 only global unicast is public at all.
/// </summary>
internal static class AddressRules
{
    private static readonly IPNetwork s_globalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>The table.</summary>
    public static ImmutableArray<SpecialNetwork> Special { get; } =
    [
        Row("0.0.0.0/8", "this network"),
        Row("0.0.0.0/32", "this host on this network"),
        Row("10.0.0.0/8", "private use"),
        Row("100.64.0.0/10", "shared address space of carriers"),
        Row("127.0.0.0/8", "loopback"),
        Row("169.254.0.0/16", "link local"),
        Row("172.16.0.0/12", "private use"),
        Row("192.0.0.0/24", "protocol assignments"),
        Row("192.0.0.0/29", "IPv4 service continuity"),
        Row("192.0.0.8/32", "IPv4 dummy address"),
        Row("192.0.0.9/32", "port control protocol anycast"),
        Row("192.0.0.10/32", "relay protocol anycast"),
        Row("192.0.0.170/32", "NAT64 discovery"),
        Row("192.0.0.171/32", "NAT64 discovery"),
        Row("192.0.2.0/24", "documentation"),
        Row("192.31.196.0/24", "AS112"),
        Row("192.52.193.0/24", "automatic multicast tunneling"),
        Row("192.88.99.0/24", "6to4 relay anycast"),
        Row("192.168.0.0/16", "private use"),
        Row("192.175.48.0/24", "AS112 delegation"),
        Row("198.18.0.0/15", "benchmarking"),
        Row("198.51.100.0/24", "documentation"),
        Row("203.0.113.0/24", "documentation"),
        Row("224.0.0.0/4", "multicast"),
        Row("240.0.0.0/4", "reserved"),
        Row("255.255.255.255/32", "broadcast"),
        Row("168.63.129.16/32", "a cloud's own services"),

        Row("::1/128", "loopback"),
        Row("::/128", "unspecified"),
        Row("::/96", "IPv4-compatible"),
        Row("::ffff:0:0/96", "IPv4-mapped"),
        Row("64:ff9b::/96", "NAT64"),
        Row("64:ff9b:1::/48", "local NAT64"),
        Row("100::/64", "discard only"),
        Row("100:0:0:1::/64", "dummy prefix"),
        Row("2001::/23", "protocol assignments"),
        Row("2001::/32", "Teredo"),
        Row("2001:1::1/128", "port control protocol anycast"),
        Row("2001:1::2/128", "relay protocol anycast"),
        Row("2001:1::3/128", "service registration anycast"),
        Row("2001:2::/48", "benchmarking"),
        Row("2001:3::/32", "automatic multicast tunneling"),
        Row("2001:4:112::/48", "AS112"),
        Row("2001:10::/28", "ORCHID"),
        Row("2001:20::/28", "ORCHID, version 2"),
        Row("2001:30::/28", "drone remote identification"),
        Row("2001:db8::/32", "documentation"),
        Row("2002::/16", "6to4"),
        Row("2620:4f:8000::/48", "AS112 delegation"),
        Row("3fff::/20", "documentation"),
        Row("5f00::/16", "segment routing"),
        Row("fc00::/7", "unique local"),
        Row("fe80::/10", "link local"),
        Row("fec0::/10", "site local"),
        Row("ff00::/8", "multicast"),
    ];

    /// <summary>Why an address may not be reached; null if it may.</summary>
    /// <param name="address">As the resolver gave it.</param>
    /// <param name="own">The addresses of this machine: what listens there is not meant for runs.</param>
    /// <param name="allowed">Networks that the operator allows on purpose.</param>
    public static string? WhyNot(IPAddress address, IReadOnlyCollection<IPAddress> own, ImmutableArray<IPNetwork> allowed)
    {
        // Networks take a mapped address for the IPv4 address in it, and so would the connection.
        if (address.IsIPv4MappedToIPv6) return "IPv4-mapped";
        if (allowed.Any(network => network.Contains(address))) return null;
        foreach (var row in Special)
        {
            if (row.Network.Contains(address)) return row.Name;
        }

        if (address.AddressFamily is AddressFamily.InterNetworkV6
            && (address.ScopeId != 0 || !s_globalUnicast.Contains(address)))
        {
            return "not global unicast";
        }

        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)) return "no IP address";
        return own.Contains(address) ? "this machine's own" : null;
    }

    private static SpecialNetwork Row(string network, string name) => new(IPNetwork.Parse(network), name);
}
