using System.Net;
using System.Net.Sockets;
using CodexOS.Platform.Egress;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class AddressRulesTests
{
    public static TheoryData<string> Rows => [.. AddressRules.Special.Select(static row => row.Network.ToString())];

    [Theory]
    [Trait("battery", "25")]
    [MemberData(nameof(Rows))]
    public void Battery_25_Neither_end_of_a_special_block_is_public(string network)
    {
        var block = IPNetwork.Parse(network);
        AddressRules.WhyNot(block.BaseAddress, [], []).ShouldNotBeNull();
        AddressRules.WhyNot(LastOf(block), [], []).ShouldNotBeNull();
    }

    [Theory]
    [Trait("battery", "25")]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("169.254.169.254")]
    [InlineData("168.63.129.16")]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001:0:7f00:1::")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("4000::1")]
    [InlineData("::2")]
    public void Battery_25_An_address_that_is_not_public_is_refused(string address) =>
        AddressRules.WhyNot(IPAddress.Parse(address), [], []).ShouldNotBeNull();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("8.8.8.8")]
    [InlineData("93.184.216.34")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void A_public_address_is_reached(string address) =>
        AddressRules.WhyNot(IPAddress.Parse(address), [], []).ShouldBeNull();

    [Fact]
    public void This_machines_own_public_address_is_refused()
    {
        var own = IPAddress.Parse("93.184.216.34");
        AddressRules.WhyNot(own, [own], []).ShouldBe("this machine's own");
        AddressRules.WhyNot(IPAddress.Parse("93.184.216.35"), [own], []).ShouldBeNull();
    }

    [Fact]
    public void A_network_that_the_operator_allows_is_reached_and_nothing_beside_it()
    {
        var allowed = IPNetwork.Parse("192.168.7.0/24");
        AddressRules.WhyNot(IPAddress.Parse("192.168.7.9"), [], [allowed]).ShouldBeNull();
        AddressRules.WhyNot(IPAddress.Parse("192.168.8.9"), [], [allowed]).ShouldNotBeNull();
        AddressRules.WhyNot(IPAddress.Parse("::ffff:192.168.7.9"), [], [allowed]).ShouldNotBeNull();
    }

    private static IPAddress LastOf(IPNetwork block)
    {
        var bytes = block.BaseAddress.GetAddressBytes();
        for (var bit = block.PrefixLength; bit < bytes.Length * 8; bit++) bytes[bit / 8] |= (byte)(0x80 >> (bit % 8));
        var last = new IPAddress(bytes);
        last.AddressFamily.ShouldBeOneOf(AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);
        return last;
    }
}
