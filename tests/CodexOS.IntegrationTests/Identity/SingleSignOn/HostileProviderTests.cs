using System.Net;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>What attackers do with providers, answers and tokens. Each is refused with its code, and on record.</summary>
public sealed class HostileProviderTests(SsoParty party) : IClassFixture<SsoParty>
{
    private const string Hedy = "hedy@example.org";

    public static TheoryData<string, string> ForgedClaims => new()
    {
        { "iss", "iss" }, { "aud", "aud" }, { "several aud", "azp" }, { "azp", "azp" }, { "nonce", "nonce" },
        { "no nonce", "nonce" }, { "exp", "exp" }, { "no exp", "exp" }, { "iat", "iat" }, { "sub", "sub" },
    };

    [Theory]
    [MemberData(nameof(ForgedClaims))]
    public async Task An_ID_token_that_was_not_made_for_this_sign_in_is_refused(string forged, string reason)
    {
        using var browser = party.Browser();
        var future = party.Server.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var told = await party.SignInAsync(browser, begun =>
        {
            var claims = party.Provider.Claims(begun);
            switch (forged)
            {
                case "iss": claims["iss"] = "https://evil.example"; break;
                case "aud": claims["aud"] = "another client"; break;
                case "several aud": claims["aud"] = new[] { ScriptedProvider.ClientId, "another client" }; break;
                case "azp": claims["azp"] = "another client"; break;
                case "nonce": claims["nonce"] = "of another sign-in"; break;
                case "no nonce": claims.Remove("nonce"); break;
                case "exp": claims["exp"] = 1_000_000; break;
                case "no exp": claims.Remove("exp"); break;
                case "iat": claims["iat"] = future; break;
                default: claims["sub"] = ""; break;
            }

            return party.Provider.Sign(claims);
        });
        await party.RefusedAsync(told, "identity.sso_bad_token", $": {reason}.");
    }

    [Fact]
    public async Task A_token_without_a_signature_or_signed_with_the_public_key_as_a_secret_is_refused()
    {
        using var browser = party.Browser();
        Func<Dictionary<string, object>, string>[] ways = [ScriptedProvider.Unsigned, party.Provider.SignWithPublicKey];
        foreach (var sign in ways)
        {
            var told = await party.SignInAsync(browser, begun => sign(party.Provider.Claims(begun)));
            await party.RefusedAsync(told, "identity.sso_bad_token");
        }
    }

    [Fact]
    public async Task An_answer_counts_once_in_its_time_and_in_the_browser_that_began()
    {
        using var browser = party.Browser();
        using var stranger = party.Browser();
        var begun = await browser.StartAsync(new { email = Hedy });
        party.Provider.IdToken = party.Provider.Sign(party.Provider.Claims(begun, "s-once", "once@example.org"));

        // In another browser, which has begun one of its own, and in one that has not.
        await stranger.StartAsync(new { email = Hedy });
        await party.RefusedAsync((await stranger.FollowAsync(ScriptedProvider.Back(begun))).Fragment, "identity.sso_bad_state");
        await party.RefusedAsync((await stranger.FollowAsync(ScriptedProvider.Back(begun))).Fragment, "identity.sso_bad_state");
        (await browser.FollowAsync(ScriptedProvider.Back(begun))).Fragment.ShouldBe("#sso=done");
        party.Provider.LastExchange["code_verifier"].Length.ShouldBe(43);
        await party.RefusedAsync((await browser.FollowAsync(ScriptedProvider.Back(begun))).Fragment, "identity.sso_bad_state");

        var late = await browser.StartAsync(new { email = Hedy });
        party.Server.Clock.Advance(TimeSpan.FromMinutes(11));
        await party.RefusedAsync((await browser.FollowAsync(ScriptedProvider.Back(late))).Fragment, "identity.sso_bad_state");
    }

    [Fact]
    public async Task An_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere()
    {
        using var browser = party.Browser();
        var begun = await browser.StartAsync(new { email = Hedy });
        var mixedUp = ScriptedProvider.Back(begun, ("iss", "https://evil.example"));
        await party.RefusedAsync((await browser.FollowAsync(mixedUp)).Fragment, "identity.sso_wrong_issuer");

        // One that names itself always has to be named.
        await using var careful = await ScriptedProvider.StartAsync(party.Server.Clock);
        careful.NamesItself = true;
        var connection = await SsoSetup.ConnectAsync(party.Owner, careful.Issuer);
        begun = await browser.StartAsync(new { connection = connection.GetProperty("id").GetString() });
        (await browser.FollowAsync(ScriptedProvider.Back(begun))).Fragment.ShouldBe("#sso_error=identity.sso_wrong_issuer");
        careful.LastExchange.ShouldBeEmpty();

        // And what was begun at one connection does not end at another.
        begun = await browser.StartAsync(new { email = Hedy });
        var other = connection.GetProperty("id").GetString();
        var back = ScriptedProvider.Back(begun).ToString();
        var elsewhere = new Uri(back.Replace(party.ConnectionId, other, StringComparison.Ordinal));
        (await browser.FollowAsync(elsewhere)).Fragment.ShouldBe("#sso_error=identity.sso_bad_state");
    }

    [Fact]
    public async Task An_address_leads_to_an_account_only_if_it_is_verified_and_in_a_verified_domain()
    {
        using var browser = party.Browser();
        await party.RefusedAsync(
            await party.SignInAsync(browser, "s2", Hedy, ("email_verified", false)), "identity.sso_email_unverified");
        string[] elsewhere =
            ["eve@evil.example", "eve@example.org.evil.example", "eve@sub.example.org", "eve@example.org@evil.example"];
        foreach (var foreign in elsewhere)
            await party.RefusedAsync(await party.SignInAsync(browser, "s2", foreign), "identity.sso_foreign_domain");
        var claimed = new { domain = "claimed.example", connection = party.ConnectionId };
        await SsoSetup.DoAsync(party.Owner, HttpMethod.Post, "/api/v1/sso/domains", claimed);
        await party.RefusedAsync(await party.SignInAsync(browser, "s2", "eve@claimed.example"), "identity.sso_foreign_domain");
        using var start = await browser.PostAsync("/api/v1/auth/sso/start", new { email = "eve@claimed.example" });
        start.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await IdentityServer.CodeOfAsync(start)).ShouldBe("identity.sso_no_connection");
    }

    [Fact]
    public async Task Userinfo_about_somebody_else_is_not_believed()
    {
        using var browser = party.Browser();
        party.Provider.UserInfo = new { sub = "somebody else", email = "boss@example.org", email_verified = true };
        var told = await party.SignInAsync(browser, begun =>
        {
            var claims = party.Provider.Claims(begun, "s3");
            claims.Remove("email");
            return party.Provider.Sign(claims);
        });
        await party.RefusedAsync(told, "identity.sso_bad_token", "userinfo");
    }

    [Fact]
    public async Task A_page_of_another_site_begins_nothing_and_no_sign_in_leads_to_another_site()
    {
        using var answer = await party.Server.PostAsync(
            "/api/v1/auth/sso/start", new { email = Hedy }, ("Sec-Fetch-Site", "cross-site"));
        (await IdentityServer.CodeOfAsync(answer)).ShouldBe("identity.cross_site");
        using var browser = party.Browser();
        foreach (var returnTo in (string[])["https://evil.example", "//evil.example", "/\\evil.example"])
        {
            using var refused = await browser.PostAsync("/api/v1/auth/sso/start", new { email = Hedy, returnTo });
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, returnTo);
        }
    }

    [Fact]
    public async Task A_provider_on_a_private_address_is_not_reached_unless_the_installation_allows_it()
    {
        var (server, tokens) = await IdentityServer.StartOwnedAsync(null, "SingleSignOn:AllowPlainHttp=true");
        await using var running = server;
        using var owner = SsoSetup.ClientOf(server.Server, tokens.AccessToken);
        var connection = await SsoSetup.ConnectAsync(owner, party.Provider.Issuer);
        var id = connection.GetProperty("id").GetString();
        var tested = await SsoSetup.DoAsync(owner, HttpMethod.Post, $"/api/v1/sso/connections/{id}/test", null);
        tested.GetProperty("works").GetBoolean().ShouldBeFalse();
        tested.GetProperty("checks")[0].GetProperty("message").GetString()!.ShouldContain("Egress:AllowedNetworks");
    }
}
