using System.IO.Compression;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>Persons' data, legal holds and retention from the command line, against the real server.</summary>
public sealed class PrivacyCommandTests
{
    private const string Grace = "grace@example.org";

    [Fact]
    public async Task A_persons_data_is_downloaded_and_their_erasure_waits_for_a_hold_and_prints_its_receipt()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        var (tokens, id) = await server.JoinAsync(owner.AccessToken, Grace, "developer");
        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);

        using var exported = await RunAsync(0, "privacy", "export", id, "-o", "grace.zip");
        exported.Out.ShouldContain("grace.zip");
        var file = Path.Combine(exported.Home, "grace.zip");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (var archive = await ZipFile.OpenReadAsync(file, TestContext.Current.CancellationToken))
            archive.Entries.Select(static entry => entry.FullName).ShouldContain("data/account.json");
        using var again = await RunAsync(0, "privacy", "export", id, "-o", "grace.zip", "--json");
        JsonElement.Parse(again.Out).GetProperty("status").GetString().ShouldBe("completed");
        using var nobody = await RunAsync(5, "privacy", "export", $"usr_{new string('0', 32)}", "-o", "nobody.zip");
        nobody.Error.ShouldContain("(privacy.subject_not_found)");
        File.Exists(Path.Combine(nobody.Home, "nobody.zip")).ShouldBeFalse();
        using var forbidden = await FakeTerminal.EndedAsync(
            server.Server.Url, tokens.AccessToken, 4, "privacy", "export", id, "-o", "own.zip");

        using var none = await RunAsync(0, "privacy", "holds");
        none.Error.ShouldContain("Nothing is on hold.");
        using var placed = await RunAsync(0, "privacy", "holds", "place", "subject", id, "--reason", "Case 7");
        var hold = "hld_" + placed.Out.Split("hld_")[1][..32];
        using var held = await RunAsync(6, "privacy", "erase", id, "--confirm", Grace);
        held.Error.ShouldContain(hold);
        using var holds = await RunAsync(0, "privacy", "holds");
        holds.Out.ShouldContain("Case 7");
        using var lifted = await RunAsync(0, "privacy", "holds", "lift", hold);
        lifted.Out.ShouldContain($"{hold} is lifted");
        using var open = await RunAsync(0, "privacy", "holds", "--json");
        JsonElement.Parse(open.Out).GetProperty("items").GetArrayLength().ShouldBe(0);
        using var all = await RunAsync(0, "privacy", "holds", "--all", "--json");
        JsonElement.Parse(all.Out).GetProperty("items").GetArrayLength().ShouldBe(1);

        using var empty = await RunAsync(0, "privacy", "erasures");
        empty.Error.ShouldContain("Nobody was erased.");
        using var mistyped = await RunAsync(2, "privacy", "erase", id, "--confirm", "grace@example.com");
        mistyped.Error.ShouldContain("(privacy.not_confirmed)");
        using var erased = await RunAsync(0, "privacy", "erase", id, "--confirm", Grace);
        erased.Out.ShouldStartWith("codexos erasure receipt");
        erased.Error.ShouldContain($"{id} is erased");
        using var listed = await RunAsync(0, "privacy", "erasures");
        listed.Out.ShouldContain(id);
        var run = "run_" + listed.Out.Split("run_")[1][..32];
        using var receipt = await RunAsync(0, "privacy", "receipt", run);
        receipt.Out.ShouldBe(erased.Out);
        using var whole = await RunAsync(0, "privacy", "receipt", run, "--json");
        JsonElement.Parse(whole.Out).GetProperty("verifierKey").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task How_long_data_is_kept_is_shown_set_and_left_to_the_server_again()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);

        using var before = await RunAsync(0, "privacy", "retention");
        before.Out.ShouldContain("90 days");
        before.Out.ShouldContain("for good");
        before.Out.ShouldNotContain("tenant ");
        using var set = await RunAsync(0, "privacy", "retention", "sessions", "30", "--json");
        var state = JsonElement.Parse(set.Out).GetProperty("items")[0];
        (state.GetProperty("days").GetInt32(), state.GetProperty("isSet").GetBoolean()).ShouldBe((30, true));
        using var left = await RunAsync(0, "privacy", "retention", "sessions", "default");
        left.Out.ShouldContain("90 days");
        using var unsaid = await RunAsync(2, "privacy", "retention", "sessions");
        unsaid.Error.ShouldContain("(cli.bad_days)");
        using var wrong = await RunAsync(2, "privacy", "retention", "sessions", "soon");
        wrong.Error.ShouldContain("(cli.bad_days)");
        using var unknown = await RunAsync(5, "privacy", "retention", "dreams", "30");
        unknown.Error.ShouldContain("(privacy.bad_retention_kind)");
    }
}
