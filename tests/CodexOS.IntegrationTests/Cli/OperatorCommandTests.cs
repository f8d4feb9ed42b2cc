using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The commands by which operators set rules: policies and approvals in advance.</summary>
public sealed class OperatorCommandTests : CommandTest
{
    [Fact]
    public async Task A_policy_is_shown_as_its_author_wrote_it_or_said_to_be_the_default()
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync("policy", "show")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("No policy was applied; the default holds.");
        Server.PolicyVersion = 3;
        (await terminal.RunAsync("policy", "show", "--version", "2")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldEndWith("ask: always\n");
        Server.Requests.ShouldContain("GET /api/v1/policy?version=2");

        using var script = await SignedInAsync();
        (await script.RunAsync("policy", "show", "--json")).ShouldBe(0, script.Error);
        ((int)JsonNode.Parse(script.Out)!["version"]!).ShouldBe(3);
    }

    [Fact]
    public async Task A_policy_is_applied_from_a_file_or_the_standard_input_and_one_that_means_the_same_changes_nothing()
    {
        using var terminal = await SignedInAsync(input: "same: yes\n");
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "policy.yaml"), "ask: always\n", Stop);

        (await terminal.RunAsync("policy", "apply", "policy.yaml")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("✓ policy version 1 holds for new runs");
        (await terminal.RunAsync("policy", "apply", "-")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("= policy version 1 unchanged");
        Server.Operated.Select(each => each.Body).ShouldBe(["ask: always\n", "same: yes\n"]);
    }

    [Fact]
    public async Task A_policy_that_is_refused_or_not_there_ends_with_its_code()
    {
        using var terminal = await SignedInAsync(input: "typo: 1\n");
        (await terminal.RunAsync("policy", "apply", "-")).ShouldBe(2);
        terminal.Error.ShouldContain("error: 'typo' is not a field of a policy. (agents.invalid_policy)");
        (await terminal.RunAsync("policy", "apply", "nothing.yaml")).ShouldBe(5);
        terminal.Error.ShouldContain("nothing.yaml");
        terminal.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_trial_of_a_policy_ends_with_1_if_a_case_is_not_as_expected_and_says_which()
    {
        using var terminal = await SignedInAsync();
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "cases.yaml"), "cases: []\n", Stop);
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "policy.yaml"), "ask: never\n", Stop);
        Server.Verdicts.Add(Verdict("reads", "allow", "allow", true));
        (await terminal.RunAsync("policy", "test", "cases.yaml", "--policy", "policy.yaml")).ShouldBe(0, terminal.Error);
        var sent = JsonNode.Parse(Server.Operated[^1].Body)!;
        ((string?)sent["cases"], (string?)sent["policy"], (string?)sent["runId"]).ShouldBe(("cases: []\n", "ask: never\n", null));

        Server.Verdicts.Add(Verdict("sends", "ask", "refuse", false));
        (await terminal.RunAsync("policy", "test", "--run", Server.Journal.RunId)).ShouldBe(1);
        terminal.Out.ShouldContain("✗ sends  send_mail  ask, expected refuse");
        terminal.Error.ShouldContain("1 of 2 are not as expected.");
        ((string?)JsonNode.Parse(Server.Operated[^1].Body)!["runId"]).ShouldBe(Server.Journal.RunId);

        using var script = await SignedInAsync();
        (await script.RunAsync("policy", "test", "--run", Server.Journal.RunId, "--json")).ShouldBe(1);
        ((int)JsonNode.Parse(script.Out)!["failedCount"]!).ShouldBe(1);
    }

    [Fact]
    public async Task Approvals_in_advance_are_listed_page_by_page_with_what_is_left_of_them()
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync("standing", "list")).ShouldBe(0, terminal.Error);
        var lines = terminal.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(3);
        lines[0].ShouldStartWith("ID");
        lines[1].ShouldContain("1/5");
        lines[1].ShouldContain(" left");
        lines[2].ShouldContain("revoked");

        using var script = await SignedInAsync();
        (await script.RunAsync("standing", "list", "--json")).ShouldBe(0, script.Error);
        JsonNode.Parse(script.Out)!["items"]!.AsArray().Select(each => (string?)each!["id"]).ShouldBe(["sap_2", "sap_1"]);
    }

    [Fact]
    public async Task An_approval_is_given_with_its_limits_and_argument_rules_and_revoked()
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync(
            "standing", "give", "fixer", "git_commit", "--arg", "message=fix *", "--arg", "path=a=b", "--uses", "5", "--hours", "2",
            "--note", "release")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("✓ sap_3 holds for 5 calls until 2126-01-02");
        var sent = JsonNode.Parse(Server.Operated[^1].Body)!;
        ((string?)sent["agent"], (string?)sent["tool"], (int)sent["usesMax"]!, (int)sent["lastsSeconds"]!, (string?)sent["note"])
            .ShouldBe(("fixer", "git_commit", 5, 7_200, "release"));
        ((string?)sent["arguments"]!["message"], (string?)sent["arguments"]!["path"]).ShouldBe(("fix *", "a=b"));

        (await terminal.RunAsync("standing", "revoke", "sap_3")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("■ sap_3 is revoked");
    }

    [Theory]
    [InlineData(2, "cli.bad_argument_rule", "standing", "give", "fixer", "git_commit", "--arg", "nothing")]
    [InlineData(5, "platform.not_found", "standing", "revoke", "sap_9")]
    [InlineData(5, "runs.not_found", "policy", "test", "--run", "run_00000000000000000000000000000009")]
    public async Task What_is_wrong_is_said_with_a_code_and_nothing_on_the_output(int exitCode, string code, params string[] args)
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync(args)).ShouldBe(exitCode);
        terminal.Error.ShouldContain($"({code})");
        terminal.Out.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("standing", "give", "fixer")]
    [InlineData("standing", "give", "fixer", "git_commit", "--uses", "many")]
    [InlineData("policy", "apply")]
    [InlineData("policy", "show", "--version", "x")]
    [InlineData("export", "wsp_1")]
    [InlineData("export", "wsp_1", "-o", "out", "--as", "zip")]
    [InlineData("bulk", "explode")]
    [InlineData("bulk", "pause", "--status", "odd")]
    public async Task Arguments_that_are_missing_or_wrong_are_exit_code_2_and_nothing_is_sent(params string[] args)
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync(args)).ShouldBe(2);
        terminal.Error.ShouldNotBeEmpty();
        Server.Operated.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("policy", "show", "apply", "test")]
    [InlineData("policy test", "FILE", "--policy", "--run", "--json")]
    [InlineData("standing", "list", "give", "revoke")]
    [InlineData("standing give", "AGENT", "TOOL", "--arg", "--uses", "--hours", "--note")]
    [InlineData("bulk", "pause", "resume", "cancel", "retry", "upgrade")]
    [InlineData("bulk upgrade", "--to-version", "--status", "--agent", "--dry-run", "--yes", "--reason")]
    [InlineData("export", "WORKSPACE", "--output", "--json", "--as", "--branch")]
    public async Task Help_names_everything_that_can_be_said(string command, params string[] words)
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync([.. command.Split(' '), "--help"])).ShouldBe(0, terminal.Error);
        foreach (var word in words) terminal.Out.ShouldContain(word);
    }

    private static JsonObject Verdict(string name, string outcome, string expected, bool asExpected) => new()
    {
        ["name"] = name,
        ["tool"] = name == "reads" ? "read_file" : "send_mail",
        ["outcome"] = outcome,
        ["explanation"] = "because",
        ["rule"] = null,
        ["expected"] = expected,
        ["asExpected"] = asExpected,
    };
}
