using System.Net;
using System.Net.WebSockets;
using System.Text;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>How pages connect to hubs: by a ticket, from this server's own pages, on both databases.</summary>
public sealed class HubTicketTests(PostgresCluster postgres)
{
    private const string Tickets = "/api/v1/auth/hub-tickets";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_ticket_opens_one_connection_of_its_session_and_for_half_a_minute(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var ticket = await MakeAsync(server, owner.AccessToken);
        await server.ChangeAsync(async db =>
        {
            var kept = await db.HubTickets.IgnoreQueryFilters().AsNoTracking().SingleAsync(Token);
            Encoding.UTF8.GetString(kept.TicketHash).ShouldNotContain(ticket);
        });

        (await ConnectAsync(server, $"ticket={ticket}")).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await ConnectAsync(server, $"ticket={ticket}")).ShouldBe(HttpStatusCode.Unauthorized, "It is used.");
        (await ConnectAsync(server, "ticket=cht_made-up")).ShouldBe(HttpStatusCode.Unauthorized);
        (await ConnectAsync(server, "")).ShouldBe(HttpStatusCode.Unauthorized);

        var raced = await MakeAsync(server, owner.AccessToken);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ConnectAsync(server, $"ticket={raced}")));
        outcomes.Count(static status => status is HttpStatusCode.SwitchingProtocols).ShouldBe(1);

        var late = await MakeAsync(server, owner.AccessToken);
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        (await ConnectAsync(server, $"ticket={late}")).ShouldBe(HttpStatusCode.Unauthorized);

        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var orphan = await MakeAsync(server, grace.AccessToken);
        using (await server.PostAsync("/api/v1/auth/sign-out", new { refreshToken = grace.Refresh })) { }
        (await ConnectAsync(server, $"ticket={orphan}")).ShouldBe(HttpStatusCode.Unauthorized, "Its session is over.");
        // Nothing but a connection to a hub is opened by one.
        using var page = await server.Server.Client.GetAsync($"/api/v1/auth/me?ticket={await MakeAsync(server, owner.AccessToken)}", Token);
        page.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_session_has_a_few_tickets_at_once_and_a_key_has_none()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        for (var i = 0; i < 20; i++) await MakeAsync(server, owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Post, Tickets, owner.AccessToken))
            .ShouldBe((HttpStatusCode.TooManyRequests, "identity.too_many_hub_tickets"));
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        await MakeAsync(server, owner.AccessToken);
        var key = (await server.DoAsync(HttpMethod.Post, "/api/v1/api-keys", owner.AccessToken, new { name = "ci" }))
            .GetProperty("key").GetString()!;
        (await server.RefusedAsync(HttpMethod.Post, Tickets, key)).Status.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_token_in_the_address_and_a_page_of_another_site_are_refused()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "Identity:PublicUrl=https://codexos.example.org");
        await using var running = server;
        (await ConnectAsync(server, $"access_token={owner.AccessToken}")).ShouldBe(HttpStatusCode.BadRequest);
        (await ConnectAsync(server, $"access_token={owner.AccessToken}", bearer: owner.AccessToken)).ShouldBe(HttpStatusCode.BadRequest);
        (await ConnectAsync(server, "", bearer: owner.AccessToken)).ShouldBe(HttpStatusCode.SwitchingProtocols);

        foreach (var (origin, expected) in ((string, HttpStatusCode)[])
        [
            (server.Server.Url.GetLeftPart(UriPartial.Authority), HttpStatusCode.SwitchingProtocols),
            ("https://codexos.example.org", HttpStatusCode.SwitchingProtocols),
            ("https://evil.example", HttpStatusCode.Forbidden),
            ("https://codexos.example.org.evil.example", HttpStatusCode.Forbidden),
            ("null", HttpStatusCode.Forbidden),
        ])
        {
            var ticket = await MakeAsync(server, owner.AccessToken);
            (await ConnectAsync(server, $"ticket={ticket}", origin)).ShouldBe(expected, origin);
        }
    }

    private static async Task<string> MakeAsync(IdentityServer server, string accessToken)
    {
        var made = await server.DoAsync(HttpMethod.Post, Tickets, accessToken);
        made.GetProperty("expiresInSeconds").GetInt32().ShouldBe(30);
        return made.GetProperty("ticket").GetString()!;
    }

    private static async Task<HttpStatusCode> ConnectAsync(
        IdentityServer server, string query, string? origin = null, string? bearer = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        if (bearer is not null) socket.Options.SetRequestHeader("Authorization", $"Bearer {bearer}");
        var address = new UriBuilder(server.Server.Url) { Scheme = "ws", Path = "/hubs/runs", Query = query };
        try
        {
            await socket.ConnectAsync(address.Uri, Token);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }

        return socket.HttpStatusCode;
    }
}
