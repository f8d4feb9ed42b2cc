using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Agents;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Edges;

/// <summary>A real server behind a real nginx, set up by the files that operators are given.</summary>
public sealed class ProxyTests
{
    private const string Home = $"https://{NginxServer.Host}";

    private static readonly string[] s_behindIt = ["Http:TrustedProxies:0=127.0.0.1", $"Identity:PublicUrl={Home}"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Browsers_are_served_over_tls_and_told_to_stay_there()
    {
        await using var server = await CodexServer.StartAsync(settings: s_behindIt, cancellationToken: Token);
        (await server.SignInAsync(Token)).Dispose();
        await using var nginx = await NginxServer.StartAsync(server.Url, Token);
        using var browser = nginx.Client();

        using var plain = await browser.GetAsync($"http://{NginxServer.Host}/runs?status=failed", Token);
        using var unsafely = await browser.GetAsync($"http://{NginxServer.Host}/api/v1/setup", Token);
        using var metrics = await browser.GetAsync("/metrics", Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/sign-in")
        {
            Version = HttpVersion.Version20,
            Content = JsonContent.Create(new
            {
                email = CodexServer.AdministratorEmail,
                password = CodexServer.AdministratorPassword,
                transport = "cookie",
            }),
            Headers = { { "Origin", Home } },
        };
        using var signedIn = await browser.SendAsync(request, Token);

        plain.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        plain.Headers.Location!.ToString().ShouldBe($"{Home}/runs?status=failed");
        unsafely.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        metrics.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        signedIn.Version.ShouldBe(HttpVersion.Version20);
        signedIn.Headers.GetValues("Strict-Transport-Security").ShouldHaveSingleItem().ShouldStartWith("max-age=31536000");
        signedIn.Headers.Server.ToString().ShouldBe("nginx");
        var cookie = signedIn.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("__Host-codexos_refresh=");
        cookie.ShouldContain("secure");
        cookie.ShouldContain("httponly");
    }

    [Fact]
    public async Task Old_tls_weak_suites_and_other_names_get_no_connection()
    {
        await using var server = await CodexServer.StartAsync(settings: s_behindIt, cancellationToken: Token);
        await using var nginx = await NginxServer.StartAsync(server.Url, Token);

        (await HandshakeAsync(nginx, NginxServer.Host, SslProtocols.Tls13)).ShouldBe(SslProtocols.Tls13);
        (await HandshakeAsync(nginx, NginxServer.Host, SslProtocols.Tls12)).ShouldBe(SslProtocols.Tls12);
        await Should.ThrowAsync<AuthenticationException>(
            () => HandshakeAsync(nginx, "elsewhere.example.org", SslProtocols.Tls12));
        // A fatal alert, protocol_version (RFC 5246, section 7.2), to a greeting of TLS 1.1 and of TLS 1.0.
        (await GreetAsync(nginx, minor: 2)).ShouldBe([2, 70]);
        (await GreetAsync(nginx, minor: 1)).ShouldBe([2, 70]);
        // handshake_failure: TLS 1.2 is spoken, but not with suites that lack authenticated encryption.
        (await GreetAsync(nginx, minor: 3)).ShouldBe([2, 40]);
        using var stranger = nginx.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{NginxServer.Host}/")
        {
            Headers = { Host = "elsewhere.example.org" },
        };
        await Should.ThrowAsync<HttpRequestException>(() => stranger.SendAsync(request, Token));
    }

    [Fact]
    public async Task What_a_run_does_arrives_as_it_happens_in_a_stream_and_in_a_hub()
    {
        await using var server = await AgentsServer.StartAsync(null, Token, s_behindIt);
        await using var nginx = await NginxServer.StartAsync(server.Anonymous.BaseAddress!, Token);
        using var browser = nginx.Client();
        var signedIn = server.Client.DefaultRequestHeaders.Authorization!;
        browser.DefaultRequestHeaders.Authorization = signedIn;
        await server.ApplyAsync("name: committer\ninstructions: Commit.\nmodel: scripted:x\ntools: [git_commit]\n", Token);
        server.Chat.Asks(("git_commit", "Fix"));
        server.Chat.Says("Done.");
        using var started = await browser.PostAsJsonAsync(
            "/api/v1/agents/committer/runs",
            new { input = "Commit.", workspace = new { id = server.Workspaces.Known.ToString() } }, Token);
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var run = (await started.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;

        // The run waits for an approval, so that both are still open when its question arrives.
        await FollowStreamAsync(browser, run, "approval.requested");
        await FollowHubAsync(nginx, signedIn, run, "approval.requested");

        (await server.GetAsync($"/runs/{run}", Token)).GetProperty("status").GetString().ShouldBe("waiting");
    }

    [Fact]
    public async Task A_client_is_who_the_proxy_saw_and_not_who_it_says()
    {
        await using var server = await CodexServer.StartAsync(
            settings: [.. s_behindIt, "RateLimits:PerAddress=1", "RateLimits:Burst=00:00:05"], cancellationToken: Token);
        await using var nginx = await NginxServer.StartAsync(server.Url, Token);
        using var one = nginx.Client("127.0.0.2");
        using var other = nginx.Client("127.0.0.3");

        // Far more than the burst and the requests that become free meanwhile.
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 100 && !statuses.Contains(HttpStatusCode.TooManyRequests); i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/setup");
            request.Headers.Add("X-Forwarded-For", $"192.0.2.{i}");
            using var answer = await one.SendAsync(request, Token);
            statuses.Add(answer.StatusCode);
        }

        statuses.ShouldContain(HttpStatusCode.TooManyRequests);
        using var unharmed = await other.GetAsync("/api/v1/setup", Token);
        unharmed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_refusal_keeps_its_code()
    {
        await using var server = await CodexServer.StartAsync(
            settings: [.. s_behindIt, "Server:BodyBytesMax=65536"], cancellationToken: Token);
        await using var nginx = await NginxServer.StartAsync(server.Url, Token);
        using var browser = nginx.Client();
        using var content = new StringContent(new string(' ', 100_000), Encoding.UTF8, "application/json");

        using var answer = await browser.PostAsync("/api/v1/auth/sign-in", content, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString().ShouldStartWith("platform.");
    }

    private static async Task<SslProtocols> HandshakeAsync(NginxServer nginx, string host, SslProtocols protocol)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, nginx.Port, Token);
        await using var tls = new SslStream(client.GetStream(), false, (_, shown, _, _) => nginx.IsOwn(shown));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = host, EnabledSslProtocols = protocol }, Token);
        return tls.SslProtocol;
    }

    /// <summary>Greets as this side's own TLS would not, in an old version or with old suites, and returns the alert.</summary>
    private static async Task<byte[]> GreetAsync(NginxServer nginx, byte minor)
    {
        var name = Encoding.ASCII.GetBytes(NginxServer.Host);
        byte[] serverName = [0, 0, .. Two(name.Length + 5), .. Two(name.Length + 3), 0, .. Two(name.Length), .. name];
        byte[] body =
        [
            3, minor, .. new byte[32], 0, // version, random, no session
            0, 4, 0xC0, 0x09, 0xC0, 0x13, // ECDHE with AES-128 in CBC and SHA-1, which all versions before 1.3 have
            1, 0, .. Two(serverName.Length), .. serverName,
        ];
        byte[] handshake = [1, 0, .. Two(body.Length), .. body];
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, nginx.Port, Token);
        var stream = client.GetStream();
        await stream.WriteAsync((byte[])[22, 3, 1, .. Two(handshake.Length), .. handshake], Token);
        var answer = new byte[7];
        await stream.ReadExactlyAsync(answer, Token);
        answer[0].ShouldBe<byte>(21);
        return answer[5..];
    }

    private static byte[] Two(int number) => [(byte)(number >> 8), (byte)number];

    private static async Task FollowStreamAsync(HttpClient browser, string run, string untilKind)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await browser.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        while (await reader.ReadLineAsync(Token) is { } line)
            if (line.Contains($"\"kind\":\"{untilKind}\"", StringComparison.Ordinal)) return;
        throw new InvalidOperationException("The stream ended before.");
    }

    /// <summary>SignalR's JSON protocol: records that end with 0x1E.</summary>
    private static async Task FollowHubAsync(NginxServer nginx, AuthenticationHeaderValue signedIn, string run, string untilKind)
    {
        using var invoker = new HttpMessageInvoker(nginx.Handler());
        using var socket = new ClientWebSocket();
        using var browser = nginx.Client();
        browser.DefaultRequestHeaders.Authorization = signedIn;
        using var made = await browser.PostAsync(new Uri("/api/v1/auth/hub-tickets", UriKind.Relative), null, Token);
        var ticket = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("ticket").GetString();
        socket.Options.SetRequestHeader("Origin", $"https://{NginxServer.Host}");
        var hub = new Uri($"wss://{NginxServer.Host}/hubs/runs?ticket={ticket}");
        await socket.ConnectAsync(hub, invoker, Token);
        await SendAsync(new { protocol = "json", version = 1 });
        await SendAsync(new { type = 4, invocationId = "1", target = "Follow", arguments = new object[] { run, -1 } });
        var (seen, buffer) = (new StringBuilder(), new byte[16_384]);
        while (!seen.ToString().Contains($"\"kind\":\"{untilKind}\"", StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, Token);
            received.MessageType.ShouldBe(WebSocketMessageType.Text, seen.ToString());
            seen.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
        }

        ValueTask SendAsync(object message) => socket.SendAsync(
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message) + '\x1e').AsMemory(), WebSocketMessageType.Text, true,
            Token);
    }
}
