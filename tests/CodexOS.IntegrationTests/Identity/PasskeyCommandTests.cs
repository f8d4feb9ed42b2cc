using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Passkeys;
using OtpNet;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class PasskeyCommandTests
{
    [Fact]
    public async Task Passkeys_are_listed_and_with_a_code_removed()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, PasskeyCalls.PublicUrl);
        await using var running = server;
        using var device = new SoftwareAuthenticator { Syncs = true };
        (await RunAsync(0, "list")).Error.ShouldContain("You have no passkeys");
        var id = await server.AddPasskeyAsync(owner.AccessToken, device);

        var shown = (await RunAsync(0, "list")).Out;
        shown.ShouldContain("laptop");
        shown.ShouldContain(id);
        var listed = JsonElement.Parse((await RunAsync(0, "list", "--json")).Out).GetProperty("items")[0];
        listed.GetProperty("id").GetString().ShouldBe(id);
        listed.GetProperty("synced").GetBoolean().ShouldBeTrue();

        // A terminal has no device to ask, so it needs the code of an authenticator.
        (await RunAsync(4, "remove", id)).Error.ShouldContain("cli.browser_needed");
        await server.StepUpWithPasskeyAsync(owner.AccessToken, device);
        var begun = await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp", owner.AccessToken, new { password = IdentityServer.Password });
        var app = new Totp(Base32Encoding.ToBytes(begun.GetProperty("secret").GetString()));
        await server.DoAsync(
            HttpMethod.Post, "/api/v1/auth/second-factor/totp/confirm", owner.AccessToken, new { code = Code() });
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        (await RunAsync(0, "remove", id, "--code", Code())).Out.ShouldContain("opens nothing any more");
        (await server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
        (await RunAsync(5, "remove", id)).Error.ShouldContain("identity.passkey_not_found");

        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, ["passkeys", .. args]);

        string Code()
        {
            server.Clock.Advance(TimeSpan.FromSeconds(30));
            return app.ComputeTotp(server.Clock.GetUtcNow().UtcDateTime);
        }
    }
}
