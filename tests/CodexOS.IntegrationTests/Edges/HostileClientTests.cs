using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Edges;

/// <summary>Clients that send too much, too slowly or too deep. They are refused, and health answers all the while.</summary>
public sealed class HostileClientTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_that_never_finish_their_headers_are_answered_408_and_let_go()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["Server:HeadersTimeout=00:00:01"], cancellationToken: Token);
        var slow = Enumerable.Range(0, 100).Select(_ => SendAsync(server, "GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ")).ToList();

        await HealthAnswersAsync(server, 50);

        foreach (var answer in await Task.WhenAll(slow)) answer.ShouldStartWith("HTTP/1.1 408");
        await HealthAnswersAsync(server, 10);
    }

    [Fact]
    public async Task A_client_that_drips_its_body_is_answered_408()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);

        var answer = await SendAsync(
            server,
            "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{");

        answer.ShouldStartWith("HTTP/1.1 408");
        await HealthAnswersAsync(server, 10);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413_whether_or_not_its_size_was_said()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["Server:BodyBytesMax=65536"], cancellationToken: Token);
        using var client = await server.SignInAsync(Token);
        using var said = new ByteArrayContent(new byte[100_000]);
        said.Headers.ContentType = new("application/yaml");
        using var unsaid = new HttpRequestMessage(HttpMethod.Put, "/api/v1/policy")
        {
            Content = new StreamContent(new MemoryStream(new byte[100_000])) { Headers = { ContentType = new("application/yaml") } },
        };
        unsaid.Headers.TransferEncodingChunked = true;

        foreach (var answer in new[]
        {
            await client.PutAsync("/api/v1/policy", said, Token), await client.SendAsync(unsaid, Token),
        })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
            (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()
                .ShouldBe("platform.body_too_large");
        }
    }

    [Fact]
    public async Task Json_that_is_nested_too_deep_is_400_with_a_code()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        var deep = $"{{\"email\":{new string('[', 2_000)}{new string(']', 2_000)}}}";

        using var answer = await server.Client.PostAsync(
            "/api/v1/auth/sign-in", new StringContent(deep, Encoding.UTF8, "application/json"), Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()
            .ShouldBe("platform.malformed_json");
    }

    [Fact]
    public async Task A_flood_of_headers_is_431_and_a_line_that_never_ends_is_414()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        var many = string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: y\r\n"));

        (await SendAsync(server, $"GET /health/live HTTP/1.1\r\nHost: x\r\n{many}\r\n")).ShouldStartWith("HTTP/1.1 431");
        (await SendAsync(server, $"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: {new string('y', 40_000)}\r\n\r\n"))
            .ShouldStartWith("HTTP/1.1 431");
        (await SendAsync(server, $"GET /{new string('y', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n")).ShouldStartWith("HTTP/1.1 414");
    }

    [Fact]
    public async Task A_message_that_tells_two_lengths_is_400_and_ends_the_connection()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);

        var answer = await SendAsync(
            server,
            "POST /api/v1/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.ShouldContain("\r\nConnection: close\r\n");
    }

    [Fact]
    public async Task Ten_times_what_is_allowed_is_answered_200_or_429_and_health_always_200()
    {
        await using var server = await CodexServer.StartAsync(
            settings: ["RateLimits:PerAddress=20", "RateLimits:Burst=00:00:05"], cancellationToken: Token);
        var flood = Enumerable.Range(0, 8).Select(async _ =>
        {
            var answers = new List<HttpStatusCode>();
            for (var i = 0; i < 125; i++)
            {
                using var answer = await server.Client.GetAsync("/api/v1/setup", Token);
                answers.Add(answer.StatusCode);
                if (answer.StatusCode is HttpStatusCode.TooManyRequests) answer.Headers.RetryAfter.ShouldNotBeNull();
            }

            return answers;
        }).ToList();

        await HealthAnswersAsync(server, 50);

        var all = (await Task.WhenAll(flood)).SelectMany(answers => answers).ToList();
        all.Count.ShouldBe(1_000);
        all.ShouldAllBe(status => status == HttpStatusCode.OK || status == HttpStatusCode.TooManyRequests);
        all.ShouldContain(HttpStatusCode.OK);
        all.ShouldContain(HttpStatusCode.TooManyRequests);
    }

    private static async Task HealthAnswersAsync(CodexServer server, int times)
    {
        for (var i = 0; i < times; i++)
            (await server.Client.GetAsync("/health/live", Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Sends bytes, then nothing more, and reads what the server says until it closes.</summary>
    private static async Task<string> SendAsync(CodexServer server, string bytes)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, server.Url.Port, Token);
        await using var stream = socket.GetStream();
        var answer = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(bytes), Token);
            var buffer = new byte[4_096];
            while (await stream.ReadAsync(buffer, Token) is > 0 and var read)
            {
                answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
                // A server that keeps the connection has said all it had to say.
                if (answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal)) break;
            }
        }
        catch (IOException) when (answer.Length > 0)
        {
            // It was cut off after its answer, with bytes of ours unread.
        }

        return answer.ToString();
    }
}
