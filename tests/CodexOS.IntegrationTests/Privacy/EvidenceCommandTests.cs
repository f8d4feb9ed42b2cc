using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>Bundles of evidence from the command line, against the real server.</summary>
public sealed class EvidenceCommandTests
{
    [Fact]
    public async Task A_bundle_is_made_listed_downloaded_verified_without_the_server_and_deleted()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
        var now = server.Clock.GetUtcNow();
        var (from, to) = ($"{now.AddDays(-1):O}", $"{now:O}");

        using var none = await RunAsync(0, "evidence", "list");
        none.Error.ShouldContain("There are no bundles.");
        using var made = await RunAsync(0, "evidence", "create", "--from", from, "--to", to, "--out", "evidence.zip");
        var file = Path.Combine(made.Home, "evidence.zip");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var run = "run_" + made.Out.Split("run_")[1][..32];
        using var listed = await RunAsync(0, "evidence", "list");
        listed.Out.ShouldContain(run);
        using var downloaded = await RunAsync(0, "evidence", "download", run, "-o", "again.zip");
        (await File.ReadAllBytesAsync(Path.Combine(downloaded.Home, "again.zip"), TestContext.Current.CancellationToken))
            .ShouldBe(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        using var key = await RunAsync(0, "evidence", "key");

        // There is nothing at this address: a check with a key asks nobody.
        using var verified = await FakeTerminal.EndedAsync(
            new Uri("http://127.0.0.1:1"), "none", 0, "evidence", "verify", file, "--key", key.Out.Trim(), "--json");
        JsonElement.Parse(verified.Out).GetProperty("intact").GetBoolean().ShouldBeTrue();
        using var asked = await RunAsync(0, "evidence", "verify", file);
        asked.Out.ShouldContain("The bundle is what the server made");
        asked.Error.ShouldContain("Not recorded by the server: backup-proofs, restore-proofs");

        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[120] ^= 1;
        var damaged = Path.Combine(made.Home, "damaged.zip");
        await File.WriteAllBytesAsync(damaged, bytes, TestContext.Current.CancellationToken);
        using var found = await RunAsync(1, "evidence", "verify", damaged);
        found.Error.ShouldContain("The bundle is not what the server made");
        using var badKey = await RunAsync(2, "evidence", "verify", file, "--key", "nonsense");
        badKey.Error.ShouldContain("(cli.bad_verifier_key)");
        using var future = await RunAsync(2, "evidence", "create", "--from", from, "--to", $"{now.AddDays(2):O}");
        future.Error.ShouldContain("(evidence.bad_period)");

        using var gone = await RunAsync(0, "evidence", "rm", run);
        using var missing = await RunAsync(6, "evidence", "download", run, "-o", "missing.zip");
        missing.Error.ShouldContain("(evidence.expired)");
    }
}
