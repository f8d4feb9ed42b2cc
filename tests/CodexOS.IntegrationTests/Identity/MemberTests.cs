using System.Net;
using CodexOS.IntegrationTests.Identity.OAuth;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class MemberTests(PostgresCluster postgres)
{
    private const string Invitations = "/api/v1/invitations";
    private const string Members = "/api/v1/members";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_invitation_makes_a_member_once_and_its_link_goes_to_the_mail_alone(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            onPostgres ? postgres : null, "Identity:PublicUrl=https://codexos.example.org/console");
        await using var running = server;
        var made = await server.DoAsync(
            HttpMethod.Post, Invitations, owner.AccessToken, new { email = "Grace@Example.org", role = "developer" });
        var letter = server.Letters.All.ShouldHaveSingleItem();
        letter.To.ShouldBe("Grace@Example.org");
        letter.Text.ShouldContain("https://codexos.example.org/console/join#token=cdi_");
        var token = server.Letters.LastToken;
        made.GetRawText().ShouldNotContain(token);
        (await server.JsonAsync(Invitations, owner.AccessToken)).GetRawText().ShouldNotContain(token);

        using (var look = await server.PostAsync($"{Invitations}/look", new { token }))
        {
            var seen = await look.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            seen.ShouldContain("\"tenantName\":\"Home\"");
            seen.ShouldContain("\"hasAccount\":false");
        }

        using (var nameless = await server.PostAsync($"{Invitations}/accept", new { token, password = IdentityServer.Password }))
            (await IdentityServer.CodeOfAsync(nameless)).ShouldBe("identity.name_needed");
        using (var weak = await server.PostAsync($"{Invitations}/accept", new { token, displayName = "Grace", password = "password123" }))
            (await IdentityServer.CodeOfAsync(weak)).ShouldBe("identity.weak_password");
        var accept = new { token, displayName = "Grace", password = IdentityServer.Password };
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.PostAsync($"{Invitations}/accept", accept)));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        foreach (var answer in answers) answer.Dispose();
        using (var again = await server.PostAsync($"{Invitations}/accept", accept))
            (await IdentityServer.CodeOfAsync(again)).ShouldBe("identity.bad_invitation");

        using var signedIn = await server.SignInAsync("grace@example.org");
        var grace = await IdentityServer.TokensOfAsync(signedIn);
        (await server.JsonAsync("/api/v1/auth/me", grace.AccessToken)).GetProperty("role").GetString().ShouldBe("developer");
        var members = await server.JsonAsync(Members, owner.AccessToken);
        members.GetProperty("items").EnumerateArray().Select(each => each.GetProperty("email").GetString())
            .ShouldBe([IdentityServer.Email, "Grace@Example.org"], ignoreOrder: true);
        async Task<int> FoundAsync(string search) =>
            (await server.JsonAsync($"{Members}?search={search}", owner.AccessToken)).GetProperty("items").GetArrayLength();
        (await FoundAsync("GRACE@")).ShouldBe(1);
        (await FoundAsync("rac")).ShouldBe(1);
        (await FoundAsync("nobody")).ShouldBe(0);
        (await server.RefusedAsync(HttpMethod.Get, $"{Members}?search={new string('a', 255)}", owner.AccessToken))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.bad_search"));
        (await server.JsonAsync(Invitations, owner.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await server.RefusedAsync(HttpMethod.Post, Invitations, owner.AccessToken, new { email = "grace@example.org", role = "viewer" }))
            .ShouldBe((HttpStatusCode.Conflict, "identity.already_member"));
        (await server.RefusedAsync(HttpMethod.Get, Members, grace.AccessToken)).Code.ShouldBe("identity.not_allowed");
    }

    [Fact]
    public async Task A_link_dies_when_it_is_replaced_withdrawn_or_too_old()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        async Task<string?> LookAsync(string token)
        {
            using var answer = await server.PostAsync($"{Invitations}/look", new { token });
            return answer.IsSuccessStatusCode ? null : await IdentityServer.CodeOfAsync(answer);
        }

        var request = new { email = "grace@example.org", role = "viewer" };
        await server.DoAsync(HttpMethod.Post, Invitations, owner.AccessToken, request);
        var first = server.Letters.LastToken;
        var second = await server.DoAsync(HttpMethod.Post, Invitations, owner.AccessToken, request);
        var secondToken = server.Letters.LastToken;
        (await LookAsync(first)).ShouldBe("identity.bad_invitation");
        (await LookAsync(secondToken)).ShouldBeNull();

        await server.DoAsync(HttpMethod.Delete, $"{Invitations}/{second.GetProperty("id").GetString()}", owner.AccessToken);
        (await LookAsync(secondToken)).ShouldBe("identity.bad_invitation");

        await server.DoAsync(HttpMethod.Post, Invitations, owner.AccessToken, request);
        var third = server.Letters.LastToken;
        server.Clock.Advance(TimeSpan.FromDays(7));
        (await LookAsync(third)).ShouldBe("identity.bad_invitation");
    }

    [Fact]
    public async Task An_invitation_that_cannot_be_mailed_is_taken_back()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        server.Letters.Fails = true;
        (await server.RefusedAsync(HttpMethod.Post, Invitations, owner.AccessToken, new { email = "grace@example.org", role = "viewer" }))
            .ShouldBe((HttpStatusCode.BadGateway, "identity.mail_failed"));
        (await server.JsonAsync(Invitations, owner.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_was_removed_joins_again_with_their_own_password_and_nobody_else_s()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (grace, id) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.DoAsync(HttpMethod.Delete, $"{Members}/{id}", owner.AccessToken);
        (await server.MeFaultAsync(grace.AccessToken)).ShouldBe("identity.session_ended");
        using (var refresh = await server.RefreshAsync(grace.Refresh))
            (await IdentityServer.CodeOfAsync(refresh)).ShouldBe("identity.session_ended");
        (await server.SignInAsync("grace@example.org")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        await server.DoAsync(HttpMethod.Post, Invitations, owner.AccessToken, new { email = "grace@example.org", role = "viewer" });
        var token = server.Letters.LastToken;
        using (var wrong = await server.PostAsync($"{Invitations}/accept", new { token, displayName = "Eve", password = "not hers at all" }))
            (await IdentityServer.CodeOfAsync(wrong)).ShouldBe("identity.bad_credentials");
        using (var right = await server.PostAsync($"{Invitations}/accept", new { token, password = IdentityServer.Password }))
            right.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var signedIn = await server.SignInAsync("grace@example.org");
        var again = await server.JsonAsync("/api/v1/auth/me", (await IdentityServer.TokensOfAsync(signedIn)).AccessToken);
        again.GetProperty("user").GetProperty("id").GetString().ShouldBe(id);
        again.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("grace");
        again.GetProperty("role").GetString().ShouldBe("viewer");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_owner_can_be_neither_demoted_nor_disabled_nor_removed_not_even_by_two_at_once(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var ownerId = (await server.JsonAsync("/api/v1/auth/me", owner.AccessToken)).GetProperty("user").GetProperty("id").GetString();
        (HttpMethod Method, object? Body)[] ways =
            [(HttpMethod.Patch, new { role = "admin" }), (HttpMethod.Patch, new { state = "disabled" }), (HttpMethod.Delete, null)];
        foreach (var (method, body) in ways)
        {
            (await server.RefusedAsync(method, $"{Members}/{ownerId}", owner.AccessToken, body))
                .ShouldBe((HttpStatusCode.Conflict, "identity.last_owner"));
        }

        var (second, secondId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "owner");
        var answers = await Task.WhenAll(
            server.SendAsync(HttpMethod.Patch, $"{Members}/{secondId}", owner.AccessToken, new { role = "viewer" }),
            server.SendAsync(HttpMethod.Patch, $"{Members}/{ownerId}", second.AccessToken, new { role = "viewer" }));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        foreach (var answer in answers) answer.Dispose();
        var roles = new[]
        {
            (await server.JsonAsync("/api/v1/auth/me", owner.AccessToken)).GetProperty("role").GetString(),
            (await server.JsonAsync("/api/v1/auth/me", second.AccessToken)).GetProperty("role").GetString(),
        };
        roles.ShouldBe(["owner", "viewer"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_who_is_signed_out_has_no_session_on_any_device_or_in_any_application(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, id) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        using var answer = await server.SignInAsync("grace@example.org");
        var phone = await IdentityServer.TokensOfAsync(answer);
        var key = (await server.DoAsync(HttpMethod.Post, "/api/v1/api-keys", grace.AccessToken, new { name = "hers" }))
            .GetProperty("key").GetString()!;
        var notebook = await OAuthParty.RegisterAsync(server, owner);
        var application = await notebook.TokensAsync(grace);
        var pending = await notebook.CodeAsync(grace);

        await server.DoAsync(HttpMethod.Delete, $"{Members}/{id}/sessions", owner.AccessToken);

        foreach (var token in (string[])[grace.AccessToken, phone.AccessToken, OAuthParty.AccessOf(application)])
            (await server.MeFaultAsync(token)).ShouldBe("identity.session_ended");
        foreach (var each in (Tokens[])[grace, phone])
        {
            using var refreshed = await server.RefreshAsync(each.Refresh);
            (await IdentityServer.CodeOfAsync(refreshed)).ShouldBe("identity.session_ended");
        }

        OAuthParty.ErrorOf(await notebook.RefreshAsync(application)).ShouldBe("invalid_grant");
        OAuthParty.ErrorOf(await notebook.ExchangeAsync(pending)).ShouldBe("invalid_grant");
        (await server.MeFaultAsync(key)).ShouldBeNull("keys are revoked, not signed out");
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull("she alone was signed out");
        using var again = await server.SignInAsync("grace@example.org");
        (await server.MeFaultAsync((await IdentityServer.TokensOfAsync(again)).AccessToken)).ShouldBeNull();

        var entry = (await server.JsonAsync("/api/v1/audit?action=members.sign_out", owner.AccessToken)).GetProperty("items")[0];
        entry.GetProperty("resource").GetProperty("id").GetString().ShouldBe(id);
        entry.GetProperty("details").GetProperty("sessions_ended").GetString().ShouldBe("3");
    }

    [Fact]
    public async Task Nobody_signs_out_who_may_do_more_and_nobody_who_is_no_member()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var ownerId = (await server.JsonAsync("/api/v1/auth/me", owner.AccessToken)).GetProperty("user").GetProperty("id").GetString();
        var (admin, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "admin");
        var (viewer, _) = await server.JoinAsync(owner.AccessToken, "eve@example.org", "viewer");
        (await server.RefusedAsync(HttpMethod.Delete, $"{Members}/{ownerId}/sessions", admin.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.owners_only"));
        (await server.RefusedAsync(HttpMethod.Delete, $"{Members}/{ownerId}/sessions", viewer.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));
        (await server.RefusedAsync(HttpMethod.Delete, $"{Members}/usr_{new string('0', 32)}/sessions", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.member_not_found"));
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_member_is_found_by_a_part_of_the_name_or_address_in_whatever_case(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        await server.DoAsync(HttpMethod.Post, Invitations, owner.AccessToken, new { email = "L100%@Example.org", role = "viewer" });
        var accept = new { token = server.Letters.LastToken, displayName = "Łukasz Żółć", password = IdentityServer.Password };
        using (var joined = await server.PostAsync($"{Invitations}/accept", accept)) joined.StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var text in (string[])["Łukasz", "łukasz", "ŁUKASZ Ż", "żółć", "Żółć", "100%@example", "l100"])
        {
            var found = await server.JsonAsync($"{Members}?search={Uri.EscapeDataString(text)}", owner.AccessToken);
            found.GetProperty("items").EnumerateArray().Select(each => each.GetProperty("displayName").GetString())
                .ShouldBe(["Łukasz Żółć"], text);
        }

        foreach (var text in (string[])["1000", "_", "Łukasz  Żółć"])
        {
            (await server.JsonAsync($"{Members}?search={Uri.EscapeDataString(text)}", owner.AccessToken)).GetProperty("items")
                .GetArrayLength().ShouldBe(0, text);
        }
    }

    [Fact]
    public async Task What_happens_to_members_is_in_the_audit_log()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var (_, id) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.DoAsync(HttpMethod.Patch, $"{Members}/{id}", owner.AccessToken, new { role = "viewer" });
        await server.DoAsync(HttpMethod.Delete, $"{Members}/{id}", owner.AccessToken);

        var log = await server.JsonAsync("/api/v1/audit?limit=100", owner.AccessToken);
        var actions = log.GetProperty("items").EnumerateArray().Select(each => each.GetProperty("action").GetString()).ToList();
        actions.ShouldBeSubsetOf([
            "members.remove", "members.update", "members.join", "invitations.create", "sessions.sign_in", "sessions.end",
            "installation.set_up",
        ]);
        foreach (var action in (string[])["members.remove", "members.update", "members.join", "invitations.create"])
            actions.ShouldContain(action);
    }
}
