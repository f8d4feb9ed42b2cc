using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Sandbox;
using CodexOS.Platform.Egress;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Native;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Egress;

/// <summary>Programs with a network, under bubblewrap.</summary>
public sealed class BubblewrapEgressTests() : SandboxEgressTests(SandboxDriver.Bubblewrap);

/// <summary>The same in a container.</summary>
public sealed class ContainerEgressTests() : SandboxEgressTests(SandboxDriver.Container);

/// <summary>What hostile programs in a real sandbox can do with the network that their run was given.</summary>
public abstract class SandboxEgressTests(SandboxDriver driver) : IAsyncLifetime
{
    private readonly SandboxUnderTest _box = new(driver: driver);
    private EgressWorld _world = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _world = await EgressWorld.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _box.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Ordinary_programs_find_the_way_by_themselves()
    {
        using var session = Open();
        var exit = await ShellAsync(session,
            $"""
            curl -sS http://good.test:{_world.Http}/a; echo
            curl -sSk https://good.test:{_world.Tls}/b; echo
            python3 -c "import urllib.request as u; print(u.urlopen('http://good.test:{_world.Http}/c').read().decode())"
            curl -sS -d sent http://good.test:{_world.Http}/echo; echo
            head -c 20000 /dev/zero > /tmp/zeros
            curl -sS -H 'Transfer-Encoding: chunked' --data-binary @/tmp/zeros http://good.test:{_world.Http}/echo | wc -c
            """);
        exit.Output.Text.ShouldBe(
            "hello good.test\nhello good.test\nhello good.test\nauth= body=sent\n20011\n", exit.Error.Text);
        var summary = session.Summary()!;
        (summary.Allowed, summary.Denied).ShouldBe((5, 0));
        summary.Decisions.ShouldContain(line => line.Kind == "tunnel" && line.Port == _world.Tls && line.BytesReceived > 0);
    }

    [Fact]
    public async Task A_server_that_is_not_root_refuses_a_program_with_a_network_and_no_other()
    {
        using var session = Open();
        var settings = LaunchSettings.Read(new SandboxOptions(), hasControlGroups: true).Value with { IsRoot = false };
        var report = await _box.Sandbox.ReportAsync(Token);
        var machine = new MachineState(settings, null, null, report);
        var command = new SandboxCommand(["/usr/bin/true"], TimeSpan.FromSeconds(1)) { Egress = session };
        var fault = LocalSandbox.Refusal(machine, command, IsolationLevel.Reduced).ShouldNotBeNull();
        fault.Code.ShouldBe("sandbox.unavailable");
        fault.Message.ShouldContain("only by a server that runs as root");
        LocalSandbox.Refusal(machine, command with { Egress = null }, IsolationLevel.Reduced).ShouldBeNull();
        using var closed = _world.Door().Open(EgressGrant.None, new EgressScope(_world.Tenant, "test")).Value;
        LocalSandbox.Refusal(machine, command with { Egress = closed }, IsolationLevel.Reduced).ShouldBeNull();
        var asRoot = machine with { Settings = settings with { IsRoot = true } };
        LocalSandbox.Refusal(asRoot, command, IsolationLevel.Reduced).ShouldBeNull();
    }

    [Fact]
    [Trait("battery", "22")]
    public async Task Battery_22_Without_a_grant_there_is_neither_a_listener_nor_a_variable()
    {
        using var session = _world.Door().Open(EgressGrant.None, new EgressScope(_world.Tenant, "test")).Value;
        var exit = await ShellAsync(session,
            "env | grep -i proxy; python3 -c \"import socket; socket.create_connection(('127.0.0.1', 3128), 2)\" 2>&1 | tail -1");
        exit.Output.Text.ShouldBe("ConnectionRefusedError: [Errno 111] Connection refused\n");
        session.Summary().ShouldBeNull();
    }

    [Fact]
    [Trait("battery", "22")]
    public async Task Battery_22_What_is_not_listed_is_denied_with_a_code_and_a_sentence()
    {
        using var session = Open();
        var answers = await RawAsync(session, $"CONNECT evil.test:443 {End}", $"GET http://evil.test/ {End}", $"POST http://good.test:81/ {End}");
        answers[0].ShouldStartWith("HTTP/1.1 403 egress.not_listed\r\n");
        answers[0].ShouldContain("X-CodexOS-Fault: egress.not_listed\r\n");
        answers[0].ShouldEndWith(
            "This run may not reach evil.test: its agent's 'egress' does not list it. Do without, or have it added. (egress.not_listed)\n");
        answers[1].ShouldStartWith("HTTP/1.1 403 egress.not_listed");
        answers[2].ShouldStartWith("HTTP/1.1 403 egress.port_not_allowed");
        session.Summary()!.Denied.ShouldBe(3);
    }

    [Fact]
    [Trait("battery", "23")]
    public async Task Battery_23_Control_characters_in_a_host_are_malformed()
    {
        using var session = Open();
        string[] hosts = ["localhost\0.good.test", "good.test\r", "good\t.test", "good.test\n", "a b", "x@good.test", "good.test%00", "a#good.test"];
        var answers = await RawAsync(
            session, [.. hosts.SelectMany(host => (string[])[$"CONNECT {host}:443 {End}", $"GET http://{host}/ {End}"])]);
        foreach (var answer in answers) answer.ShouldStartWith("HTTP/1.1 400 ");
        (await RawAsync(session, "nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: good.test\r\n\r\n", "CONNECT good.test:443 HTTP/1.1\r\nX: \0\r\n\r\n"))
            .ShouldAllBe(static answer => answer.StartsWith("HTTP/1.1 400 "));
        (_world.Seen.Count, _world.Names.Asked.Count).ShouldBe((0, 0));
    }

    [Fact]
    [Trait("battery", "24")]
    public async Task Battery_24_Addresses_in_any_spelling_are_denied()
    {
        using var session = Open();
        string[] hosts =
        [
            "127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "0x7f.1", "0", "127.0.0.1.", "[::1]",
            "[::ffff:127.0.0.1]", "169.254.169.254", "0251.0376.0251.0376",
        ];
        var answers = await RawAsync(
            session, [.. hosts.SelectMany(host => (string[])[$"CONNECT {host}:{_world.Http} {End}", $"GET http://{host}:{_world.Http}/ {End}"])]);
        foreach (var answer in answers) answer.ShouldStartWith("HTTP/1.1 403 egress.ip_literal");
        (_world.Seen.Count, _world.PrivateSeen, _world.Names.Asked.Count).ShouldBe((0, 0, 0));
    }

    [Fact]
    [Trait("battery", "26")]
    public async Task Battery_26_Battery_27_A_name_that_leads_inside_is_denied_however_it_is_answered()
    {
        _world.Names.Set("good.test", ["127.0.0.1"], ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["::ffff:127.0.0.2"]);
        using var session = Open();
        var answers = await RawAsync(
            session, [.. Enumerable.Repeat($"GET http://good.test:{_world.Http}/ HTTP/1.1\r\nHost: good.test\r\n\r\n", 4)]);
        answers[0].ShouldStartWith("HTTP/1.1 200 ");
        // The first connection is kept outside and used again: it leads where it was checked.
        foreach (var answer in answers[1..]) answer.ShouldMatch("^HTTP/1.1 (200|403 egress.private_address)");
        _world.Names.Set("good.test", ["127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["::ffff:127.0.0.2"]);
        (await RawAsync(session, [.. Enumerable.Repeat($"CONNECT good.test:{_world.Http} {End}", 3)]))
            .ShouldAllBe(static answer => answer.StartsWith("HTTP/1.1 403 egress.private_address"));
        _world.PrivateSeen.ShouldBe(0);
    }

    [Fact]
    [Trait("battery", "28")]
    public async Task Battery_28_A_redirect_of_an_allowed_host_is_a_decision_of_its_own()
    {
        _world.Names.Set("metadata.test", ["169.254.169.254"]);
        using var session = Open($"metadata.test:{_world.Http}");
        var exit = await ShellAsync(session,
            $$"""
            port={{_world.Http}}
            for to in http://169.254.169.254/latest http://metadata.test:$port/ http://evil.test/ http://127.0.0.2:$port/; do
              curl -sS -o /dev/null -w '%{http_code}\n' -L "http://good.test:{{_world.Http}}/redirect?to=$to"
            done
            """);
        exit.Output.Text.ShouldBe("403\n403\n403\n403\n", exit.Error.Text);
        session.Summary()!.Decisions.Where(static line => line.Outcome == EgressOutcome.Denied).Select(static line => line.Rule)
            .ShouldBe(["egress.ip_literal", "egress.private_address", "egress.not_listed", "egress.ip_literal"]);
        _world.PrivateSeen.ShouldBe(0);
    }

    [Fact]
    [Trait("battery", "29")]
    public async Task Battery_29_A_CONNECT_within_a_tunnel_or_to_the_proxy_itself_gets_nowhere()
    {
        using var session = Open("localhost:3128");
        _world.Names.Set("localhost", ["127.0.0.1"]);
        var answers = await RawAsync(
            session,
            // To the proxy by way of the proxy: the name leads to the server's own loopback, which is not the sandbox's.
            $"CONNECT 127.0.0.1:3128 {End}CONNECT evil.test:443 {End}",
            $"CONNECT localhost:3128 {End}CONNECT evil.test:443 {End}",
            // Within a tunnel, only TLS goes on.
            $"CONNECT good.test:{_world.Http} {End}CONNECT evil.test:443 {End}",
            $"CONNECT good.test:{_world.Http} {End}GET / HTTP/1.1\r\nHost: good.test\r\n\r\n",
            // Two requests in one go: the second is not read.
            $"GET http://good.test:{_world.Http}/ HTTP/1.1\r\nHost: a\r\n\r\nGET http://evil.test/ HTTP/1.1\r\n\r\n");
        answers[0].ShouldStartWith("HTTP/1.1 403 egress.ip_literal");
        answers[1].ShouldStartWith("HTTP/1.1 502 egress.unreachable");
        foreach (var answer in answers[2..4])
            answer.ShouldBe("HTTP/1.1 200 Connection established\r\n\r\n\u0015\u0003\u0003\0\u0002\u0002p");
        answers[4].ShouldEndWith("hello good.test\r\n0\r\n\r\n");
        _world.Seen.Count.ShouldBe(1);
        session.Summary()!.Decisions.ShouldContain(static line => line.Rule == "egress.name_unseen" && line.Count == 2);
    }

    [Fact]
    [Trait("battery", "30")]
    public async Task Battery_30_A_tunnel_whose_TLS_names_another_host_or_none_is_closed()
    {
        using var session = Open($"other.test:{_world.Tls}");
        var exit = await ShellAsync(session,
            $$"""
            cat > /tmp/t.py <<'END'
            import socket, ssl, sys
            def attempt(host, name):
                s = socket.create_connection(('127.0.0.1', 3128), 5)
                s.sendall(f'CONNECT {host}:{{_world.Tls}} HTTP/1.1\r\n\r\n'.encode())
                assert s.recv(4096).startswith(b'HTTP/1.1 200'), 'refused'
                c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
                try:
                    t = c.wrap_socket(s, server_hostname=name)
                    t.sendall(b'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' % (name or 'x').encode())
                    return t.recv(4096)[:15].decode()
                except (ssl.SSLError, OSError) as e:
                    return getattr(e, 'reason', None) or type(e).__name__
            for host, name in [('good.test', 'good.test'), ('good.test', 'GOOD.test'), ('good.test', 'other.test'),
                               ('good.test', 'evil.test'), ('good.test', None), ('good.test', 'x.good.test')]:
                print(attempt(host, name))
            END
            python3 /tmp/t.py
            """);
        exit.Output.Text.Split('\n').ShouldBe(
            [
                "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "TLSV1_UNRECOGNIZED_NAME", "TLSV1_UNRECOGNIZED_NAME", "TLSV1_UNRECOGNIZED_NAME",
                "TLSV1_UNRECOGNIZED_NAME", "",
            ],
            exit.Error.Text);
        _world.Seen.Count.ShouldBe(2);
        var summary = session.Summary()!;
        summary.Decisions.Single(static line => line.Rule == "egress.name_mismatch").Count.ShouldBe(3);
        summary.Decisions.Single(static line => line.Rule == "egress.name_unseen").Count.ShouldBe(1);
    }

    [Fact]
    [Trait("battery", "31")]
    public async Task Battery_31_Names_match_by_what_they_are_and_not_by_how_they_look()
    {
        using var session = Open($"*.wide.test:{_world.Http}");
        var answers = await RawAsync(
            session,
            [
                .. ((string[])
                [
                    "GOOD.test", "good.test.", "good\u3002test", "ｇood．test", "a.wide.test",
                    "gооd.test", "good.test.evil.test", "evilgood.test", "wide.test", "goo\u200Dd.test", "good..test",
                ]).Select(host => $"GET http://{host}:{_world.Http}/ HTTP/1.1\r\n\r\n"),
            ]);
        answers.Select(static answer => answer.Split(' ')[1]).ShouldBe(
            ["200", "200", "200", "200", "200", "403", "403", "403", "403", "400", "400"]);
        _world.Seen.Select(static seen => seen.Host).Distinct()
            .ShouldBe([$"good.test:{_world.Http}", $"a.wide.test:{_world.Http}"]);
    }

    [Fact]
    [Trait("battery", "32")]
    public async Task Battery_32_Nothing_but_the_proxy_can_be_reached_from_inside()
    {
        using var hostTcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        hostTcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        hostTcp.Listen();
        using var hostUdp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var (tcp, udp) = (((IPEndPoint)hostTcp.LocalEndPoint!).Port, ((IPEndPoint)hostUdp.Client.LocalEndPoint!).Port);
        using var session = Open();
        var exit = await ShellAsync(session,
            $$"""
            cat > /tmp/t.py <<'END'
            import socket
            def attempt(what):
                try:
                    what(); return 'REACHED'
                except OSError as e:
                    return type(e).__name__ if not isinstance(e, socket.gaierror) else 'gaierror'
            def tcp(host, port): return lambda: socket.create_connection((host, port), 2)
            def udp(host, port):
                def go():
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1); s.connect((host, port))
                    s.send(b'\0' * 12); s.recv(100)
                return go
            def raw(): socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            def packet(): socket.socket(17, socket.SOCK_RAW, 0)
            for what in [tcp('127.0.0.1', {{tcp}}), tcp('8.8.8.8', 53), tcp('169.254.169.254', 80), udp('127.0.0.1', {{udp}}),
                         udp('8.8.8.8', 53), udp('127.0.0.53', 53), lambda: socket.getaddrinfo('good.test', 80),
                         lambda: socket.getaddrinfo('example.com', 80), raw, packet]:
                print(attempt(what))
            devices = sorted(l.split(':')[0].strip() for l in open('/proc/net/dev') if ':' in l)
            print(open('/proc/net/route').read().count('\n'), devices)
            END
            python3 /tmp/t.py
            """);
        exit.Output.Text.ShouldNotContain("REACHED", customMessage: exit.Error.Text);
        exit.Output.Text.Split('\n').Length.ShouldBe(12, exit.Error.Text);
        exit.Output.Text.ShouldContain("1 ['lo']");
        hostUdp.Available.ShouldBe(0);
        session.Summary().ShouldBeNull();
    }

    [Fact]
    [Trait("battery", "32")]
    public async Task Battery_32_Two_sandboxes_at_once_have_their_own_ways_and_cannot_take_each_others()
    {
        using var one = Open();
        using var two = _world.Open(_world.Door(), $"other.test:{_world.Http}");
        var script = $$"""
            for h in good other; do curl -s -o /dev/null -w '%{http_code} ' http://$h.test:{{_world.Http}}/; done
            """;
        var both = await Task.WhenAll(ShellAsync(one, script), ShellAsync(two, script));
        both[0].Output.Text.ShouldBe("200 403 ");
        both[1].Output.Text.ShouldBe("403 200 ");
    }

    [Fact]
    public async Task Bytes_silence_and_connections_are_limited()
    {
        var door = _world.Door(static options =>
        {
            options.BytesMax = 300_000;
            options.SilenceMax = TimeSpan.FromMilliseconds(400);
            options.ConnectionsMax = 4;
        });
        using var session = _world.Open(door, $"good.test:{_world.Http}", $"good.test:{_world.Tls}");
        var exit = await ShellAsync(session,
            $$"""
            python3 -c "
            import socket
            held = [socket.create_connection(('127.0.0.1', 3128)) for _ in range(20)]
            for s in held: s.settimeout(10)
            print(sum(1 for s in held[:4] if s.recv(10) == b''))
            "
            curl -s -m 10 -o /dev/null -w '%{size_download}\n' http://good.test:{{_world.Http}}/silent
            curl -sk -m 10 -o /dev/null -w '%{size_download}\n' https://good.test:{{_world.Tls}}/large
            """);
        var lines = exit.Output.Text.Split('\n');
        lines[0].ShouldBe("4", exit.Error.Text);
        lines[1].ShouldBe("5");
        int.Parse(lines[2]).ShouldBeLessThan(300_000);
        session.Summary()!.BytesReceived.ShouldBeLessThan(400_000);
    }

    [Fact]
    public async Task A_secret_is_added_outside_and_is_seen_nowhere_inside()
    {
        var door = _world.Door(options => options.Secrets["key"] = new EgressSecretOptions
        {
            Value = "s3cr3t-value",
            Hosts = { "good.test" },
            AllowPlainHttp = true,
        });
        using var session = _world.Open(
            door, [EgressRule.Parse($"good.test:{_world.Http}").Value with { Secret = "key", Methods = ["GET"] }]);
        var exit = await ShellAsync(session,
            $$"""
            curl -sSi -H 'Authorization: mine' -H 'Accept-Encoding: gzip' -r 5-9 http://good.test:{{_world.Http}}/echo
            curl -sk -o /dev/null -w '%{http_connect}\n' https://good.test:{{_world.Http}}/
            env; cat /proc/*/environ 2>/dev/null
            """);
        exit.Output.Text.ShouldContain("auth=Bearer ************ body=");
        exit.Output.Text.ShouldContain("body=403\n");
        exit.Output.Text.ShouldNotContain("s3cr3t-value");
        _world.Seen.Last().Authorization.ShouldBe("Bearer s3cr3t-value");
    }

    [Fact]
    public async Task A_request_for_https_without_a_tunnel_is_made_outside_with_its_secret_and_its_method_held_to_the_rule()
    {
        var door = _world.Door(options =>
        {
            options.CertificateAuthorities.Add(_world.AuthorityPath);
            options.Secrets["key"] = new EgressSecretOptions { Value = "s3cr3t-value", Hosts = { "good.test" } };
        });
        using var session = _world.Open(
            door,
            [
                EgressRule.Parse($"good.test:{_world.Tls}").Value with { Secret = "key", Methods = ["GET"] },
                EgressRule.Parse($"stranger.test:{_world.Tls}").Value,
            ]);
        var answers = await RawAsync(
            session, $"GET https://good.test:{_world.Tls}/echo {End}", $"POST https://good.test:{_world.Tls}/echo {End}",
            $"GET https://stranger.test:{_world.Tls}/ {End}");
        answers[0].ShouldStartWith("HTTP/1.1 200 ");
        answers[0].ShouldContain("auth=Bearer ************ body=");
        answers[1].ShouldStartWith("HTTP/1.1 403 egress.method_not_allowed");
        answers[2].ShouldStartWith("HTTP/1.1 502 egress.unreachable");
        _world.Seen.Single().Authorization.ShouldBe("Bearer s3cr3t-value");
    }

    [Fact]
    public async Task No_thread_of_the_server_stays_in_a_network_of_a_sandbox()
    {
        var home = new FileInfo("/proc/self/ns/net").LinkTarget;
        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
            {
                using var session = Open();
                (await ShellAsync(session, $"curl -sS http://good.test:{_world.Http}/")).Output.Text.ShouldBe("hello good.test");
            }));
        }

        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                new FileInfo($"{thread}/ns/net").LinkTarget.ShouldBe(home);
            }
            catch (IOException)
            {
                // It has ended.
            }
        }
    }

    [Fact]
    public void A_way_that_cannot_be_opened_is_an_error_and_the_thread_is_home_again()
    {
        using var ended = ChildProcess.Start("/bin/true", ["true"], [], []);
        ended.Kill();
        ended.Reap();
        Should.Throw<IOException>(() => NetworkNamespace.Listen(ended.Handle, 3128));
        var home = new FileInfo("/proc/thread-self/ns/net").LinkTarget;
        home.ShouldBe(new FileInfo("/proc/self/ns/net").LinkTarget);
    }

    [Fact]
    public async Task When_the_program_ends_its_connections_do()
    {
        using var session = Open();
        var exit = await ShellAsync(session, $"curl -sS -N -o /tmp/out http://good.test:{_world.Http}/silent & until grep -qs begun /tmp/out; do :; done; echo out",
            timeSeconds: 20);
        exit.ExitCode.ShouldBe(0);
        exit.Output.Text.ShouldBe("out\n");
    }

    private const string End = "HTTP/1.1\r\nHost: good.test\r\n\r\n";

    private EgressSession Open(params string[] more) =>
        _world.Open(_world.Door(), [$"good.test:{_world.Http}", $"good.test:{_world.Tls}", .. more]);

    private SandboxCommand Command(EgressSession session, string script, int timeSeconds = 60) =>
        _box.Command(["/bin/sh", "-c", script], timeSeconds, null) with { Egress = session };

    private async Task<SandboxExit> ShellAsync(EgressSession session, string script, int timeSeconds = 60) =>
        (await _box.Sandbox.RunAsync(Command(session, script, timeSeconds), Token)).Value;

    /// <summary>Sends bytes to the proxy from inside, each on a connection of its own, and gives back what comes.</summary>
    private async Task<string[]> RawAsync(EgressSession session, params string[] requests)
    {
        await File.WriteAllTextAsync(
            Path.Combine(_box.Folder, "requests.json"),
            JsonSerializer.Serialize(requests.Select(static it => Convert.ToBase64String(Encoding.UTF8.GetBytes(it)))), Token);
        var exit = await ShellAsync(session,
            """
            python3 -c "
            import base64, json, socket
            out = []
            for request in json.load(open('requests.json')):
                s = socket.create_connection(('127.0.0.1', 3128), 5)
                s.settimeout(5)
                s.sendall(base64.b64decode(request))
                got = b''
                while True:
                    try: part = s.recv(65536)
                    except ConnectionResetError: break
                    if not part: break
                    got += part
                out.append(base64.b64encode(got).decode())
                s.close()
            print(json.dumps(out))
            "
            """);
        exit.ExitCode.ShouldBe(0, exit.Error.Text);
        return [.. JsonSerializer.Deserialize<string[]>(exit.Output.Text)!
            .Select(static it => Encoding.UTF8.GetString(Convert.FromBase64String(it)))];
    }
}
