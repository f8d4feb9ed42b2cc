using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Identity.SecondFactor;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;
using Shouldly;
using Xunit;
using Totp = OtpNet.Totp;

namespace CodexOS.IntegrationTests.Identity;

public sealed class SecondFactorTests(PostgresCluster postgres)
{
    private const string Own = "/api/v1/auth/second-factor";
    private const string Second = "/api/v1/auth/sign-in/second-factor";
    private const string Policy = "/api/v1/sign-in-policy";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_a_second_factor_signs_in_with_password_and_code_and_not_with_one_of_them(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var elsewhere = await server.SignedInAsync();
        (await server.RefusedAsync(HttpMethod.Post, $"{Own}/totp", owner.AccessToken, new { password = "not the passphrase" }))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_credentials"));
        var app = await SetUpAsync(server, owner);
        app.RecoveryCodes.Count.ShouldBe(10);
        app.Svg.ShouldStartWith("<svg");
        // What was signed in without it is over; the session that set it up goes on.
        (await server.MeFaultAsync(elsewhere.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();

        var challenge = await ChallengeAsync(server);
        (await server.MeFaultAsync(challenge)).ShouldBe("identity.bad_token");
        using (var wrong = await server.PostAsync(Second, new { challenge, code = "000000" }))
            (await IdentityServer.CodeOfAsync(wrong)).ShouldBe("identity.bad_code");
        using var right = await server.PostAsync(Second, new { challenge, code = app.Next(server) });
        var tokens = await IdentityServer.TokensOfAsync(right);
        (await server.MeFaultAsync(tokens.AccessToken)).ShouldBeNull();

        // The challenge was good once, and only for a while.
        using (var again = await server.PostAsync(Second, new { challenge, code = app.Next(server) }))
            (await IdentityServer.CodeOfAsync(again)).ShouldBe("identity.bad_challenge");
        var late = await ChallengeAsync(server);
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        using (var tooLate = await server.PostAsync(Second, new { challenge = late, code = app.Next(server) }))
            (await IdentityServer.CodeOfAsync(tooLate)).ShouldBe("identity.bad_challenge");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_code_works_once_and_of_a_hundred_guesses_at_once_ten_are_looked_at_before_the_lock(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            onPostgres ? postgres : null, "Identity:FailuresPerAddressMax=10000");
        await using var running = server;
        var app = await SetUpAsync(server, owner);
        var challenge = await ChallengeAsync(server);
        var code = app.Next(server);

        // 43: the same right code a hundred times at once.
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var answer = await server.PostAsync(Second, new { challenge, code });
            return answer.IsSuccessStatusCode ? "ok" : await IdentityServer.CodeOfAsync(answer);
        }));
        answers.Count(answer => answer == "ok").ShouldBe(1);
        answers.Count(answer => answer == "identity.bad_code").ShouldBeLessThanOrEqualTo(10);

        // Another user's hundred wrong ones: ten are looked at, and then even the right one has to wait.
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        var hers = await SetUpAsync(server, grace);
        var herChallenge = await ChallengeAsync(server, "grace@example.org");
        var guesses = await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var answer = await server.PostAsync(Second, new { challenge = herChallenge, code = hers.Wrong(server, i) });
            return await IdentityServer.CodeOfAsync(answer);
        }));
        guesses.Count(guess => guess == "identity.bad_code").ShouldBe(10);
        guesses.Count(guess => guess == "identity.second_factor_locked").ShouldBe(90);
        using (var locked = await server.PostAsync(Second, new { challenge = herChallenge, code = hers.Next(server) }))
        {
            locked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            // The app's next code took half a minute of the quarter of an hour.
            locked.Headers.RetryAfter!.Delta!.Value.ShouldBe(TimeSpan.FromMinutes(14.5));
        }

        // After the wait there is one try, and the next wrong one locks for twice as long.
        server.Clock.Advance(TimeSpan.FromMinutes(15));
        herChallenge = await ChallengeAsync(server, "grace@example.org");
        using (var wrong = await server.PostAsync(Second, new { challenge = herChallenge, code = hers.Wrong(server, 0) }))
            (await IdentityServer.CodeOfAsync(wrong)).ShouldBe("identity.bad_code");
        using (var doubled = await server.PostAsync(Second, new { challenge = herChallenge, code = hers.Next(server) }))
            doubled.Headers.RetryAfter!.Delta!.Value.ShouldBe(TimeSpan.FromMinutes(29.5));
        // A recovery code opens the lock.
        using var recovered = await server.PostAsync(
            Second, new { challenge = herChallenge, recoveryCode = hers.RecoveryCodes[0] });
        recovered.StatusCode.ShouldBe(HttpStatusCode.OK);
        herChallenge = await ChallengeAsync(server, "grace@example.org");
        using var normal = await server.PostAsync(Second, new { challenge = herChallenge, code = hers.Next(server) });
        normal.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_recovery_code_works_once_also_when_it_is_sent_twice_at_once(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var app = await SetUpAsync(server, owner);
        var challenges = new[] { await ChallengeAsync(server), await ChallengeAsync(server) };

        var answers = await Task.WhenAll(challenges.Select(challenge => server.PostAsync(
            Second, new { challenge, recoveryCode = app.RecoveryCodes[0].ToUpperInvariant() })));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
        foreach (var answer in answers) answer.Dispose();
        using var again = await server.PostAsync(
            Second, new { challenge = await ChallengeAsync(server), recoveryCode = app.RecoveryCodes[0] });
        (await IdentityServer.CodeOfAsync(again)).ShouldBe("identity.bad_code");
        (await server.JsonAsync(Own, owner.AccessToken)).GetProperty("recoveryCodesLeft").GetInt32().ShouldBe(9);
    }

    [Fact]
    public async Task Who_has_a_second_factor_gives_it_once_more_before_a_secret_is_shown_and_an_api_key_does_not()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        await server.DoAsync(HttpMethod.Put, "/api/v1/secrets/github", owner.AccessToken, new { value = "abc", hosts = new[] { "api.example.com" } });
        const string Reveal = "/api/v1/secrets/github/reveal";
        // Who has none is not asked for one.
        (await server.DoAsync(HttpMethod.Post, Reveal, owner.AccessToken)).GetProperty("value").GetString().ShouldBe("abc");
        var key = await server.DoAsync(
            HttpMethod.Post, "/api/v1/api-keys", owner.AccessToken, new { name = "k", scopes = new[] { "secrets:reveal" } });
        var app = await SetUpAsync(server, owner);
        server.Clock.Advance(TimeSpan.FromMinutes(6));

        using (var refused = await server.SendAsync(HttpMethod.Post, Reveal, owner.AccessToken, null))
            (await IdentityServer.CodeOfAsync(refused)).ShouldBe("identity.step_up_needed");
        (await server.DoAsync(HttpMethod.Post, Reveal, key.GetProperty("key").GetString()!)).GetProperty("value").GetString().ShouldBe("abc");
        using var told = new FakeTerminal(server.Server.Url);
        told.Environment["CODEXOS_TOKEN"] = owner.AccessToken;
        (await told.RunAsync("secrets", "reveal", "github", "--code", app.Next(server))).ShouldBe(0, told.Error);
        told.Out.ShouldBe("abc\n");
        (await server.DoAsync(HttpMethod.Post, Reveal, owner.AccessToken)).GetProperty("value").GetString().ShouldBe("abc");
    }

    [Fact]
    public async Task Who_has_a_second_factor_gives_it_once_more_before_the_password_changes()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        var app = await SetUpAsync(server, owner);
        var change = new { currentPassword = IdentityServer.Password, newPassword = "quite another passphrase" };

        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/auth/password", owner.AccessToken, change))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"));
        await server.DoAsync(HttpMethod.Post, "/api/v1/auth/step-up", owner.AccessToken, new { code = app.Next(server) });
        await server.DoAsync(HttpMethod.Post, "/api/v1/auth/password", owner.AccessToken, change);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Removing_a_second_factor_asks_for_it_once_more(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var app = await SetUpAsync(server, owner);
        using var right = await server.PostAsync(
            Second, new { challenge = await ChallengeAsync(server), code = app.Next(server) });
        var tokens = await IdentityServer.TokensOfAsync(right);

        // 45: a session with a second factor is not enough.
        (await server.RefusedAsync(HttpMethod.Delete, Own, tokens.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"));
        (await server.RefusedAsync(HttpMethod.Post, $"{Own}/recovery-codes", tokens.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"));
        (await server.RefusedAsync(HttpMethod.Post, "/api/v1/auth/step-up", tokens.AccessToken, new { code = "000000" })).Code
            .ShouldBe("identity.bad_code");

        await server.DoAsync(HttpMethod.Post, "/api/v1/auth/step-up", tokens.AccessToken, new { code = app.Next(server) });
        // Stepping up counts for that session only, and for a few minutes.
        (await server.RefusedAsync(HttpMethod.Delete, Own, owner.AccessToken)).Code.ShouldBe("identity.step_up_needed");
        var renewed = await server.DoAsync(HttpMethod.Post, $"{Own}/recovery-codes", tokens.AccessToken);
        renewed.GetProperty("codes").GetArrayLength().ShouldBe(10);
        using (var dead = await server.PostAsync(
            Second, new { challenge = await ChallengeAsync(server), recoveryCode = app.RecoveryCodes[0] }))
        {
            (await IdentityServer.CodeOfAsync(dead)).ShouldBe("identity.bad_code");
        }

        server.Clock.Advance(TimeSpan.FromMinutes(5));
        (await server.RefusedAsync(HttpMethod.Delete, Own, tokens.AccessToken)).Code.ShouldBe("identity.step_up_needed");
        await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/step-up", tokens.AccessToken,
            new { recoveryCode = renewed.GetProperty("codes")[0].GetString() });
        await server.DoAsync(HttpMethod.Delete, Own, tokens.AccessToken);
        (await server.SignedInAsync()).AccessToken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tenant_that_asks_for_a_second_factor_withholds_everything_until_it_is_given(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var (grace, graceId) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        (await server.RefusedAsync(HttpMethod.Put, Policy, owner.AccessToken, new { secondFactorRequired = true }))
            .ShouldBe((HttpStatusCode.Conflict, "identity.second_factor_first"));
        await SetUpAsync(server, owner);
        await server.DoAsync(HttpMethod.Put, Policy, owner.AccessToken, new { secondFactorRequired = true });

        (await server.GetAsync("/api/v1/agents", owner.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", grace.AccessToken))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.second_factor_needed"));
        var me = await server.JsonAsync("/api/v1/auth/me", grace.AccessToken);
        me.GetProperty("secondFactorNeeded").GetBoolean().ShouldBeTrue();
        me.GetProperty("permissions").GetArrayLength().ShouldBe(0);
        using var signedIn = await server.SignInAsync("grace@example.org");
        var fresh = await IdentityServer.TokensOfAsync(signedIn);
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", fresh.AccessToken)).Code.ShouldBe("identity.second_factor_needed");

        var hers = await SetUpAsync(server, fresh);
        (await server.GetAsync("/api/v1/agents", fresh.AccessToken)).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Whoever has lost everything is helped by an administrator, and has to set up anew.
        await server.DoAsync(HttpMethod.Delete, $"/api/v1/members/{graceId}/second-factor", owner.AccessToken);
        using var without = await server.SignInAsync("grace@example.org");
        (await server.RefusedAsync(HttpMethod.Get, "/api/v1/agents", (await IdentityServer.TokensOfAsync(without)).AccessToken))
            .Code.ShouldBe("identity.second_factor_needed");
        hers.RecoveryCodes.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Seeds_and_codes_cannot_be_read_from_the_database_and_a_seed_works_in_no_other_row(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var app = await SetUpAsync(server, owner);
        var (grace, _) = await server.JoinAsync(owner.AccessToken, "grace@example.org", "developer");
        await SetUpAsync(server, grace);
        await server.ChangeAsync(async db =>
        {
            var rows = await db.TotpFactors.AsNoTracking().ToListAsync(Cancellation);
            rows.Count.ShouldBe(2);
            rows.ShouldAllBe(row => !Contains(row.SealedSeed, app.Seed));
            // Swapped between the rows, neither opens.
            var seeds = rows.ToDictionary(row => row.UserId, row => rows.Single(other => other.UserId != row.UserId).SealedSeed);
            foreach (var (user, seed) in seeds)
            {
                await db.TotpFactors.Where(row => row.UserId == user).ExecuteUpdateAsync(
                    row => row.SetProperty(swapped => swapped.SealedSeed, seed), Cancellation);
            }
        });
        using var answer = await server.PostAsync(
            Second, new { challenge = await ChallengeAsync(server), code = app.Next(server) });
        answer.IsSuccessStatusCode.ShouldBeFalse();
        var key = Path.Combine(server.Server.DataPath, "keys", "second-factor.key");
        File.GetUnixFileMode(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_newer_key_takes_over_all_seeds_while_they_are_in_use_and_the_older_one_can_go(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var _ = server;
        var app = await SetUpAsync(server, owner);
        var seal = server.Server.Services.GetRequiredService<ISeedSeal>();
        var renewal = server.Server.Services.GetRequiredService<SeedRenewal>();
        (await renewal.RenewAsync(Cancellation)).ShouldBe((0, 0));
        var old = await SeedAsync(server);

        // Somebody puts a key there, and another server has begun to use it.
        var keys = Path.Combine(server.Server.DataPath, "keys");
        DataDirectory.TryWriteSecret(
            Path.Combine(keys, "second-factor-20270101T000000.key"),
            Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)))).ShouldBeTrue();
        var other = new FileSeedSeal(server.Server.Services.GetRequiredService<DataDirectory>());
        other.IsCurrent(old.Seed).ShouldBeFalse();
        seal.Open(other.Seal(app.Seed, old.User), old.User).ShouldBe(app.Seed);

        // This one goes by what is there now.
        (await renewal.RenewAsync(Cancellation)).ShouldBe((1, 0));
        File.Delete(Path.Combine(keys, "second-factor.key"));
        var fresh = new FileSeedSeal(server.Server.Services.GetRequiredService<DataDirectory>());
        fresh.Open((await SeedAsync(server)).Seed, old.User).ShouldBe(app.Seed);
        Should.Throw<CryptographicException>(() => fresh.Open(old.Seed, old.User));
        (await renewal.RenewAsync(Cancellation)).ShouldBe((0, 0));
        using var answer = await server.PostAsync(
            Second, new { challenge = await ChallengeAsync(server), code = app.Next(server) });
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        File.Exists(Path.Combine(keys, "second-factor.key")).ShouldBeFalse();
    }

    private static async Task<(UserId User, byte[] Seed)> SeedAsync(IdentityServer server)
    {
        (UserId, byte[]) found = default;
        await server.ChangeAsync(async db =>
        {
            var row = await db.TotpFactors.AsNoTracking().SingleAsync(Cancellation);
            found = (row.UserId, row.SealedSeed);
        });
        return found;
    }

    private static bool Contains(byte[] whole, byte[] part) => whole.AsSpan().IndexOf(part) >= 0;

    private static async Task<string> ChallengeAsync(IdentityServer server, string email = IdentityServer.Email)
    {
        using var answer = await server.SignInAsync(email);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        json.TryGetProperty("accessToken", out _).ShouldBeFalse();
        return json.GetProperty("challenge").GetString()!;
    }

    private static async Task<App> SetUpAsync(IdentityServer server, Tokens who)
    {
        var begun = await server.DoAsync(HttpMethod.Post, $"{Own}/totp", who.AccessToken, new { password = IdentityServer.Password });
        var seed = Base32Encoding.ToBytes(begun.GetProperty("secret").GetString());
        var app = new App(seed, begun.GetProperty("qrSvg").GetString()!);
        var confirmed = await server.DoAsync(HttpMethod.Post, $"{Own}/totp/confirm", who.AccessToken, new { code = app.Next(server) });
        app.RecoveryCodes = [.. confirmed.GetProperty("codes").EnumerateArray().Select(code => code.GetString()!)];
        return app;
    }

    /// <summary>An authenticator app beside the server's clock.</summary>
    private sealed class App(byte[] seed, string svg)
    {
        private readonly Totp _totp = new(seed);

        public byte[] Seed => seed;

        public string Svg => svg;

        public IReadOnlyList<string> RecoveryCodes { get; set; } = [];

        /// <summary>Waits for a code that was not used yet, and returns it.</summary>
        public string Next(IdentityServer server)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            return _totp.ComputeTotp(server.Clock.GetUtcNow().UtcDateTime);
        }

        /// <summary>A code that is not good now, nor in the steps around.</summary>
        public string Wrong(IdentityServer server, int number)
        {
            var now = server.Clock.GetUtcNow().UtcDateTime;
            var good = Enumerable.Range(-2, 5).Select(step => _totp.ComputeTotp(now.AddSeconds(30 * step))).ToHashSet();
            return Enumerable.Range(number * 10, 10).Select(value => value.ToString("D6")).First(code => !good.Contains(code));
        }
    }
}
