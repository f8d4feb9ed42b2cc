using System.Net;
using System.Text.Json;
using CodexOS.Identity.Sessions;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class SessionTests(PostgresCluster postgres)
{
    private const string Own = "/api/v1/auth/sessions";

    private static readonly TimeSpan AfterWindow = TimeSpan.FromSeconds(11);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_refresh_token_is_good_once_and_a_replay_ends_the_whole_family(bool onPostgres)
    {
        var (server, first) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var other = await server.SignedInAsync();

        var second = await server.RefreshedAsync(first.Refresh);
        second.Refresh.ShouldNotBe(first.Refresh);
        var third = await server.RefreshedAsync(second.Refresh);
        (await server.MeFaultAsync(third.AccessToken)).ShouldBeNull();

        server.Clock.Advance(AfterWindow);
        (await RefusalAsync(server, second.Refresh)).ShouldBe("identity.session_ended");

        (await RefusalAsync(server, third.Refresh)).ShouldBe("identity.session_ended");
        foreach (var token in (Tokens[])[first, second, third])
            (await server.MeFaultAsync(token.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(other.AccessToken)).ShouldBeNull("another session of the same user goes on");
        await server.ChangeAsync(async db => (await db.Sessions.IgnoreQueryFilters()
            .CountAsync(row => row.EndReason == EndReasons.Replayed, Cancellation)).ShouldBe(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_answer_can_be_asked_for_again_within_the_window(bool onPostgres)
    {
        var (server, first) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;

        var lost = await server.RefreshedAsync(first.Refresh);
        server.Clock.Advance(TimeSpan.FromSeconds(9));
        var again = await server.RefreshedAsync(first.Refresh);
        again.Refresh.ShouldBe(lost.Refresh);

        await server.RefreshedAsync(again.Refresh);
        (await RefusalAsync(server, first.Refresh)).ShouldBe(
            "identity.session_ended", "who used the successor has got the answer, so this is a copy");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_refreshes_at_once_with_one_token_get_one_successor(bool onPostgres)
    {
        var (server, first) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => server.RefreshedAsync(first.Refresh)));
        var successor = answers.Select(answer => answer.Refresh)
            .Distinct(StringComparer.Ordinal)
            .ShouldHaveSingleItem();
        await server.ChangeAsync(async db =>
            (await db.RefreshTokens.IgnoreQueryFilters().CountAsync(Cancellation)).ShouldBe(2));
        await server.RefreshedAsync(successor);
    }

    [Fact]
    public async Task A_session_ends_when_it_lies_idle_and_when_it_gets_too_old()
    {
        var (server, tokens) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var idle = await server.SignedInAsync();
        for (var day = 6; day < 30; day += 6)
        {
            server.Clock.Advance(TimeSpan.FromDays(6));
            tokens = await server.RefreshedAsync(tokens.Refresh);
        }

        (await RefusalAsync(server, idle.Refresh)).ShouldBe("identity.session_ended");
        server.Clock.Advance(TimeSpan.FromDays(6));
        (await RefusalAsync(server, tokens.Refresh)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBe("identity.bad_token");
    }

    [Fact]
    public async Task The_database_holds_no_token_in_the_clear()
    {
        var (server, first) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var second = await server.RefreshedAsync(first.Refresh);
        var secrets = new[] { first.Refresh, second.Refresh }
            .Select(token => System.Buffers.Text.Base64Url.DecodeFromChars(token.AsSpan(4)))
            .ToList();
        foreach (var file in Directory.GetFiles(server.Server.DataPath, "codexos.db*"))
        {
            await using var stream = new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes, Cancellation);
            foreach (var secret in secrets) bytes.AsSpan().IndexOf(secret).ShouldBe(-1);
            bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(IdentityServer.Password)).ShouldBe(-1);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_out_counts_on_the_next_request(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();

        using var signOut = await server.SendAsync(HttpMethod.Post, "/api/v1/auth/sign-out", owner.AccessToken, null);
        signOut.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBe("identity.session_ended");
        (await RefusalAsync(server, owner.Refresh)).ShouldBe("identity.session_ended");

        using var again = await server.SendAsync(HttpMethod.Post, "/api/v1/auth/sign-out", owner.AccessToken, null);
        again.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_program_whose_access_token_is_over_signs_out_with_its_refresh_token()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        using var signOut = await server.PostAsync("/api/v1/auth/sign-out", new { refreshToken = owner.Refresh });
        signOut.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBe("identity.session_ended");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task People_see_their_sessions_and_end_them_one_by_one(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await server.SignedInAsync();
        (await server.MeFaultAsync(second.AccessToken)).ShouldBeNull();

        var sessions = await ItemsAsync(server, owner);
        sessions.Count.ShouldBe(2);
        sessions.Select(item => item.GetProperty("current").GetBoolean()).ShouldBe([false, true]);
        var id = sessions[0].GetProperty("id").GetString()!;
        id.ShouldStartWith("ses_");

        await server.ConfirmPasswordAsync(owner);
        await server.DoAsync(HttpMethod.Delete, $"{Own}/{id}", owner.AccessToken);
        (await server.MeFaultAsync(second.AccessToken)).ShouldBe("identity.session_ended");
        foreach (var gone in (string[])[id, "ses_nonsense"])
        {
            (await server.RefusedAsync(HttpMethod.Delete, $"{Own}/{gone}", owner.AccessToken))
                .ShouldBe((HttpStatusCode.NotFound, "identity.session_not_found"));
        }

        (await ItemsAsync(server, owner)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_session_more_than_the_limit_ends_the_oldest()
    {
        var (server, oldest) = await IdentityServer.StartOwnedAsync(null, "Identity:SessionsPerUserMax=2");
        await using var running = server;
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await server.SignedInAsync();
        (await server.MeFaultAsync(oldest.AccessToken)).ShouldBeNull();
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await server.SignedInAsync();

        (await server.MeFaultAsync(oldest.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(second.AccessToken)).ShouldBeNull();
        (await server.MeFaultAsync(third.AccessToken)).ShouldBeNull();
    }

    [Fact]
    public async Task What_a_used_token_is_remembered_for_has_a_limit()
    {
        var (server, tokens) = await IdentityServer.StartOwnedAsync(null, "Identity:RefreshTokensKeptMax=10");
        await using var running = server;
        for (var i = 0; i < 25; i++) tokens = await server.RefreshedAsync(tokens.Refresh);
        await server.ChangeAsync(async db =>
        {
            var rows = await db.RefreshTokens.IgnoreQueryFilters().AsNoTracking().ToListAsync(Cancellation);
            rows.Count.ShouldBeLessThanOrEqualTo(12);
            rows.Count(row => row.SealedSuccessor is not null).ShouldBe(1, "only the newest exchange can be repeated");
        });
    }

    private static async Task<string?> RefusalAsync(IdentityServer server, string refreshToken)
    {
        using var answer = await server.RefreshAsync(refreshToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        return await IdentityServer.CodeOfAsync(answer);
    }

    private static async Task<List<JsonElement>> ItemsAsync(IdentityServer server, Tokens who) =>
        [.. (await server.JsonAsync(Own, who.AccessToken)).GetProperty("items").EnumerateArray()];
}
