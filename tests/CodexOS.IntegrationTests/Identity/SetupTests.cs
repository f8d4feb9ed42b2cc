using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class SetupTests(PostgresCluster postgres)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_link_makes_one_owner_once_and_signs_in(bool onPostgres)
    {
        await using var server = await IdentityServer.StartAsync(onPostgres ? postgres : null);
        (await IsNeededAsync(server)).ShouldBeTrue();

        using var first = await server.SetUpAsync(server.Links.Token);
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        first.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var owner = await IdentityServer.TokensOfAsync(first);
        var me = await server.JsonAsync("/api/v1/auth/me", owner.AccessToken);
        me.GetProperty("user").GetProperty("email").GetString().ShouldBe(IdentityServer.Email);
        me.GetProperty("user").GetProperty("displayName").GetString().ShouldBe("Ada");
        me.GetProperty("user").GetProperty("id").GetString()!.ShouldStartWith("usr_");
        me.GetProperty("tenant").GetProperty("id").GetString()!.ShouldStartWith("ten_");
        me.GetProperty("tenant").GetProperty("name").GetString().ShouldBe("Home");
        me.GetProperty("role").GetString().ShouldBe("owner");
        me.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()).ShouldContain("agents:write");

        (await IsNeededAsync(server)).ShouldBeFalse();
        File.Exists(server.LinkFile).ShouldBeFalse();
        using var second = await server.SetUpAsync(server.Links.Token, email: "eve@example.org");
        second.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await IdentityServer.CodeOfAsync(second)).ShouldBe("identity.already_set_up");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_several_at_once_one_becomes_the_owner(bool onPostgres)
    {
        await using var server = await IdentityServer.StartAsync(onPostgres ? postgres : null);
        var answers = await Task.WhenAll(Enumerable.Range(0, 5)
            .Select(i => server.SetUpAsync(server.Links.Token, email: $"user{i}@example.org")));
        answers.Count(answer => answer.StatusCode is HttpStatusCode.Created).ShouldBe(1);
        answers.Count(answer => answer.StatusCode is HttpStatusCode.Conflict).ShouldBe(4);

        await server.ChangeAsync(async db =>
        {
            (await db.Users.CountAsync(Cancellation)).ShouldBe(1);
            (await db.Tenants.CountAsync(Cancellation)).ShouldBe(1);
        });
    }

    [Fact]
    public async Task A_wrong_token_is_refused_and_slowed_down_and_leaves_nothing_behind()
    {
        await using var server = await IdentityServer.StartAsync(
            null, null, "Identity:FailuresPerAddressMax=3", "Identity:ThrottleWaitMax=00:05:00");
        for (var i = 0; i < 3; i++)
        {
            using var wrong = await server.SetUpAsync($"wrong{i}");
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await IdentityServer.CodeOfAsync(wrong)).ShouldBe("identity.bad_setup_token");
        }

        using var throttled = await server.SetUpAsync(server.Links.Token);
        throttled.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        throttled.Headers.RetryAfter!.Delta.ShouldNotBeNull().ShouldBeGreaterThan(TimeSpan.Zero);

        server.Clock.Advance(throttled.Headers.RetryAfter.Delta.Value);
        using var right = await server.SetUpAsync(server.Links.Token);
        right.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_restart_keeps_the_link_and_no_restart_brings_it_back_once_it_was_used()
    {
        using var data = new TempDirectory();
        string token;
        await using (var first = await IdentityServer.StartAsync(dataPath: data.Path))
        {
            token = first.Links.Token;
            first.Links.All[0].AbsolutePath.ShouldBe("/setup");
            first.Links.All[0].Port.ShouldBe(first.Server.Url.Port);
            File.GetUnixFileMode(first.LinkFile).ShouldBe(OwnerOnly);
            (await File.ReadAllTextAsync(first.LinkFile, Cancellation)).Trim().ShouldBe(first.Links.All[0].AbsoluteUri);
            await first.ChangeAsync(async db =>
            {
                var state = await db.SetupState.SingleAsync(Cancellation);
                state.TokenHash.ShouldNotBeNull().Length.ShouldBe(32);
            });
        }

        await using (var second = await IdentityServer.StartAsync(dataPath: data.Path))
        {
            second.Links.Token.ShouldBe(token);
            second.Links.All[0].Port.ShouldBe(second.Server.Url.Port);
            using var answer = await second.SetUpAsync(token);
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        await File.WriteAllTextAsync(Path.Combine(data.Path, "keys", "setup-link"), "left over", Cancellation);
        await using var third = await IdentityServer.StartAsync(dataPath: data.Path);
        third.Links.All.ShouldBeEmpty();
        File.Exists(third.LinkFile).ShouldBeFalse();
    }

    [Fact]
    public async Task A_lost_or_changed_link_file_gets_a_new_link_and_the_old_one_is_dead()
    {
        using var data = new TempDirectory();
        string token;
        await using (var first = await IdentityServer.StartAsync(dataPath: data.Path))
        {
            token = first.Links.Token;
            File.Delete(first.LinkFile);
        }

        await using var second = await IdentityServer.StartAsync(dataPath: data.Path);
        second.Links.Token.ShouldNotBe(token);
        using var answer = await second.SetUpAsync(token);
        (await IdentityServer.CodeOfAsync(answer)).ShouldBe("identity.bad_setup_token");
    }

    [Fact]
    public async Task A_weak_password_is_refused_and_the_link_stays_valid()
    {
        await using var server = await IdentityServer.StartAsync();
        using var weak = await server.SetUpAsync(server.Links.Token, password: "password123");
        weak.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await IdentityServer.CodeOfAsync(weak)).ShouldBe("identity.weak_password");
        using var strong = await server.SetUpAsync(server.Links.Token);
        strong.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_signing_key_that_others_can_read_stops_the_start()
    {
        using var data = new TempDirectory();
        await using (await IdentityServer.StartAsync(dataPath: data.Path))
        {
        }

        var key = Directory.GetFiles(Path.Combine(data.Path, "keys"), "access-token-*.pem").ShouldHaveSingleItem();
        File.SetUnixFileMode(key, OwnerOnly | UnixFileMode.OtherRead);
        var error = await Should.ThrowAsync<Exception>(() => IdentityServer.StartAsync(dataPath: data.Path));
        error.ToString().ShouldContain($"chmod 600 '{key}'");
    }

    private static async Task<bool> IsNeededAsync(IdentityServer server)
    {
        var status = await server.Server.Client.GetFromJsonAsync<JsonElement>("/api/v1/setup", Cancellation);
        status.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        return status.GetProperty("needed").GetBoolean();
    }
}
