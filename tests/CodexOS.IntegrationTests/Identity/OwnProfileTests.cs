using System.Net;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>What people change about their own account.</summary>
public sealed class OwnProfileTests(PostgresCluster postgres)
{
    private const string Change = "/api/v1/auth/password";
    private const string Next = "quite another passphrase";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_changed_password_alone_signs_in_and_every_other_session_ends_in_all_tenants(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var elsewhere = await server.SignedInAsync();
        var otherTenant = await SignInToAnotherTenantAsync(server, owner);

        await server.DoAsync(
            HttpMethod.Post, Change, owner.AccessToken, new { currentPassword = IdentityServer.Password, newPassword = Next });

        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();
        (await server.MeFaultAsync(elsewhere.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(otherTenant.AccessToken)).ShouldBe("identity.session_ended");
        using var refreshed = await server.RefreshAsync(elsewhere.RefreshToken);
        refreshed.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using (var old = await server.SignInAsync()) old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var signedIn = await server.SignInAsync(password: Next);
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        var entries = await server.JsonAsync("/api/v1/audit?action=users.change_password", owner.AccessToken);
        entries.GetProperty("items").GetArrayLength().ShouldBe(1);
        entries.GetRawText().ShouldNotContain(Next);
    }

    [Fact]
    public async Task A_password_that_is_wrong_weak_or_the_same_changes_nothing()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        var elsewhere = await server.SignedInAsync();

        (await server.RefusedAsync(
            HttpMethod.Post, Change, owner.AccessToken, new { currentPassword = "not the passphrase", newPassword = Next }))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_credentials"));
        (await server.RefusedAsync(
            HttpMethod.Post, Change, owner.AccessToken, new { currentPassword = IdentityServer.Password, newPassword = "password1" }))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.weak_password"));
        (await server.RefusedAsync(
            HttpMethod.Post, Change, owner.AccessToken,
            new { currentPassword = IdentityServer.Password, newPassword = IdentityServer.Password }))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.same_password"));
        (await server.RefusedAsync(HttpMethod.Post, Change, null, new { currentPassword = "a", newPassword = Next })).Status
            .ShouldBe(HttpStatusCode.Unauthorized);

        (await server.MeFaultAsync(elsewhere.AccessToken)).ShouldBeNull();
        using var signedIn = await server.SignInAsync();
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Guesses_at_the_present_password_from_a_stolen_session_are_counted_as_failed_sign_ins()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAccountMax=3");
        await using var running = server;
        for (var i = 0; i < 3; i++)
        {
            await server.RefusedAsync(
                HttpMethod.Post, Change, owner.AccessToken, new { currentPassword = $"a guess {i}", newPassword = Next });
        }

        (await server.RefusedAsync(
            HttpMethod.Post, Change, owner.AccessToken, new { currentPassword = IdentityServer.Password, newPassword = Next }))
            .ShouldBe((HttpStatusCode.TooManyRequests, "identity.throttled"));
    }

    [Fact]
    public async Task A_new_name_is_shown_from_the_next_request_on()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;

        var renamed = await server.DoAsync(HttpMethod.Patch, "/api/v1/auth/me", owner.AccessToken, new { displayName = " Ada King " });
        renamed.GetProperty("displayName").GetString().ShouldBe("Ada King");
        var me = await server.JsonAsync("/api/v1/auth/me", owner.AccessToken);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("Ada King");
        (await server.RefusedAsync(HttpMethod.Patch, "/api/v1/auth/me", owner.AccessToken, new { displayName = "  " })).Status
            .ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>Makes a second tenant whose owner invites the first owner, and signs that one in there.</summary>
    private static async Task<Tokens> SignInToAnotherTenantAsync(IdentityServer server, Tokens owner)
    {
        var made = await server.DoAsync(HttpMethod.Post, "/api/v1/tenants", owner.AccessToken, new { name = "Branch" });
        using var setUp = await server.PostAsync("/api/v1/setup", new
        {
            token = made.GetProperty("ownerLink").GetProperty("path").GetString()!.Split("#token=")[^1],
            email = "branch@example.org",
            displayName = "Branch",
            password = IdentityServer.Password,
            transport = "body",
        });
        var branch = await IdentityServer.TokensOfAsync(setUp);
        await server.DoAsync(
            HttpMethod.Post, "/api/v1/invitations", branch.AccessToken, new { email = IdentityServer.Email, role = "viewer" });
        using var joined = await server.PostAsync(
            "/api/v1/invitations/accept", new { token = server.Letters.LastToken, password = IdentityServer.Password });
        joined.IsSuccessStatusCode.ShouldBeTrue(await joined.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var signedIn = await server.PostAsync("/api/v1/auth/sign-in", new
        {
            email = IdentityServer.Email,
            password = IdentityServer.Password,
            tenant = made.GetProperty("tenant").GetProperty("id").GetString(),
            transport = "body",
        });
        return await IdentityServer.TokensOfAsync(signedIn);
    }
}
