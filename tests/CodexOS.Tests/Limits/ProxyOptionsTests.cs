using System.ComponentModel.DataAnnotations;
using CodexOS.Limits;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Limits;

public sealed class ProxyOptionsTests
{
    [Theory]
    [InlineData("10.0.0.5")]
    [InlineData("172.30.7.0/24")]
    [InlineData("::1")]
    [InlineData("fd00:1::/64")]
    public void An_address_or_a_network_can_be_trusted(string proxy) => Validate(proxy).ShouldBeEmpty();

    [Theory]
    [InlineData("nginx", "no address")]
    [InlineData("10.0.0.0/33", "no address")]
    [InlineData("0.0.0.0/0", "most of the internet")]
    [InlineData("::/0", "most of the internet")]
    public void Names_and_whole_internets_cannot(string proxy, string why) =>
        Validate(proxy).ShouldHaveSingleItem().ErrorMessage!.ShouldContain(why);

    [Fact]
    public void Nothing_is_trusted_that_was_not_named()
    {
        var headers = new ProxyOptions { TrustedProxies = ["10.0.0.5"] }.ToForwardedHeaders();

        headers.KnownProxies.ShouldBeEmpty();
        headers.KnownIPNetworks.ShouldHaveSingleItem().ToString().ShouldBe("10.0.0.5/32");
    }

    private static List<ValidationResult> Validate(string proxy)
    {
        var options = new ProxyOptions { TrustedProxies = [proxy] };
        return [.. options.Validate(new ValidationContext(options))];
    }
}
