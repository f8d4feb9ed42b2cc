using System.Net;
using CodexOS.Identity.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>The way back in for who has forgotten their password, and nobody else's way in.</summary>
public sealed class ForgottenPasswordTests(PostgresCluster postgres)
{
    private const string Forgotten = "/api/v1/auth/password/forgotten";
    private const string Reset = "/api/v1/auth/password/reset";
    private const string Next = "quite another passphrase";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mailed_link_sets_another_password_once_and_ends_every_session(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var elsewhere = await server.SignedInAsync();
        var first = await AskAsync(server, IdentityServer.Email);
        var second = await AskAsync(server, " ADA@example.org");

        await ResetAsync(server, second, Next);

        (await server.MeFaultAsync(owner.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(elsewhere.AccessToken)).ShouldBe("identity.session_ended");
        using (var old = await server.SignInAsync()) old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var used in (string[])[first, second])
        {
            (await server.RefusedAsync(HttpMethod.Post, Reset, null, new { token = used, password = "yet another passphrase" }))
                .ShouldBe((HttpStatusCode.NotFound, "identity.bad_reset_link"));
        }

        using var signedIn = await server.SignInAsync(password: Next);
        var again = await IdentityServer.TokensOfAsync(signedIn);
        var entries = await server.JsonAsync("/api/v1/audit?limit=100", again.AccessToken);
        var actions = entries.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("action").GetString()).ToList();
        actions.Count(action => action == "users.forgot_password").ShouldBe(2);
        actions.Count(action => action == "users.reset_password").ShouldBe(1);
        entries.GetRawText().ShouldNotContain(second);
    }

    [Fact]
    public async Task Whether_an_address_has_an_account_shows_in_nothing_and_only_those_who_sign_in_with_a_password_get_mail()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        foreach (var kind in (string[])["disabled", "passwordless", "gone"])
            await server.JoinAsync(owner.AccessToken, $"{kind}@example.org", "viewer");
        await server.ChangeAsync(ArrangeAsync);
        var before = server.Letters.All.Count;

        foreach (var kind in (string[])["unknown", "disabled", "passwordless", "gone", "ada"])
        {
            using var answer = await server.PostAsync(Forgotten, new { email = $"{kind}@example.org" });
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, kind);
            (await answer.Content.ReadAsStringAsync(Cancellation)).ShouldBeEmpty(kind);
        }

        // They are looked up one after the other, the one that is known last.
        await server.Letters.ReceiveAsync(IdentityServer.Email, Cancellation);
        server.Letters.All.Skip(before).ShouldHaveSingleItem().To.ShouldBe(IdentityServer.Email);
    }

    [Fact]
    public async Task A_link_is_good_for_an_hour_and_a_weak_password_does_not_use_it_up()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        var link = await AskAsync(server, IdentityServer.Email);

        (await server.RefusedAsync(HttpMethod.Post, Reset, null, new { token = link, password = "password1" }))
            .ShouldBe((HttpStatusCode.BadRequest, "identity.weak_password"));
        server.Clock.Advance(TimeSpan.FromMinutes(59));
        await ResetAsync(server, link, Next);

        var late = await AskAsync(server, IdentityServer.Email);
        server.Clock.Advance(TimeSpan.FromMinutes(61));
        (await server.RefusedAsync(HttpMethod.Post, Reset, null, new { token = late, password = "yet another passphrase" }))
            .ShouldBe((HttpStatusCode.NotFound, "identity.bad_reset_link"));
    }

    [Fact]
    public async Task Of_many_at_once_with_one_link_one_sets_the_password()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAddressMax=10000");
        await using var running = server;
        var link = await AskAsync(server, IdentityServer.Email);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 10).Select(async each =>
        {
            using var answer = await server.PostAsync(Reset, new { token = link, password = $"passphrase number {each}" });
            return answer.StatusCode;
        }));

        statuses.Count(status => status is HttpStatusCode.NoContent).ShouldBe(1);
        statuses.Count(status => status is HttpStatusCode.NotFound).ShouldBe(9);
    }

    [Fact]
    public async Task No_more_links_than_are_allowed_are_mailed_and_asking_is_slowed_without_locking_the_account()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            null, "Identity:PasswordResetsPerUserMax=2", "Identity:FailuresPerAccountMax=4");
        await using var running = server;
        await server.JoinAsync(owner.AccessToken, "grace@example.org", "viewer");
        var before = server.Letters.All.Count;
        for (var i = 0; i < 4; i++)
        {
            using var answer = await server.PostAsync(Forgotten, new { email = IdentityServer.Email });
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        (await server.RefusedAsync(HttpMethod.Post, Forgotten, null, new { email = IdentityServer.Email }))
            .ShouldBe((HttpStatusCode.TooManyRequests, "identity.throttled"));
        await AskAsync(server, "grace@example.org");
        server.Letters.All.Skip(before).Count(letter => letter.To == IdentityServer.Email).ShouldBe(2);
        using var signedIn = await server.SignInAsync();
        signedIn.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_link_that_could_not_be_mailed_is_taken_back_and_the_next_one_goes_out()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(null, "Identity:PasswordResetsPerUserMax=1");
        await using var running = server;
        server.Letters.Fails = true;
        using (var answer = await server.PostAsync(Forgotten, new { email = IdentityServer.Email }))
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await server.Letters.RefusedOnce.WaitAsync(Cancellation);
        server.Letters.Fails = false;

        await ResetAsync(server, await AskAsync(server, IdentityServer.Email), Next);
    }

    /// <summary>Asks for a link and takes it from the mail.</summary>
    private static async Task<string> AskAsync(IdentityServer server, string email)
    {
        using var answer = await server.PostAsync(Forgotten, new { email });
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var letter = await server.Letters.ReceiveAsync(email.Trim().ToLowerInvariant(), Cancellation, "reset-password#token=");
        return letter.Text.Split("#token=")[1].Split('\n')[0].Trim();
    }

    private static async Task ResetAsync(IdentityServer server, string token, string password)
    {
        using var answer = await server.PostAsync(Reset, new { token, password });
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private static async Task ArrangeAsync(IdentityDbContext db)
    {
        await db.Users.Where(user => user.EmailKey == "disabled@example.org").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.State, UserState.Disabled), Cancellation);
        await db.Users.Where(user => user.EmailKey == "passwordless@example.org").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.PasswordHash, (string?)null), Cancellation);
        var gone = await db.Users.Where(user => user.EmailKey == "gone@example.org").Select(user => user.UserId).SingleAsync(Cancellation);
        await db.Memberships.IgnoreQueryFilters().Where(row => row.UserId == gone).ExecuteDeleteAsync(Cancellation);
    }
}
