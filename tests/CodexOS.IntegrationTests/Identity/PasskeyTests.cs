using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Identity.Storage;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Passkeys are added, renamed, removed and stepped up with, by real requests and a software authenticator.</summary>
public sealed class PasskeyTests(PostgresCluster postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_adds_renames_and_removes_passkeys_and_the_log_says_so(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var laptop = new SoftwareAuthenticator();
        using var phone = new SoftwareAuthenticator { Syncs = true };

        // Who has nothing to step up with gives their password.
        (await server.RefusedAsync(HttpMethod.Post, $"{PasskeyCalls.Own}/options", owner.AccessToken, new { }))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_credentials"));
        var first = await server.AddPasskeyAsync(owner.AccessToken, laptop);
        // Who has a passkey gives that, and no password does.
        (await server.RefusedAsync(
                HttpMethod.Post, $"{PasskeyCalls.Own}/options", owner.AccessToken, new { password = IdentityServer.Password }))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"));
        await server.StepUpWithPasskeyAsync(owner.AccessToken, laptop);
        await server.AddPasskeyAsync(owner.AccessToken, phone, "phone");
        (await server.DoAsync(HttpMethod.Patch, $"{PasskeyCalls.Own}/{first}", owner.AccessToken, new { name = "old laptop" }))
            .GetProperty("name").GetString().ShouldBe("old laptop");

        var listed = (await server.JsonAsync(PasskeyCalls.Own, owner.AccessToken)).GetProperty("items").EnumerateArray().ToList();
        listed.ConvertAll(static one => one.GetProperty("name").GetString()).ShouldBe(["phone", "old laptop"], ignoreOrder: true);
        var old = listed.Single(one => one.GetProperty("id").GetString() == first);
        old.GetProperty("syncable").GetBoolean().ShouldBeFalse();
        old.GetProperty("lastUsedAt").ValueKind.ShouldBe(JsonValueKind.String);
        var synced = listed.Single(one => one.GetProperty("id").GetString() != first);
        (synced.GetProperty("syncable").GetBoolean(), synced.GetProperty("synced").GetBoolean()).ShouldBe((true, true));
        (await server.JsonAsync("/api/v1/auth/second-factor", owner.AccessToken)).GetProperty("passkeys").GetInt32().ShouldBe(2);

        server.Clock.Advance(TimeSpan.FromMinutes(5));
        (await server.RefusedAsync(HttpMethod.Delete, $"{PasskeyCalls.Own}/{first}", owner.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"));
        await server.StepUpWithPasskeyAsync(owner.AccessToken, phone);
        await server.DoAsync(HttpMethod.Delete, $"{PasskeyCalls.Own}/{first}", owner.AccessToken);
        (await server.RefusedAsync(HttpMethod.Delete, $"{PasskeyCalls.Own}/{first}", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.passkey_not_found"));
        (await server.RefusedEntryAsync(laptop)).ShouldBe("identity.bad_passkey");
        (await server.EnteredAsync(phone)).AccessToken.ShouldNotBeEmpty();

        var actions = await ActionsAsync(server, owner.AccessToken);
        actions.ShouldContain("passkeys.add");
        actions.ShouldContain("passkeys.rename");
        actions.ShouldContain("passkeys.remove");
        actions.ShouldContain("second_factor.step_up");
    }

    [Fact]
    public async Task What_is_not_ones_own_is_not_there()
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        using var hers = new SoftwareAuthenticator();
        using var his = new SoftwareAuthenticator();
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var id = await server.AddPasskeyAsync(grace.AccessToken, hers);
        await server.AddPasskeyAsync(owner.AccessToken, his);
        await server.StepUpWithPasskeyAsync(owner.AccessToken, his);

        (await server.RefusedAsync(HttpMethod.Delete, $"{PasskeyCalls.Own}/{id}", owner.AccessToken)).Code
            .ShouldBe("identity.passkey_not_found");
        (await server.RefusedAsync(HttpMethod.Patch, $"{PasskeyCalls.Own}/{id}", owner.AccessToken, new { name = "mine" })).Code
            .ShouldBe("identity.passkey_not_found");
        // Her device does not step him up, whatever it says whose it is.
        var prompt = await server.BeginAsync(PasskeyCalls.StepUp, owner.AccessToken);
        (await server.RefusedAsync(
                HttpMethod.Post, PasskeyCalls.StepUp, owner.AccessToken, new { passkey = PasskeyCalls.AnswerOf(prompt, hers) }))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_passkey"));
        // Nor does it become his.
        var adding = await server.BeginAsync(PasskeyCalls.Own, owner.AccessToken, new { });
        (await server.RefusedAsync(HttpMethod.Post, PasskeyCalls.Own, owner.AccessToken, PasskeyCalls.NewOf(adding, hers)))
            .ShouldBe((HttpStatusCode.Conflict, "identity.passkey_exists"));
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("party")]
    [InlineData("type")]
    [InlineData("unverified")]
    [InlineData("session")]
    [InlineData("purpose")]
    [InlineData("late")]
    [InlineData("replay")]
    [InlineData("nonsense")]
    public async Task A_passkey_that_is_not_made_as_asked_is_not_added(string what)
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        var token = owner.AccessToken;
        var prompt = await server.BeginAsync(PasskeyCalls.Own, token, new { password = IdentityServer.Password });
        Lie(device, what);
        var body = PasskeyCalls.NewOf(prompt, device);
        switch (what)
        {
            case "session":
                token = (await server.SignedInAsync()).AccessToken;
                break;
            case "purpose":
                body["challenge"] = (await server.BeginAsync(PasskeyCalls.SignIn)).GetProperty("challenge").GetString();
                break;
            case "late":
                server.Clock.Advance(TimeSpan.FromMinutes(5));
                break;
            case "replay":
                body["credential"]!["type"] = "password";
                (await server.RefusedAsync(HttpMethod.Post, PasskeyCalls.Own, token, body)).Code
                    .ShouldBe("identity.passkey_not_made");
                body["credential"]!["type"] = "public-key";
                break;
            case "nonsense":
                body["credential"] = new JsonObject { ["id"] = "AQID" };
                break;
            default:
                break;
        }

        (await server.RefusedAsync(HttpMethod.Post, PasskeyCalls.Own, token, body))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.passkey_not_made"));
        (await server.JsonAsync(PasskeyCalls.Own, owner.AccessToken)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_person_has_so_many_passkeys_and_no_more_also_when_they_come_at_once(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres, "Identity:PasskeysPerUserMax=1");
        await using var running = server;
        var sessions = new[] { owner.AccessToken, (await server.SignedInAsync()).AccessToken };
        var devices = sessions.Select(static _ => new SoftwareAuthenticator()).ToList();
        var bodies = new List<JsonObject>();
        foreach (var (token, device) in sessions.Zip(devices))
        {
            bodies.Add(PasskeyCalls.NewOf(
                await server.BeginAsync(PasskeyCalls.Own, token, new { password = IdentityServer.Password }), device));
        }

        var answers = await Task.WhenAll(sessions.Zip(bodies).Select(
            each => server.SendAsync(HttpMethod.Post, PasskeyCalls.Own, each.First, each.Second)));
        answers.Select(static answer => answer.StatusCode)
            .ShouldBe([HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity], ignoreOrder: true);
        foreach (var answer in answers) answer.Dispose();
        foreach (var device in devices) device.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tenant_that_asks_for_a_second_factor_has_one_by_a_passkey(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        using var hers = new SoftwareAuthenticator();
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await server.AddPasskeyAsync(owner.AccessToken, device);
        // The session that added it has given it.
        await server.DoAsync(HttpMethod.Put, "/api/v1/sign-in-policy", owner.AccessToken, new { secondFactorRequired = true });

        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", grace.AccessToken)).Code
            .ShouldBe("identity.second_factor_needed");
        await server.AddPasskeyAsync(grace.AccessToken, hers);
        (await server.GetAsync("/api/v1/agents", grace.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        // A password alone is not enough, a passkey alone is, and a passkey makes up for the password's session.
        using var signedIn = await server.SignInAsync("grace@example.org");
        var byPassword = (await IdentityServer.TokensOfAsync(signedIn)).AccessToken;
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", byPassword)).Code.ShouldBe("identity.second_factor_needed");
        var byPasskey = (await server.EnteredAsync(hers)).AccessToken;
        (await server.GetAsync("/api/v1/agents", byPasskey)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.StepUpWithPasskeyAsync(byPassword, hers);
        (await server.GetAsync("/api/v1/agents", byPassword)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Whoever manages members takes passkeys away with the second factor.
        (await server.JsonAsync($"/api/v1/members/{graceId}", owner.AccessToken)).GetProperty("passkeys").GetInt32().ShouldBe(1);
        await server.DoAsync(HttpMethod.Delete, $"/api/v1/members/{graceId}/second-factor", owner.AccessToken);
        (await server.RefusedEntryAsync(hers)).ShouldBe("identity.bad_passkey");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_the_last_passkey_no_session_has_a_second_factor(bool onPostgres)
    {
        var (server, owner) = await StartAsync(onPostgres);
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        var id = await server.AddPasskeyAsync(owner.AccessToken, device);
        var other = (await server.EnteredAsync(device)).AccessToken;
        await server.DoAsync(HttpMethod.Put, "/api/v1/sign-in-policy", owner.AccessToken, new { secondFactorRequired = true });

        await server.StepUpWithPasskeyAsync(owner.AccessToken, device);
        await server.DoAsync(HttpMethod.Delete, $"{PasskeyCalls.Own}/{id}", owner.AccessToken);

        foreach (var token in new[] { owner.AccessToken, other })
        {
            (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", token)).Code.ShouldBe("identity.second_factor_needed");
        }
    }

    [Fact]
    public async Task Where_a_code_is_asked_for_a_passkey_does_as_well_and_only_once_in_its_own_session()
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        await server.AddPasskeyAsync(owner.AccessToken, device);
        await server.DoAsync(
            HttpMethod.Put, "/api/v1/secrets/github", owner.AccessToken,
            new { value = "abc", hosts = new[] { "api.example.com" } });
        const string Reveal = "/api/v1/secrets/github/reveal";
        var change = new { currentPassword = IdentityServer.Password, newPassword = "quite another passphrase" };
        var elsewhere = (await server.SignedInAsync()).AccessToken;

        (await server.RefusedAsync(HttpMethod.Post, Reveal, owner.AccessToken)).Code.ShouldBe("identity.step_up_needed");
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/auth/password", owner.AccessToken, change)).Code
            .ShouldBe("identity.step_up_needed");
        (await server.RefusedAsync(
                HttpMethod.Post, "/api/v1/auth/second-factor/totp", owner.AccessToken,
                new { password = IdentityServer.Password }))
            .Code.ShouldBe("identity.step_up_needed");

        var prompt = await server.BeginAsync(PasskeyCalls.StepUp, owner.AccessToken);
        var answer = new { passkey = PasskeyCalls.AnswerOf(prompt, device) };
        (await server.RefusedAsync(HttpMethod.Post, PasskeyCalls.StepUp, elsewhere, answer)).Code
            .ShouldBe("identity.bad_passkey");
        // Whoever tried it used it up.
        (await server.RefusedAsync(HttpMethod.Post, PasskeyCalls.StepUp, owner.AccessToken, answer)).Code
            .ShouldBe("identity.bad_passkey");
        await server.StepUpWithPasskeyAsync(owner.AccessToken, device);

        (await server.DoAsync(HttpMethod.Post, Reveal, owner.AccessToken)).GetProperty("value").GetString().ShouldBe("abc");
        (await server.RefusedAsync(HttpMethod.Post, Reveal, elsewhere)).Code.ShouldBe("identity.step_up_needed");
        await server.DoAsync(HttpMethod.Post, "/api/v1/auth/password", owner.AccessToken, change);
    }

    [Fact]
    public async Task Passkeys_need_an_address_under_which_browsers_offer_them()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;

        (await server.RefusedAsync(
                HttpMethod.Post, $"{PasskeyCalls.Own}/options", owner.AccessToken, new { password = IdentityServer.Password }))
            .ShouldBe((HttpStatusCode.Conflict, "identity.passkeys_unavailable"));
        (await server.RefusedAsync(HttpMethod.Post, $"{PasskeyCalls.SignIn}/options", null))
            .ShouldBe((HttpStatusCode.Conflict, "identity.passkeys_unavailable"));
        // A page learns it beforehand, and offers none.
        (await server.JsonAsync("/api/v1/setup", owner.AccessToken)).GetProperty("passkeys").GetBoolean().ShouldBeFalse();
        var (named, ownerThere) = await IdentityServer.StartOwnedAsync(null, PasskeyCalls.PublicUrl);
        await using var runningThere = named;
        (await named.JsonAsync("/api/v1/setup", ownerThere.AccessToken)).GetProperty("passkeys").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_over_does_not_stay_in_the_database()
    {
        var (server, owner) = await StartAsync();
        await using var running = server;
        await server.BeginAsync(PasskeyCalls.SignIn);
        var confirmed = new { password = IdentityServer.Password };
        for (var i = 0; i < 3; i++) await server.BeginAsync(PasskeyCalls.Own, owner.AccessToken, confirmed);
        await server.ChangeAsync(async db =>
        {
            var kept = await db.PasskeyChallenges.AsNoTracking().ToListAsync(Cancellation);
            kept.Select(static row => row.Purpose).ShouldBe([PasskeyPurpose.Enter, PasskeyPurpose.Add], ignoreOrder: true);
            // Nothing in it says who it is.
            kept.ShouldAllBe(static row => !row.State.Contains("ada", StringComparison.OrdinalIgnoreCase));
        });

        server.Clock.Advance(TimeSpan.FromMinutes(5));
        await server.BeginAsync(PasskeyCalls.SignIn);
        await server.ChangeAsync(async db => (await db.PasskeyChallenges.CountAsync(Cancellation)).ShouldBe(1));
    }

    internal static void Lie(SoftwareAuthenticator device, string what)
    {
        switch (what)
        {
            case "origin":
                device.Origin = "https://codexos.example.net";
                device.RelyingParty = "codexos.example.org";
                break;
            case "party": device.RelyingParty = "example.org"; break;
            case "type": device.Type = "payment.get"; break;
            case "unverified": device.VerifiesUser = false; break;
            default: break;
        }
    }

    private async Task<(IdentityServer Server, Tokens Owner)> StartAsync(bool onPostgres = false, params string[] settings) =>
        await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null, [PasskeyCalls.PublicUrl, .. settings]);

    private static async Task<List<string?>> ActionsAsync(IdentityServer server, string accessToken) =>
        [
            .. (await server.JsonAsync("/api/v1/audit?limit=100", accessToken)).GetProperty("items").EnumerateArray()
                .Select(static entry => entry.GetProperty("action").GetString()),
        ];
}
