using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Http;
using CodexOS.Tests.Tools;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Egress;

public sealed class EgressRuleTests
{
    [Theory]
    [InlineData("Example.com", "example.com", null)]
    [InlineData("*.example.com", "*.example.com", null)]
    [InlineData("example.com:8443", "example.com", 8443)]
    [InlineData("*.münchen.de:1", "*.xn--mnchen-3ya.de", 1)]
    public void A_rule_has_one_spelling(string text, string host, int? port)
    {
        var rule = EgressRule.Parse(text).Value;
        (rule.Host, rule.Port).ShouldBe((host, port));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("*.com")]
    [InlineData("*.*.com")]
    [InlineData("a.*.com")]
    [InlineData("*example.com")]
    [InlineData("example.com:0")]
    [InlineData("example.com:080")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:")]
    [InlineData("example.com:+80")]
    [InlineData("https://example.com")]
    [InlineData("10.0.0.1")]
    [InlineData("*.0.0.1")]
    [InlineData("[::1]:80")]
    public void What_is_no_rule_is_refused(string text) => EgressRule.Parse(text).IsOk.ShouldBeFalse();

    [Theory]
    [InlineData("example.com", "example.com", 443, true)]
    [InlineData("example.com", "example.com", 80, true)]
    [InlineData("example.com", "example.com", 8080, false)]
    [InlineData("example.com:8080", "example.com", 8080, true)]
    [InlineData("example.com:8080", "example.com", 443, false)]
    [InlineData("example.com", "www.example.com", 443, false)]
    [InlineData("example.com", "badexample.com", 443, false)]
    [InlineData("*.example.com", "www.example.com", 443, true)]
    [InlineData("*.example.com", "a.b.example.com", 443, true)]
    [InlineData("*.example.com", "example.com", 443, false)]
    [InlineData("*.example.com", "badexample.com", 443, false)]
    [InlineData("*.example.com", "example.com.evil.org", 443, false)]
    public void A_rule_matches_whole_labels_and_its_ports(string text, string host, int port, bool fits) =>
        PolicyOf(EgressRule.Parse(text).Value).Decide(HostName.Parse(host).Value, port, "GET").IsOk.ShouldBe(fits);

    [Fact]
    [Trait("battery", "22")]
    public void Battery_22_An_empty_list_denies_everything()
    {
        var fault = PolicyOf().Decide(HostName.Parse("example.com").Value, 443, "GET").Fault;
        (fault.Code, fault.Kind).ShouldBe(("egress.none", CodexOS.Platform.Faults.FaultKind.NotAllowed));
    }

    [Fact]
    public void The_narrowest_rule_decides_so_that_its_secret_is_used()
    {
        var policy = PolicyOf(
            Rule("*.example.com") with { Secret = "wide" },
            Rule("*.api.example.com") with { Secret = "narrower" },
            Rule("v1.api.example.com") with { Secret = "narrowest", Methods = ["GET"] });
        var host = HostName.Parse("v1.api.example.com").Value;
        policy.Decide(host, 443, "GET").Value.Secret.ShouldBe("narrowest");
        policy.Decide(host, 443, "POST").Value.Secret.ShouldBe("narrower");
        policy.Decide(HostName.Parse("x.example.com").Value, 443, "GET").Value.Secret.ShouldBe("wide");
    }

    [Fact]
    public void Where_methods_are_listed_there_is_no_tunnel()
    {
        var policy = PolicyOf(Rule("example.com") with { Methods = ["GET"] });
        var host = HostName.Parse("example.com").Value;
        policy.DecideTunnel(host, 443).Fault.Code.ShouldBe("egress.tunnel_not_allowed");
        policy.Decide(host, 443, "POST").Fault.Code.ShouldBe("egress.method_not_allowed");
        policy.Decide(host, 443, "GET").IsOk.ShouldBeTrue();
    }

    [Theory]
    [InlineData("Example.com")]
    [InlineData("example.com:80")]
    [InlineData("10.0.0.1")]
    [InlineData("")]
    public void A_grant_in_another_spelling_is_refused_as_a_whole(string host) =>
        EgressPolicy.Of(new EgressGrant([Rule("fine.com"), new EgressRule(host)], []), []).IsOk.ShouldBeFalse();

    [Fact]
    [Trait("battery", "33")]
    public void Battery_33_A_network_counts_only_if_it_was_allowed_at_the_start_and_still_is()
    {
        var (one, two) = (System.Net.IPNetwork.Parse("10.1.0.0/16"), System.Net.IPNetwork.Parse("10.2.0.0/16"));
        var grant = new EgressGrant([Rule("example.com")], ["10.1.0.0/16"]);
        EgressPolicy.Of(grant, [one, two]).Value.Networks.ShouldBe([one]);
        EgressPolicy.Of(grant, [two]).Value.Networks.ShouldBeEmpty();
    }

    [Fact]
    public void A_grant_survives_the_journal()
    {
        var grant = new EgressGrant(
            [Rule("a.com"), Rule("*.b.com:81") with { Methods = ["GET", "POST"], Secret = "s" }], ["10.0.0.0/8"]);
        var json = JsonSerializer.Serialize(grant, Json.Options);
        json.ShouldBe(
            """{"rules":[{"host":"a.com"},{"host":"*.b.com","port":81,"methods":["GET","POST"],"secret":"s"}],"networks":["10.0.0.0/8"]}""");
        JsonSerializer.Serialize(JsonSerializer.Deserialize<EgressGrant>(json, Json.Options), Json.Options).ShouldBe(json);
    }

    private static readonly Gen<EgressRule> s_rule = Gen.Select(
        Pick.OneOf("a.com", "b.a.com", "*.a.com", "*.b.a.com", "c.b.a.com"),
        Pick.OneOf<int?>(null, 80, 81),
        Pick.OneOf<string?>(null, "GET", "GET POST"),
        Pick.OneOf<string?>(null, "s"),
        static (host, port, methods, secret) => new EgressRule(host)
        {
            Port = port,
            Methods = methods is null ? null : methods.Split(' ').ToImmutableArray(),
            Secret = secret,
        });

    [Fact]
    public void A_rule_that_covers_another_lets_everything_through_that_the_other_does() => Gen.Select(
        s_rule, s_rule, Pick.OneOf("a.com", "b.a.com", "x.a.com", "c.b.a.com"), Pick.OneOf(80, 81, 443), Pick.OneOf("GET", "POST", "PUT"))
        .Sample(
            (outer, inner, host, port, method) =>
            {
                var name = HostName.Parse(host).Value;
                return !outer.Covers(inner)
                    || !PolicyOf(inner).Decide(name, port, method).IsOk
                    || PolicyOf(outer).Decide(name, port, method).IsOk;
            },
            iter: 20_000);

    [Fact]
    public void A_rule_covers_itself() => s_rule.Sample(static rule => rule.Covers(rule));

    private static EgressRule Rule(string text) => EgressRule.Parse(text).Value;

    private static EgressPolicy PolicyOf(params EgressRule[] rules) =>
        EgressPolicy.Of(new EgressGrant([.. rules], []), []).Value;
}
