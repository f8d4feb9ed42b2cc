using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class SignInTests(PostgresCluster postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_right_password_signs_in_and_everything_else_gets_one_and_the_same_answer(bool onPostgres)
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;

        var tokens = await server.SignedInAsync();
        tokens.ExpiresInSeconds.ShouldBe(600);
        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBeNull();
        using var inAnotherCase = await server.SignInAsync(" ADA@Example.ORG ");
        inAnotherCase.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var wrong = await server.SignInAsync(password: "not the passphrase");
        using var unknown = await server.SignInAsync(email: "nobody@example.org");
        await server.ChangeAsync(db => db.Users.ExecuteUpdateAsync(
            user => user.SetProperty(row => row.State, UserState.Disabled), Cancellation));
        using var disabled = await server.SignInAsync();
        await server.ChangeAsync(db => db.Users.ExecuteUpdateAsync(
            user => user
                .SetProperty(row => row.State, UserState.Active)
                .SetProperty(row => row.PasswordHash, (string?)null),
            Cancellation));
        using var withoutPassword = await server.SignInAsync();

        var answers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var refused in (HttpResponseMessage[])[wrong, unknown, disabled, withoutPassword])
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            var problem = await WithoutTraceAsync(refused);
            problem.ShouldContain("\"identity.bad_credentials\"");
            answers.Add(problem);
        }

        answers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_account_that_fails_too_often_has_to_wait_even_with_the_right_password()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAccountMax=3");
        await using var running = server;
        for (var i = 0; i < 3; i++)
            (await server.SignInAsync(password: "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        using var throttled = await server.SignInAsync();
        throttled.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await IdentityServer.CodeOfAsync(throttled)).ShouldBe("identity.throttled");
        var wait = throttled.Headers.RetryAfter!.Delta.ShouldNotBeNull();

        server.Clock.Advance(wait);
        (await server.SignInAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_unknown_account_is_throttled_like_a_known_one()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync(null, "Identity:FailuresPerAccountMax=2");
        await using var running = server;
        for (var i = 0; i < 2; i++) await server.SignInAsync("nobody@example.org", "wrong");
        (await server.SignInAsync("nobody@example.org", "wrong")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task An_old_password_hash_is_renewed_when_its_owner_signs_in()
    {
        var (server, _) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var old = PasswordHash.Make(IdentityServer.Password, 1_000).ToString();
        await server.ChangeAsync(db => db.Users.ExecuteUpdateAsync(
            user => user.SetProperty(row => row.PasswordHash, old), Cancellation));

        await server.SignedInAsync();
        await server.ChangeAsync(async db =>
        {
            var stored = (await db.Users.SingleAsync(Cancellation)).PasswordHash.ShouldNotBeNull();
            PasswordHash.Parse(stored).Iterations.ShouldBe(PasswordHash.IterationsMin);
        });
        await server.SignedInAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_signed_here_for_another_tenant_or_user_opens_nothing(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();
        var tokens = server.Server.Services.GetRequiredService<CodexOS.Identity.Tokens.AccessTokens>();
        var claims = (await tokens.VerifyAsync(owner.AccessToken))
            .ShouldBeOfType<CodexOS.Identity.Tokens.AccessTokenClaims.OfSession>();

        var otherTenant = tokens.Issue(CodexOS.Platform.Ids.TenantId.New(server.Clock), claims.User, claims.Session);
        var otherUser = tokens.Issue(claims.Tenant, CodexOS.Platform.Ids.UserId.New(server.Clock), claims.Session);
        var otherSession = tokens.Issue(claims.Tenant, claims.User, SessionId.New(server.Clock));
        foreach (var forged in (string[])[otherTenant, otherUser, otherSession])
            (await server.MeFaultAsync(forged)).ShouldBe("identity.session_ended");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_viewer_is_told_which_permission_is_missing_and_a_changed_role_counts_on_the_next_request(
        bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        (await server.GetAsync("/api/v1/system", owner.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        await ChangeUserAsync(server, db => db.Memberships.IgnoreQueryFilters().ExecuteUpdateAsync(
            row => row.SetProperty(member => member.Role, (Role?)Role.Viewer), Cancellation));
        using var refused = await server.GetAsync("/api/v1/system", owner.AccessToken);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        problem.GetProperty("code").GetString().ShouldBe("identity.not_allowed");
        problem.GetProperty("detail").GetString()!.ShouldContain("system:read");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_disabled_user_is_out_on_the_next_request_and_cannot_refresh(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();

        await ChangeUserAsync(server, db => db.Users.ExecuteUpdateAsync(
            row => row.SetProperty(user => user.State, UserState.Disabled), Cancellation));
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBe("identity.session_ended");
        using var refresh = await server.RefreshAsync(owner.Refresh);
        (await IdentityServer.CodeOfAsync(refresh)).ShouldBe("identity.session_ended");
    }

    /// <summary>What an administration endpoint does: change the row, then say so to the session directory.</summary>
    private static async Task ChangeUserAsync(IdentityServer server, Func<IdentityDbContext, Task> change)
    {
        CodexOS.Platform.Ids.UserId user = default;
        await server.ChangeAsync(async db =>
        {
            user = await db.Users.Select(row => row.UserId).SingleAsync(Cancellation);
            await change(db);
        });
        server.Server.Services.GetRequiredService<SessionDirectory>().Forget(user);
    }

    private static async Task<string> WithoutTraceAsync(HttpResponseMessage answer)
    {
        var problem = await answer.Content.ReadFromJsonAsync<Dictionary<string, JsonElement>>(Cancellation);
        problem!.Remove("traceId");
        return JsonSerializer.Serialize(problem);
    }
}
