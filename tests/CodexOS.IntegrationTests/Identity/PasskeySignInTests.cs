using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Identity.Storage;
using CodexOS.IntegrationTests.Identity.SingleSignOn;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using OtpNet;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Signing in with a passkey alone, and everything that does not.</summary>
public sealed class PasskeySignInTests(PostgresCluster postgres)
{
    private const string Second = "/api/v1/auth/sign-in/second-factor";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_passkey_alone_signs_in_with_all_that_a_session_has(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator { Counter = 1 };
        await server.AddPasskeyAsync(owner.AccessToken, device);

        var tokens = await server.EnteredAsync(device);

        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBeNull();
        (await server.RefreshedAsync(tokens.Refresh)).AccessToken.ShouldNotBeEmpty();
        (await server.JsonAsync("/api/v1/auth/second-factor", tokens.AccessToken)).GetProperty("givenInSession").GetBoolean()
            .ShouldBeTrue();
        var entry = (await EntriesAsync(server, owner.AccessToken, "sessions.sign_in"))
            .First(static one => one.GetProperty("details").GetProperty("by").GetString() == "passkey");
        entry.GetProperty("details").GetProperty("second_factor").GetString().ShouldBe("given");
        // It signs in again, and again.
        (await server.EnteredAsync(device)).AccessToken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("party")]
    [InlineData("type")]
    [InlineData("unverified")]
    [InlineData("handle")]
    [InlineData("signature")]
    [InlineData("unknown")]
    [InlineData("late")]
    [InlineData("replay")]
    [InlineData("prompt")]
    [InlineData("purpose")]
    [InlineData("nonsense")]
    public async Task Whatever_is_wrong_has_one_answer(string what)
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        await server.AddPasskeyAsync(owner.AccessToken, device);
        var prompt = await server.BeginAsync(PasskeyCalls.SignIn);
        PasskeyTests.Lie(device, what);
        if (what is "handle") device.UserHandle = "usr_01981d2f7c1e7a6b8f00000000000000";
        var body = PasskeyCalls.AnswerOf(prompt, device);
        switch (what)
        {
            case "signature":
                body["credential"]!["response"]!["signature"] = "MEUCIQDx";
                break;
            case "unknown":
                using (var stranger = new SoftwareAuthenticator())
                {
                    stranger.UserHandle = "nobody";
                    body = PasskeyCalls.AnswerOf(prompt, stranger);
                }

                break;
            case "late":
                server.Clock.Advance(TimeSpan.FromMinutes(5));
                break;
            case "replay":
                using (var once = await server.PostAsync(PasskeyCalls.SignIn, body)) once.StatusCode.ShouldBe(HttpStatusCode.OK);
                break;
            case "prompt":
                body["challenge"] = (await server.BeginAsync(PasskeyCalls.SignIn)).GetProperty("challenge").GetString();
                break;
            case "purpose":
                prompt = await server.BeginAsync(PasskeyCalls.StepUp, owner.AccessToken);
                body = PasskeyCalls.AnswerOf(prompt, device);
                break;
            case "nonsense":
                body["credential"] = new JsonObject { ["id"] = "AQID" };
                break;
            default:
                break;
        }

        using var answer = await server.PostAsync(PasskeyCalls.SignIn, body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var problem = (await answer.Content.ReadFromJsonAsync<Dictionary<string, JsonElement>>(Cancellation))!;
        problem["code"].GetString().ShouldBe("identity.bad_passkey");
        problem["detail"].GetString().ShouldBe(
            "This passkey opens nothing here, or the prompt was answered already or too late. Try again, or use another way.");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"challenge":"x"}""")]
    [InlineData("""{"credential":{}}""")]
    [InlineData("""{"challenge":"x","credential":null}""")]
    [InlineData("""{"challenge":5,"credential":{}}""")]
    [InlineData("""{"challenge":"x","credential":{},"transport":"pigeon"}""")]
    public async Task A_bad_body_is_a_bad_request(string body)
    {
        var (server, _) = await StartAsync();
        await using var running = server;
        using var answer = await server.PostAsync(PasskeyCalls.SignIn, JsonElement.Parse(body));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var tooLong = await server.PostAsync(
            PasskeyCalls.SignIn, new { challenge = "x", credential = new { id = new string('x', 20_000) } });
        tooLong.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_counter_that_does_not_go_on_is_refused_and_on_record(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator { Counter = 5 };
        await server.AddPasskeyAsync(owner.AccessToken, device);
        await server.EnteredAsync(device);

        // A copy of the device from before shows 6 once more; and one that stopped to count is none that did.
        foreach (var counter in new uint[] { 5, 2, 0 })
        {
            device.Counter = counter;
            (await server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
        }

        (await EntriesAsync(server, owner.AccessToken, "sessions.sign_in"))
            .Count(static one => one.ToString().Contains("identity.passkey_counter")).ShouldBe(3);
        device.Counter = 6;
        await server.EnteredAsync(device);

        // In a session it is the same.
        device.Counter = 5;
        var prompt = await server.BeginAsync(PasskeyCalls.StepUp, owner.AccessToken);
        (await server.RefusedAsync(
                HttpMethod.Post, PasskeyCalls.StepUp, owner.AccessToken, new { passkey = PasskeyCalls.AnswerOf(prompt, device) }))
            .Code.ShouldBe("identity.bad_passkey");
        (await EntriesAsync(server, owner.AccessToken, "second_factor.step_up"))
            .ShouldContain(static one => one.ToString().Contains("identity.passkey_counter"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_answers_with_one_counter_at_once_one_signs_in(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator { Counter = 5 };
        await server.AddPasskeyAsync(owner.AccessToken, device);
        var bodies = new List<JsonObject>();
        for (var i = 0; i < 8; i++)
        {
            device.Counter = 5;
            bodies.Add(PasskeyCalls.AnswerOf(await server.BeginAsync(PasskeyCalls.SignIn), device));
        }

        var answers = await Task.WhenAll(bodies.Select(body => server.PostAsync(PasskeyCalls.SignIn, body)));

        answers.Count(static answer => answer.IsSuccessStatusCode).ShouldBe(1);
        answers.Count(static answer => answer.StatusCode is HttpStatusCode.Unauthorized).ShouldBe(7);
        foreach (var answer in answers) answer.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_may_not_sign_in_does_not_with_a_passkey(bool onPostgres)
    {
        var (server, owner) = await StartAsync(
            onPostgres, "Identity:FailuresPerAccountMax=2", "Identity:FailuresPerAddressMax=10000");
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        var (grace, id) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.AddPasskeyAsync(grace.AccessToken, device);

        // The account waits after wrong passwords, whichever way in.
        for (var i = 0; i < 2; i++)
            using (await server.SignInAsync("grace@example.org", "not the passphrase")) { }
        using (var waits = await server.EnterAsync(device))
        {
            (await IdentityServer.CodeOfAsync(waits)).ShouldBe("identity.throttled");
            waits.Headers.RetryAfter.ShouldNotBeNull();
        }

        server.Clock.Advance(TimeSpan.FromMinutes(6));
        await server.EnteredAsync(device);

        var member = $"/api/v1/members/{id}";
        await server.DoAsync(HttpMethod.Patch, member, owner.AccessToken, new { state = "disabled" });
        (await server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
        await server.DoAsync(HttpMethod.Patch, member, owner.AccessToken, new { state = "active" });
        await server.EnteredAsync(device);
        await server.ChangeAsync(db => db.Users.Where(user => user.EmailKey == "grace@example.org").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.State, UserState.Disabled), Cancellation));
        (await server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
        await server.ChangeAsync(db => db.Users.Where(user => user.EmailKey == "grace@example.org").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.State, UserState.Active), Cancellation));
        await server.DoAsync(HttpMethod.Delete, member, owner.AccessToken);
        (await server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
    }

    [Fact]
    public async Task Where_a_provider_signs_people_in_no_passkey_does_but_an_owner_s()
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        using var owners = new SoftwareAuthenticator();
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.AddPasskeyAsync(grace.AccessToken, device);
        await server.AddPasskeyAsync(owner.AccessToken, owners);
        using var client = SsoSetup.ClientOf(server.Server, owner.AccessToken);
        var connection = await SsoSetup.ConnectAsync(client, "https://login.example.com", new { enforced = true });
        await SsoSetup.AddDomainAsync(client, client, connection, "example.org");

        using (var refused = await server.EnterAsync(device))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await IdentityServer.CodeOfAsync(refused)).ShouldBe("identity.sso_required");
        }

        await server.EnteredAsync(owners);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_of_several_tenants_enters_the_one_they_name_or_the_oldest(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        await server.AddPasskeyAsync(owner.AccessToken, device);
        var other = await server.DoAsync(HttpMethod.Post, "/api/v1/tenants", owner.AccessToken, new { name = "Other" });
        var tenant = other.GetProperty("tenant").GetProperty("id").GetString()!;
        using (var signedUp = await server.SetUpAsync(
            other.GetProperty("ownerLink").GetProperty("path").GetString()!.Split("#token=")[^1], email: "boss@example.org"))
        {
            var boss = await IdentityServer.TokensOfAsync(signedUp);
            (await server.RefusedEntryAsync(device)).ShouldBeNull();
            using (var outside = await server.EnterAsync(device, tenant))
                (await IdentityServer.CodeOfAsync(outside)).ShouldBe("identity.bad_passkey");
            await server.DoAsync(
                HttpMethod.Post, "/api/v1/invitations", boss.AccessToken, new { email = IdentityServer.Email, role = "viewer" });
            using var joined = await server.PostAsync(
                "/api/v1/invitations/accept", new { token = server.Letters.LastToken, password = IdentityServer.Password });
            joined.IsSuccessStatusCode.ShouldBeTrue();
        }

        using (var entered = await server.EnterAsync(device, tenant))
            (await TenantOfAsync(server, await IdentityServer.TokensOfAsync(entered))).ShouldBe(tenant);
        (await TenantOfAsync(server, await server.EnteredAsync(device))).ShouldNotBe(tenant);
        // What was added in one tenant is the person's in the other.
        using var there = await server.EnterAsync(device, tenant);
        (await server.JsonAsync(PasskeyCalls.Own, (await IdentityServer.TokensOfAsync(there)).AccessToken)).GetProperty("items")
            .GetArrayLength().ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_passkey_is_the_second_factor_after_a_password_of_who_has_an_authenticator(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        using var hers = new SoftwareAuthenticator();
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.AddPasskeyAsync(grace.AccessToken, hers);
        var begun = await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp", owner.AccessToken, new { password = IdentityServer.Password });
        var app = new Totp(Base32Encoding.ToBytes(begun.GetProperty("secret").GetString()));
        string Code()
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            return app.ComputeTotp(server.Clock.GetUtcNow().UtcDateTime);
        }

        await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp/confirm", owner.AccessToken, new { code = Code() });
        await server.DoAsync(HttpMethod.Post, PasskeyCalls.StepUp, owner.AccessToken, new { code = Code() });
        await server.AddPasskeyAsync(owner.AccessToken, device);

        using var signedIn = await server.SignInAsync();
        signedIn.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var asked = await signedIn.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        var challenge = asked.GetProperty("challenge").GetString();
        // Somebody else's does not finish it.
        using (var wrong = await server.PostAsync(
            Second, new { challenge, passkey = PasskeyCalls.AnswerOf(await server.BeginAsync(PasskeyCalls.SignIn), hers) }))
        {
            (await IdentityServer.CodeOfAsync(wrong)).ShouldBe("identity.bad_passkey");
        }

        using var right = await server.PostAsync(
            Second, new { challenge, passkey = PasskeyCalls.AnswerOf(await server.BeginAsync(PasskeyCalls.SignIn), device) });
        (await server.MeFaultAsync((await IdentityServer.TokensOfAsync(right)).AccessToken)).ShouldBeNull();
    }

    [Fact]
    public async Task Only_so_many_sign_ins_are_under_way_and_setting_the_cookie_is_for_our_own_page()
    {
        var (server, owner) = await StartAsync(settings: "Identity:PasskeyChallengesMax=100");
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        await server.AddPasskeyAsync(owner.AccessToken, device);
        var prompt = await server.BeginAsync(PasskeyCalls.SignIn);
        for (var i = 1; i < 100; i++) await server.BeginAsync(PasskeyCalls.SignIn);
        using (var busy = await server.PostAsync($"{PasskeyCalls.SignIn}/options", null))
        {
            (await IdentityServer.CodeOfAsync(busy)).ShouldBe("identity.passkeys_busy");
            busy.Headers.RetryAfter.ShouldNotBeNull();
        }

        // A session of its own still steps up.
        await server.BeginAsync(PasskeyCalls.StepUp, owner.AccessToken);

        var body = PasskeyCalls.AnswerOf(prompt, device);
        body["transport"] = "cookie";
        using (var crossSite = await server.PostAsync(PasskeyCalls.SignIn, body, ("Sec-Fetch-Site", "cross-site")))
            (await IdentityServer.CodeOfAsync(crossSite)).ShouldBe("identity.cross_site");
        using var own = await server.PostAsync(PasskeyCalls.SignIn, body, ("Sec-Fetch-Site", "same-origin"));
        own.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldContain("httponly", Case.Insensitive);
    }

    private static async Task<string?> TenantOfAsync(IdentityServer server, Tokens tokens) =>
        (await server.JsonAsync("/api/v1/auth/me", tokens.AccessToken)).GetProperty("tenant").GetProperty("id").GetString();

    private static async Task<List<JsonElement>> EntriesAsync(IdentityServer server, string accessToken, string action) =>
        [
            .. (await server.JsonAsync($"/api/v1/audit?action={action}&limit=100", accessToken)).GetProperty("items")
                .EnumerateArray(),
        ];

    private async Task<(IdentityServer Server, Tokens Owner)> StartAsync(bool onPostgres = false, params string[] settings) =>
        await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null, [PasskeyCalls.PublicUrl, .. settings]);
}
