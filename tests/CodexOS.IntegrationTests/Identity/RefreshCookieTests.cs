using System.Net;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class RefreshCookieTests(OwnedServer owned) : IClassFixture<OwnedServer>
{
    private const string SignIn = "/api/v1/auth/sign-in";
    private const string Refresh = "/api/v1/auth/refresh";

    private static readonly object Credentials =
        new { email = IdentityServer.Email, password = IdentityServer.Password, transport = "cookie" };

    [Fact]
    public async Task A_browser_gets_its_refresh_token_where_no_script_and_no_other_site_can_reach_it()
    {
        var server = owned.Running;
        using var answer = await server.PostAsync(SignIn, Credentials, Own(server));
        (await IdentityServer.TokensOfAsync(answer)).RefreshToken.ShouldBeNull();

        var cookie = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("codexos_refresh=cdr_");
        cookie.ShouldContain("; path=/api/v1/auth");
        cookie.ShouldContain("; httponly");
        cookie.ShouldContain("; samesite=strict");
        cookie.ShouldContain("; max-age=604800");
        cookie.ShouldNotContain("; secure");
    }

    [Fact]
    public async Task The_cookie_is_secure_and_this_host_s_alone_where_the_browser_speaks_https()
    {
        var server = owned.Running;
        (string, string)[] secure = [("Origin", "https://codexos.example.org"), ("Sec-Fetch-Site", "same-origin")];
        using var answer = await server.PostAsync(SignIn, Credentials, secure);
        var cookie = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("__Host-codexos_refresh=cdr_");
        cookie.ShouldContain("; path=/;");
        cookie.ShouldContain("; secure");
        cookie.ShouldNotContain("domain");

        // One that another host may have planted loses against it.
        using var refreshed = await server.PostAsync(
            Refresh, new { transport = "cookie" }, [.. secure, ("Cookie", $"codexos_refresh=cdr_planted; {CookieOf(answer)}")]);
        refreshed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var signedOut = await server.PostAsync(
            "/api/v1/auth/sign-out", null, [.. secure, ("Cookie", CookieOf(refreshed))]);
        signedOut.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem()
            .ShouldStartWith("__Host-codexos_refresh=; expires=Thu, 01 Jan 1970");
    }

    [Fact]
    public async Task A_browser_refreshes_and_signs_out_by_its_cookie()
    {
        var server = owned.Running;
        using var signedIn = await server.PostAsync(SignIn, Credentials, Own(server));
        var first = CookieOf(signedIn);

        using var refreshed = await server.PostAsync(
            Refresh, new { transport = "cookie" }, Own(server), ("Cookie", first));
        var tokens = await IdentityServer.TokensOfAsync(refreshed);
        tokens.RefreshToken.ShouldBeNull();
        var second = CookieOf(refreshed);
        second.ShouldNotBe(first);

        using var signedOut = await server.PostAsync("/api/v1/auth/sign-out", null, Own(server), ("Cookie", second));
        signedOut.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        signedOut.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldContain("expires=Thu, 01 Jan 1970");
        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBe("identity.session_ended");

        using var over = await server.PostAsync(Refresh, new { transport = "cookie" }, Own(server), ("Cookie", second));
        over.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        over.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldContain("expires=Thu, 01 Jan 1970");
    }

    [Fact]
    public async Task A_browser_that_signs_in_anew_leaves_no_session_behind()
    {
        var server = owned.Running;
        using var first = await server.PostAsync(SignIn, Credentials, Own(server));
        var former = (await IdentityServer.TokensOfAsync(first)).AccessToken;
        using var program = await server.PostAsync(
            SignIn, new { email = IdentityServer.Email, password = IdentityServer.Password }, ("Cookie", CookieOf(first)));
        var other = (await IdentityServer.TokensOfAsync(program)).AccessToken;
        (await server.MeFaultAsync(former)).ShouldBeNull();

        using var second = await server.PostAsync(SignIn, Credentials, Own(server), ("Cookie", CookieOf(first)));

        var latter = (await IdentityServer.TokensOfAsync(second)).AccessToken;
        (await server.MeFaultAsync(former)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(latter)).ShouldBeNull();
        (await server.MeFaultAsync(other)).ShouldBeNull();
        // A sign-in that fails ends nothing.
        using var failed = await server.PostAsync(
            SignIn, new { email = IdentityServer.Email, password = "not the password", transport = "cookie" }, Own(server),
            ("Cookie", CookieOf(second)));
        failed.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await server.MeFaultAsync(latter)).ShouldBeNull();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("cross-site", null)]
    [InlineData("same-site", null)]
    [InlineData("none", null)]
    [InlineData(null, "null")]
    [InlineData(null, "http://evil.example")]
    [InlineData(null, "http://127.0.0.1:1")]
    [InlineData("cross-site", "own")]
    public async Task A_request_from_elsewhere_can_neither_use_nor_set_the_cookie(string? fetchSite, string? origin)
    {
        var server = owned.Running;
        using var signedIn = await server.PostAsync(SignIn, Credentials, Own(server));
        var cookie = CookieOf(signedIn);
        var headers = new List<(string, string)> { ("Cookie", cookie) };
        if (fetchSite is not null) headers.Add(("Sec-Fetch-Site", fetchSite));
        if (origin is not null) headers.Add(origin == "own" ? Own(server) : ("Origin", origin));

        foreach (var (path, body) in (IEnumerable<(string, object?)>)
            [(Refresh, new { transport = "cookie" }), ("/api/v1/auth/sign-out", null), (SignIn, Credentials)])
        {
            using var answer = await server.PostAsync(path, body, [.. headers]);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
            (await IdentityServer.CodeOfAsync(answer)).ShouldBe("identity.cross_site");
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        }

        using var own = await server.PostAsync(Refresh, new { transport = "cookie" }, Own(server), ("Cookie", cookie));
        own.StatusCode.ShouldBe(HttpStatusCode.OK, "nothing was used up by the refused requests");
    }

    [Fact]
    public async Task The_cookie_is_never_handed_to_a_script_through_the_body()
    {
        var server = owned.Running;
        using var signedIn = await server.PostAsync(SignIn, Credentials, Own(server));
        using var answer = await server.PostAsync(
            Refresh, new { transport = "body" }, Own(server), ("Cookie", CookieOf(signedIn)));
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static (string Name, string Value) Own(IdentityServer server) =>
        ("Origin", server.Server.Url.GetLeftPart(UriPartial.Authority));

    private static string CookieOf(HttpResponseMessage answer) =>
        answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().Split(';')[0];
}
