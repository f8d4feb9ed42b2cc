using System.Net;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using OtpNet;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Who holds somebody's session cannot end the others of theirs without showing once more who they are.</summary>
public sealed class SessionConfirmationTests(PostgresCluster postgres)
{
    private const string Own = "/api/v1/auth/sessions";
    private const string StepUp = "/api/v1/auth/step-up";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_only_a_password_gives_it_before_sessions_end_and_it_is_good_for_a_while_there(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null);
        await using var running = server;
        var second = await server.SignedInAsync();
        var id = await OtherAsync(server, owner);

        foreach (var path in (string[])[Own, $"{Own}/{id}"])
        {
            (await server.RefusedAsync(HttpMethod.Delete, path, owner.AccessToken))
                .ShouldBe((HttpStatusCode.Forbidden, "identity.password_needed"));
        }

        (await server.RefusedAsync(HttpMethod.Post, StepUp, owner.AccessToken, new { password = "not the passphrase" }))
            .ShouldBe((HttpStatusCode.Unauthorized, "identity.bad_credentials"));
        (await server.RefusedAsync(HttpMethod.Delete, Own, owner.AccessToken)).Code.ShouldBe("identity.password_needed");
        (await server.MeFaultAsync(second.AccessToken)).ShouldBeNull();

        await server.ConfirmPasswordAsync(owner);
        (await server.RefusedAsync(HttpMethod.Delete, Own, second.AccessToken)).Code
            .ShouldBe("identity.password_needed", "it was given in another session");
        server.Clock.Advance(TimeSpan.FromMinutes(6));
        (await server.RefusedAsync(HttpMethod.Delete, Own, owner.AccessToken)).Code.ShouldBe("identity.password_needed");

        await server.ConfirmPasswordAsync(owner);
        await server.DoAsync(HttpMethod.Delete, Own, owner.AccessToken);
        (await server.MeFaultAsync(second.AccessToken)).ShouldBe("identity.session_ended");
        (await server.MeFaultAsync(owner.AccessToken)).ShouldBeNull();
        var confirmed = await server.JsonAsync("/api/v1/audit?action=sessions.confirm", owner.AccessToken);
        confirmed.GetProperty("items").EnumerateArray().Select(static entry => entry.GetProperty("outcome").GetString())
            .ShouldBe(["done", "done", "failed"]);
        (await server.JsonAsync("/api/v1/audit?action=sessions.end", owner.AccessToken)).GetProperty("items").GetArrayLength()
            .ShouldBe(1);

        // Signing out asks for nothing.
        await server.DoAsync(HttpMethod.Post, "/api/v1/auth/sign-out", owner.AccessToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_has_a_passkey_gives_that_and_what_a_password_confirmed_before_counts_no_more(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(onPostgres ? postgres : null, PasskeyCalls.PublicUrl);
        await using var running = server;
        using var device = new SoftwareAuthenticator();
        var second = await server.SignedInAsync();
        foreach (var who in (Tokens[])[owner, second]) await server.ConfirmPasswordAsync(who);
        var id = await server.AddPasskeyAsync(owner.AccessToken, device);
        await server.DoAsync(HttpMethod.Put, "/api/v1/secrets/github", owner.AccessToken, new { value = "abc" });

        foreach (var who in (Tokens[])[owner, second])
        {
            foreach (var (method, path) in ((HttpMethod, string)[])
                [
                    (HttpMethod.Delete, Own), (HttpMethod.Delete, $"{PasskeyCalls.Own}/{id}"),
                    (HttpMethod.Post, "/api/v1/secrets/github/reveal"),
                ])
            {
                (await server.RefusedAsync(method, path, who.AccessToken))
                    .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"), path);
            }

            (await server.RefusedAsync(HttpMethod.Post, StepUp, who.AccessToken, new { password = IdentityServer.Password }))
                .ShouldBe((HttpStatusCode.Forbidden, "identity.step_up_needed"), "a password is no second factor");
        }

        await server.StepUpWithPasskeyAsync(owner.AccessToken, device);
        await server.DoAsync(HttpMethod.Delete, $"{Own}/{await OtherAsync(server, owner)}", owner.AccessToken);
        (await server.MeFaultAsync(second.AccessToken)).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task No_other_call_is_a_way_around_it()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var second = await server.SignedInAsync();
        var id = await OtherAsync(server, owner);
        (await server.RefusedAsync(HttpMethod.Delete, $"/api/v1/auth/applications/{id}", owner.AccessToken))
            .ShouldBe((HttpStatusCode.NotFound, "identity.session_not_found"));
        var me = (await server.JsonAsync("/api/v1/auth/me", owner.AccessToken)).GetProperty("user").GetProperty("id").GetString();
        var all = $"/api/v1/members/{me}/sessions";
        (await server.RefusedAsync(HttpMethod.Delete, all, owner.AccessToken)).Code.ShouldBe("identity.password_needed");
        var key = await server.DoAsync(
            HttpMethod.Post, "/api/v1/api-keys", owner.AccessToken, new { name = "k", scopes = new[] { "members:write" } });
        (await server.RefusedAsync(HttpMethod.Delete, all, key.GetProperty("key").GetString())).Code
            .ShouldBe("identity.session_needed");
        (await server.MeFaultAsync(second.AccessToken)).ShouldBeNull();

        await server.ConfirmPasswordAsync(owner);
        await server.DoAsync(HttpMethod.Delete, all, owner.AccessToken);
        (await server.MeFaultAsync(second.AccessToken)).ShouldBe("identity.session_ended");
    }

    [Fact]
    public async Task The_command_line_lists_sessions_and_ends_them_with_the_password_or_with_a_code()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync();
        await using var running = server;
        var second = await server.SignedInAsync();
        var id = await OtherAsync(server, owner);
        (await RunAsync(null, 0, "list")).Out.ShouldContain("(this one)");
        JsonElement.Parse((await RunAsync(null, 0, "list", "--json")).Out).GetProperty("items").GetArrayLength().ShouldBe(2);
        (await RunAsync(null, 2, "end")).Error.ShouldContain("--others");
        (await RunAsync(null, 2, "end", id)).Error.ShouldContain("--password-stdin");
        (await RunAsync(IdentityServer.Password + "\n", 0, "end", id, "--password-stdin")).Out.ShouldContain("is over");
        (await server.MeFaultAsync(second.AccessToken)).ShouldBe("identity.session_ended");

        var begun = await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp", owner.AccessToken, new { password = IdentityServer.Password });
        var app = new Totp(Base32Encoding.ToBytes(begun.GetProperty("secret").GetString()));
        await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp/confirm", owner.AccessToken, new { code = Code() });
        (await RunAsync(null, 0, "end", "--others", "--code", Code())).Out.ShouldContain("Your other sessions are over");

        async Task<FakeTerminal> RunAsync(string? input, int exit, params string[] args)
        {
            var terminal = new FakeTerminal(server.Server.Url) { Input = input ?? "" };
            terminal.Environment["CODEXOS_TOKEN"] = owner.AccessToken;
            (await terminal.RunAsync(["sessions", .. args])).ShouldBe(exit, terminal.Out + terminal.Error);
            return terminal;
        }

        string Code()
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            return app.ComputeTotp(server.Clock.GetUtcNow().UtcDateTime);
        }
    }

    private static async Task<string> OtherAsync(IdentityServer server, Tokens who) =>
        (await server.JsonAsync(Own, who.AccessToken)).GetProperty("items").EnumerateArray()
            .First(static one => !one.GetProperty("current").GetBoolean()).GetProperty("id").GetString()!;
}
