using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>Whose account somebody gets, as what, and how they come out again.</summary>
public abstract class SsoAccountTests(SsoParty party)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_account_of_another_tenant_is_not_taken_and_a_subject_is_one_person()
    {
        using var browser = party.Browser();
        using var bob = await party.Server.Server.AddTenantAsync(party.Owner, "bob", Cancellation);
        await party.RefusedAsync(await party.SignInAsync(browser, "b1", "bob@example.org"), "identity.sso_account_elsewhere");

        // A member is found by their address once; whoever gets the address after them is somebody else.
        var (_, grace) = await party.Server.JoinAsync(TokenOf(party.Owner), "grace@example.org", "developer");
        (await party.SignInAsync(browser, "g1", "grace@example.org")).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("user").GetProperty("id").GetString().ShouldBe(grace);
        await party.RefusedAsync(await party.SignInAsync(browser, "g2", "grace@example.org"), "identity.sso_linked_otherwise");
        (await party.SignInAsync(browser, "g1", "elsewhere@evil.example", ("email_verified", false))).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("user").GetProperty("id").GetString().ShouldBe(grace);
        // No groups give roles here, so that she keeps hers.
        (await MeAsync(await browser.TokenAsync())).GetProperty("role").GetString().ShouldBe("developer");
        await SsoSetup.DoAsync(party.Owner, HttpMethod.Patch, $"/api/v1/members/{grace}", new { state = "disabled" });
        await party.RefusedAsync(await party.SignInAsync(browser, "g1", "grace@example.org"), "identity.sso_disabled");
    }

    [Fact]
    public async Task Groups_decide_at_every_sign_in_and_never_take_the_last_owner()
    {
        using var browser = party.Browser();
        await party.ChangeAsync(new { groupRoles = new[] { new { group = "makers", role = "developer" } }, defaultRole = "" });
        await party.RefusedAsync(await party.SignInAsync(browser, "n1", "nobody@example.org"), "identity.sso_no_role");
        string[] groups = ["others", "makers"];
        (await party.SignInAsync(browser, "m1", "maker@example.org", ("groups", groups))).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("role").GetString().ShouldBe("developer");

        // The owner's own groups say otherwise; they are refused that, and the sign-in goes on.
        (await party.SignInAsync(browser, "ada", IdentityServer.Email, ("groups", new[] { "makers" }))).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("role").GetString().ShouldBe("owner");
        var kept = await party.Owner.GetFromJsonAsync<JsonElement>(
            "/api/v1/audit?action=members.update&outcome=denied&limit=1", Cancellation);
        kept.GetProperty("items")[0].GetProperty("details").GetProperty("code").GetString().ShouldBe("identity.last_owner");
        await party.ChangeAsync(new { groupRoles = Array.Empty<object>(), defaultRole = "viewer" });
    }

    [Fact]
    public async Task Groups_that_scim_knows_count_at_a_sign_in_together_with_those_of_the_token()
    {
        using var browser = party.Browser();
        await party.ChangeAsync(new
        {
            groupRoles = new[] { new { group = "makers", role = "developer" }, new { group = "watchers", role = "auditor" } },
            defaultRole = "",
        });
        var hedy = await ProvisionAsync("Users", new { userName = "scim-hedy@example.org" });
        // No group lets her in, until the token says that she is in one; then the role is kept up by either.
        await party.RefusedAsync(await party.SignInAsync(browser, "s1", "scim-hedy@example.org"), "identity.sso_no_role");
        (await party.SignInAsync(browser, "s1", "scim-hedy@example.org", ("groups", new[] { "watchers" }))).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("role").GetString().ShouldBe("auditor");
        await ProvisionAsync("Groups", new { displayName = "makers", members = new[] { new { value = hedy } } });
        (await party.SignInAsync(browser, "s1", "scim-hedy@example.org", ("groups", new[] { "watchers" }))).ShouldBe("#sso=done");
        (await MeAsync(await browser.TokenAsync())).GetProperty("role").GetString().ShouldBe("developer");
        await SsoSetup.DoAsync(
            party.Owner, HttpMethod.Patch, $"/api/v1/scim/v2/Users/{hedy}",
            new { Operations = new[] { new { op = "replace", path = "active", value = false } } });
        await party.RefusedAsync(await party.SignInAsync(browser, "s1", "scim-hedy@example.org"), "identity.sso_disabled");
        await party.ChangeAsync(new { groupRoles = Array.Empty<object>(), defaultRole = "viewer" });
    }

    [Fact]
    public async Task Without_provisioning_only_members_come_in_and_where_it_is_enforced_not_with_a_password()
    {
        using var browser = party.Browser();
        await party.Server.JoinAsync(TokenOf(party.Owner), "iris@example.org", "viewer");
        await party.ChangeAsync(new { provisioning = false, enforced = true });
        await party.RefusedAsync(await party.SignInAsync(browser, "new", "new@example.org"), "identity.sso_not_provisioned");
        (await party.SignInAsync(browser, "iris", "iris@example.org")).ShouldBe("#sso=done");
        using (var refused = await party.Server.SignInAsync("iris@example.org"))
            (await IdentityServer.CodeOfAsync(refused)).ShouldBe("identity.sso_required");
        // An owner can, so that a broken provider locks nobody out.
        using (var owner = await party.Server.SignInAsync()) owner.StatusCode.ShouldBe(HttpStatusCode.OK);
        await party.ChangeAsync(new { provisioning = true, enforced = false });
        using var again = await party.Server.SignInAsync("iris@example.org");
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_second_factor_given_at_the_provider_counts_where_the_tenant_accepts_it()
    {
        using var browser = party.Browser();
        using var plain = party.Browser();
        await party.ChangeAsync(new { acceptsSecondFactor = true, secondFactorAcr = "gold" });
        await RequireSecondFactorAsync(true);
        (await party.SignInAsync(browser, "t1", "two@example.org", ("amr", new[] { "pwd", "mfa" }))).ShouldBe("#sso=done");
        (await NeedsAsync(browser)).ShouldBeFalse();
        (await party.SignInAsync(browser, "t1", "two@example.org", ("acr", "gold"))).ShouldBe("#sso=done");
        (await NeedsAsync(browser)).ShouldBeFalse();
        (await party.SignInAsync(plain, "t1", "two@example.org", ("amr", "pwd"), ("acr", "silver"))).ShouldBe("#sso=done");
        (await NeedsAsync(plain)).ShouldBeTrue();
        await RequireSecondFactorAsync(false);
    }

    [Fact]
    public async Task A_logout_token_ends_the_sessions_of_its_subject_once_and_only_if_it_is_one()
    {
        using var browser = party.Browser();
        (await party.SignInAsync(browser, "l1", "leaver@example.org", ("sid", "session one"))).ShouldBe("#sso=done");
        var token = await browser.TokenAsync();
        var claims = party.Provider.LogoutClaims("j0", "l1");
        (string, string?)[] forgeries = [("events", null), ("aud", "another"), ("nonce", "n"), ("jti", null), ("sub", null)];
        foreach (var (name, value) in forgeries)
        {
            var forged = new Dictionary<string, object>(claims, StringComparer.Ordinal);
            if (value is null) forged.Remove(name);
            else forged[name] = value;
            (await party.LogOutAsync(party.Provider.Sign(forged))).ShouldBe(HttpStatusCode.BadRequest, name);
        }

        (await party.LogOutAsync(ScriptedProvider.Unsigned(claims))).ShouldBe(HttpStatusCode.BadRequest);
        (await party.LogOutAsync(party.Provider.Sign(claims, "at+jwt"))).ShouldBe(HttpStatusCode.BadRequest);
        var others = party.Provider.LogoutClaims("j1", "somebody else");
        (await party.LogOutAsync(party.Provider.Sign(others))).ShouldBe(HttpStatusCode.OK);
        (await party.Server.MeFaultAsync(token)).ShouldBeNull();

        var good = party.Provider.Sign(SsoParty.With(claims, ("sid", "session one")), "logout+jwt");
        (await party.LogOutAsync(good)).ShouldBe(HttpStatusCode.OK);
        (await party.Server.MeFaultAsync(token)).ShouldBe("identity.session_ended");
        (await party.LogOutAsync(good)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Who_has_no_password_signs_in_again_before_they_end_their_other_sessions()
    {
        using var laptop = party.Browser();
        using var phone = party.Browser();
        (await party.SignInAsync(laptop, "p1", "parted@example.org")).ShouldBe("#sso=done");
        (await party.SignInAsync(phone, "p1", "parted@example.org")).ShouldBe("#sso=done");
        var (token, other) = (await laptop.TokenAsync(), await phone.TokenAsync());
        (await party.Server.JsonAsync("/api/v1/auth/second-factor", token)).GetProperty("passwordConfirms").GetBoolean()
            .ShouldBeFalse();
        party.Server.Clock.Advance(TimeSpan.FromMinutes(6));
        (await party.Server.RefusedAsync(HttpMethod.Delete, "/api/v1/auth/sessions", token))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.sign_in_needed"));

        (await party.SignInAsync(laptop, "p1", "parted@example.org")).ShouldBe("#sso=done");
        await party.Server.DoAsync(HttpMethod.Delete, "/api/v1/auth/sessions", await laptop.TokenAsync());
        (await party.Server.MeFaultAsync(other)).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task A_key_that_the_provider_replaced_is_found()
    {
        using var browser = party.Browser();
        (await party.SignInAsync(browser, "k1", "keys@example.org")).ShouldBe("#sso=done");
        party.Provider.RotateKey();
        party.Server.Clock.Advance(TimeSpan.FromMinutes(2));
        (await party.SignInAsync(browser, "k1", "keys@example.org")).ShouldBe("#sso=done");
    }

    /// <summary>As the policy of the tenant would, which only somebody with a second factor can set.</summary>
    private Task RequireSecondFactorAsync(bool isRequired) => party.Server.ChangeAsync(db => db.Tenants.ExecuteUpdateAsync(
        row => row.SetProperty(tenant => tenant.SecondFactorRequired, isRequired), Cancellation));

    private async Task<bool> NeedsAsync(SsoBrowser browser) =>
        (await MeAsync(await browser.TokenAsync())).GetProperty("secondFactorNeeded").GetBoolean();

    /// <summary>Makes a user or a group as an identity provider does; the owner may.</summary>
    private async Task<string> ProvisionAsync(string what, object body) =>
        (await SsoSetup.DoAsync(party.Owner, HttpMethod.Post, $"/api/v1/scim/v2/{what}", body)).GetProperty("id").GetString()!;

    private Task<JsonElement> MeAsync(string token) => party.Server.JsonAsync("/api/v1/auth/me", token);

    private static string TokenOf(HttpClient client) => client.DefaultRequestHeaders.Authorization!.Parameter!;
}

/// <summary>On SQLite.</summary>
public sealed class SsoAccountsOnSqliteTests(SsoParty party) : SsoAccountTests(party), IClassFixture<SsoParty>;

/// <summary>On PostgreSQL.</summary>
public sealed class SsoAccountsOnPostgresTests(PostgresSsoParty party) : SsoAccountTests(party), IClassFixture<PostgresSsoParty>;
