using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.Metrics;
using System.Net;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Egress;

/// <summary>The guard as host-side callers use it, on real connections.</summary>
public sealed class GuardTests : IAsyncLifetime
{
    private EgressWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await EgressWorld.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_granted_host_is_reached_and_the_record_tells()
    {
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await TextAsync(session, $"http://GOOD.test:{_world.Http}/a")).ShouldBe("hello good.test");
        (await TextAsync(session, $"http://good.test.:{_world.Http}/b")).ShouldBe("hello good.test");
        (await CodeAsync(session, $"http://evil.test:{_world.Http}/")).ShouldBe("egress.not_listed");

        var summary = session.Summary()!;
        (summary.Allowed, summary.Denied, summary.Failed).ShouldBe((2, 1, 0));
        summary.BytesSent.ShouldBeGreaterThan(50);
        summary.BytesReceived.ShouldBeGreaterThan(50);
        var (allowed, denied) = (summary.Decisions[0], summary.Decisions[1]);
        (allowed.Host, allowed.Kind, allowed.Outcome, allowed.Rule, allowed.Count)
            .ShouldBe(("good.test", "GET", EgressOutcome.Allowed, $"good.test:{_world.Http}", 2));
        (denied.Host, denied.Outcome, denied.Rule).ShouldBe(("evil.test", EgressOutcome.Denied, "egress.not_listed"));
    }

    [Fact]
    public async Task Decisions_are_counted_by_outcome_and_rule_without_the_names_of_hosts()
    {
        var counted = new ConcurrentQueue<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == "codexos.egress.decisions") self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            counted.Enqueue($"{value} {string.Join(' ', tags.ToArray().Select(static tag => tag.Value))}"));
        listener.Start();
        using var session = _world.Open(_world.Door(), $"counted.test:{_world.Http}", "*.counted.test:1");
        await TextAsync(session, $"http://counted.test:{_world.Http}/");
        await CodeAsync(session, "http://a.counted.test/");
        await CodeAsync(session, "http://a.counted.test:1/");
        counted.ShouldContain("1 request allowed exact");
        counted.ShouldContain("1 request denied egress.port_not_allowed");
        counted.ShouldContain("1 request failed egress.unreachable");
        counted.ShouldAllBe(static line => !line.Contains("counted.test"));
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_used()
    {
        Environment.SetEnvironmentVariable("HTTP_PROXY", "http://127.0.0.2:9");
        try
        {
            using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
            (await TextAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("hello good.test");
        }
        finally
        {
            Environment.SetEnvironmentVariable("HTTP_PROXY", null);
        }
    }

    [Fact]
    [Trait("battery", "22")]
    public async Task Battery_22_Without_a_grant_nothing_is_looked_up()
    {
        using var session = _world.Door().Open(EgressGrant.None, new EgressScope(_world.Tenant, "test")).Value;
        session.IsOpen.ShouldBeFalse();
        (await CodeAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("egress.none");
        _world.Names.Asked.ShouldBeEmpty();
        _world.Seen.ShouldBeEmpty();
    }

    [Theory]
    [Trait("battery", "25")]
    [InlineData("127.0.0.2")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("64:ff9b::7f00:2")]
    [InlineData("fd00:ec2::254")]
    public async Task Battery_25_A_name_that_leads_to_a_special_address_is_refused(string address)
    {
        _world.Names.Set("good.test", [address]);
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await CodeAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("egress.private_address");
        _world.PrivateSeen.ShouldBe(0);
    }

    [Fact]
    [Trait("battery", "26")]
    public async Task Battery_26_A_name_that_changes_its_mind_is_dialled_where_it_was_checked_or_not_at_all()
    {
        // The second question would lead inside.
        _world.Names.Set("good.test", ["127.0.0.1"], ["127.0.0.2"]);
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await TextAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("hello good.test");
        _world.Names.Asked.Count.ShouldBe(1, "it is looked up once for each connection");

        using var other = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await CodeAsync(other, $"http://good.test:{_world.Http}/")).ShouldBe("egress.private_address");
        _world.PrivateSeen.ShouldBe(0);
    }

    [Fact]
    [Trait("battery", "27")]
    public async Task Battery_27_One_address_inside_among_public_ones_refuses_the_name()
    {
        _world.Names.Set("good.test", ["127.0.0.1", "127.0.0.2"]);
        _world.Names.Set("better.test", ["93.184.216.34", "127.0.0.1", "::1"]);
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}", $"better.test:{_world.Http}");
        (await CodeAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("egress.private_address");
        (await CodeAsync(session, $"http://better.test:{_world.Http}/")).ShouldBe("egress.private_address");
        (_world.Seen.Count, _world.PrivateSeen).ShouldBe((0, 0));
    }

    [Fact]
    [Trait("battery", "33")]
    public async Task Battery_33_A_network_that_is_allowed_later_does_not_widen_a_run()
    {
        var before = _world.Door(static options => options.AllowedNetworks.Clear());
        var grant = new EgressGrant([EgressRule.Parse($"good.test:{_world.Http}").Value], before.AllowedNetworks);
        var after = _world.Door();
        using var session = after.Open(grant, new EgressScope(_world.Tenant, "test")).Value;
        (await CodeAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("egress.private_address");
        _world.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_host_is_spoken_to_over_TLS_where_a_known_authority_vouches_for_it_and_for_its_name()
    {
        string[] rules = [$"good.test:{_world.Tls}", $"stranger.test:{_world.Tls}"];
        using var session = _world.Open(_world.Door(Trusts), rules);
        (await TextAsync(session, $"https://good.test:{_world.Tls}/a")).ShouldBe("hello good.test");
        (await CodeAsync(session, $"https://stranger.test:{_world.Tls}/")).ShouldBe("egress.unreachable");
        session.Summary()!.BytesReceived.ShouldBeGreaterThan(500, "the certificate is part of it");
        using var unknown = _world.Open(_world.Door(), rules);
        (await CodeAsync(unknown, $"https://good.test:{_world.Tls}/")).ShouldBe("egress.unreachable");
        _world.Seen.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Nothing_that_a_certificate_names_is_fetched()
    {
        foreach (var door in (IEgress[])[_world.Door(Trusts), _world.Door()])
        {
            using var session = _world.Open(door, $"incomplete.test:{_world.Tls}");
            (await CodeAsync(session, $"https://incomplete.test:{_world.Tls}/")).ShouldBe("egress.unreachable");
        }

        (_world.Seen.Count, _world.PrivateSeen).ShouldBe((0, 0));
    }

    [Fact]
    public void A_file_without_certificates_stops_the_start()
    {
        var options = new EgressOptions();
        options.CertificateAuthorities.Add("/etc/hostname");
        options.Validate(new ValidationContext(options)).Single().ErrorMessage!
            .ShouldStartWith("Egress:CertificateAuthorities: '/etc/hostname' is no file with certificates");
        options.CertificateAuthorities[0] = _world.AuthorityPath;
        options.Validate(new ValidationContext(options)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_redirect_is_handed_back_and_not_followed()
    {
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        using var response = (await SendAsync(session, $"http://good.test:{_world.Http}/redirect?to=http://evil.test/")).Value;
        response.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        _world.Seen.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_Host_header_of_the_caller_does_not_lead_elsewhere()
    {
        using var session = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://good.test:{_world.Http}/");
        request.Headers.Host = "evil.test";
        using var response = (await session.SendAsync(request, new EgressClientSettings(), Token)).Value;
        _world.Seen.Single().Host.ShouldBe($"good.test:{_world.Http}");
    }

    [Fact]
    public async Task Methods_beside_those_of_the_rule_are_refused_and_TRACE_always()
    {
        using var session = _world.Open(
            _world.Door(), [EgressRule.Parse($"good.test:{_world.Http}").Value with { Methods = ["GET"] }]);
        (await CodeAsync(session, $"http://good.test:{_world.Http}/", HttpMethod.Post)).ShouldBe("egress.method_not_allowed");
        using var open = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await CodeAsync(open, $"http://good.test:{_world.Http}/", HttpMethod.Trace)).ShouldBe("egress.method_not_allowed");
        (await CodeAsync(open, $"http://good.test:{_world.Http}/", new HttpMethod("PROPFIND"))).ShouldBe("egress.method_not_allowed");
        _world.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_secret_goes_to_its_hosts_only_and_does_not_come_back()
    {
        var door = _world.Door(options => options.Secrets["key"] = new EgressSecretOptions
        {
            Value = "s3cr3t-value",
            Hosts = { "good.test", "other.test" },
            AllowPlainHttp = true,
        });
        var rule = EgressRule.Parse($"good.test:{_world.Http}").Value;
        using var session = _world.Open(
            door,
            [
                rule with { Secret = "key" },
                EgressRule.Parse($"evil.test:{_world.Http}").Value with { Secret = "key" },
                EgressRule.Parse($"plain.test:{_world.Http}").Value,
            ]);
        using var response = (await SendAsync(session, $"http://good.test:{_world.Http}/echo")).Value;
        _world.Seen.Last().Authorization.ShouldBe("Bearer s3cr3t-value");
        (await response.Content.ReadAsStringAsync(Token)).ShouldBe("auth=Bearer ************ body=");
        response.Headers.Contains("X-Sent").ShouldBeFalse();

        (await CodeAsync(session, $"http://evil.test:{_world.Http}/echo")).ShouldBe("egress.secret_unavailable");
        (await TextAsync(session, $"http://plain.test:{_world.Http}/echo")).ShouldBe("auth= body=");
        session.Summary()!.Decisions.First(static it => it.Host == "good.test").WithSecret.ShouldBeTrue();
        session.Summary()!.ToString().ShouldNotContain("s3cr3t");
    }

    [Fact]
    public async Task A_secret_does_not_go_over_plain_HTTP_unless_that_was_said_nor_to_other_tenants()
    {
        var door = _world.Door(options =>
        {
            options.Secrets["key"] = new EgressSecretOptions { Value = "s3cr3t-value", Hosts = { "good.test" } };
            options.Secrets["theirs"] = new EgressSecretOptions
            {
                Value = "s3cr3t-value",
                Hosts = { "good.test" },
                Tenants = { "tnt_other" },
                AllowPlainHttp = true,
            };
        });
        var rule = EgressRule.Parse($"good.test:{_world.Http}").Value;
        foreach (var name in (string[])["key", "theirs", "missing"])
        {
            using var session = _world.Open(door, [rule with { Secret = name }]);
            (await CodeAsync(session, $"http://good.test:{_world.Http}/")).ShouldBe("egress.secret_unavailable");
        }

        _world.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task Bytes_requests_and_connections_have_limits()
    {
        using var bytes = _world.Open(_world.Door(static options => options.BytesMax = 200_000), $"good.test:{_world.Http}");
        (await ReadCodeAsync(bytes, $"http://good.test:{_world.Http}/large", new EgressClientSettings())).ShouldBe("egress.limit");
        bytes.Summary()!.BytesReceived.ShouldBeLessThan(400_000);
        bytes.Summary()!.Decisions.ShouldContain(static line => line.Rule == "egress.limit");

        using var answer = _world.Open(_world.Door(), $"good.test:{_world.Http}");
        (await ReadCodeAsync(answer, $"http://good.test:{_world.Http}/large", new EgressClientSettings { AnswerBytesMax = 1_000 }))
            .ShouldBe("egress.limit");

        using var requests = _world.Open(_world.Door(static options => options.RequestsMax = 2), $"good.test:{_world.Http}");
        await TextAsync(requests, $"http://good.test:{_world.Http}/");
        await TextAsync(requests, $"http://good.test:{_world.Http}/");
        (await CodeAsync(requests, $"http://good.test:{_world.Http}/")).ShouldBe("egress.limit");
    }

    [Fact]
    public async Task A_host_that_falls_silent_or_is_not_there_is_a_fault_with_its_name()
    {
        _world.Names.Set("nowhere.test", []);
        var door = _world.Door(static options => options.SilenceMax = TimeSpan.FromMilliseconds(200));
        using var session = _world.Open(door, $"good.test:{_world.Http}", "nowhere.test", "closed.test:1");
        (await ReadCodeAsync(session, $"http://good.test:{_world.Http}/silent", new EgressClientSettings())).ShouldBe("egress.timed_out");
        (await CodeAsync(session, "http://nowhere.test/")).ShouldBe("egress.unresolvable");
        (await CodeAsync(session, "http://closed.test:1/")).ShouldBe("egress.unreachable");
        session.Summary()!.Failed.ShouldBe(2);
    }

    [Fact]
    public async Task Many_different_decisions_are_counted_and_not_all_listed()
    {
        using var session = _world.Open(_world.Door(static options => options.DecisionsMax = 3), "good.test");
        for (var i = 0; i < 10; i++) await CodeAsync(session, $"http://h{i}.test/");
        var summary = session.Summary()!;
        (summary.Denied, summary.Decisions.Length, summary.LeftOut).ShouldBe((10, 3, 7));
    }

    private void Trusts(EgressOptions options) => options.CertificateAuthorities.Add(_world.AuthorityPath);

    private static async Task<Result<HttpResponseMessage>> SendAsync(EgressSession session, string url, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, url);
        return await session.SendAsync(request, new EgressClientSettings(), Token);
    }

    private static async Task<string> TextAsync(EgressSession session, string url)
    {
        using var response = (await SendAsync(session, url)).Value;
        return await response.Content.ReadAsStringAsync(Token);
    }

    private static async Task<string> CodeAsync(EgressSession session, string url, HttpMethod? method = null) =>
        (await SendAsync(session, url, method)).Fault.Code;

    private static async Task<string?> ReadCodeAsync(EgressSession session, string url, EgressClientSettings settings)
    {
        using var client = session.CreateClient(settings);
        var error = await Should.ThrowAsync<HttpRequestException>(() => client.GetByteArrayAsync(new Uri(url), Token));
        return EgressFaults.Of(error)?.Code;
    }
}
