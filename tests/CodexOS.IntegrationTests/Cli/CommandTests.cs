using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>Whole commands, from the arguments to the exit code.</summary>
public sealed class CommandTests : CommandTest
{
    [Fact]
    public async Task Signing_in_keeps_the_session_for_its_owner_only_and_remembers_theServer()
    {
        using var terminal = new FakeTerminal { Input = ContractServer.Password + "\n" };

        var exitCode = await terminal.RunAsync(
            "login", "--url", Server.Url.ToString(), "--email", ContractServer.Email, "--password-stdin");

        exitCode.ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain($"Signed in to {Server.Url} as {ContractServer.Email} (owner of Demo).");
        File.GetUnixFileMode(terminal.CredentialsPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await terminal.RunAsync("agents")).ShouldBe(0, terminal.Error);
    }

    [Fact]
    public async Task A_password_that_is_typed_is_never_shown()
    {
        using var terminal = new FakeTerminal(Server.Url) { IsTerminal = true };
        terminal.Type($"{ContractServer.Email}\n{ContractServer.Password}\n");

        (await terminal.RunAsync("login")).ShouldBe(0, terminal.Error);

        terminal.Error.ShouldContain(ContractServer.Email);
        terminal.Error.ShouldNotContain(ContractServer.Password);
    }

    [Fact]
    public async Task A_newServer_is_set_up_with_its_link()
    {
        Server.NeedsSetup = true;
        using var terminal = new FakeTerminal { Input = "a new password\n" };

        var exitCode = await terminal.RunAsync(
            "login", "--setup-link", $"{Server.Url}setup#token=one-time", "--email", "ada@example.org",
            "--password-stdin");

        exitCode.ShouldBe(0, terminal.Error);
        Server.NeedsSetup.ShouldBeFalse();
    }

    [Fact]
    public async Task A_setup_link_for_aServer_that_is_set_up_is_a_conflict()
    {
        using var terminal = new FakeTerminal { Input = "a new password\n" };

        var exitCode = await terminal.RunAsync(
            "login", "--setup-link", $"{Server.Url}setup#token=one-time", "--email", "ada@example.org",
            "--password-stdin");

        exitCode.ShouldBe(6);
        terminal.Error.ShouldContain("(identity.already_set_up)");
    }

    [Fact]
    public async Task A_wrong_password_is_exit_code_3()
    {
        using var terminal = new FakeTerminal(Server.Url) { Input = "wrong\n" };

        (await terminal.RunAsync("login", "--email", "x@y.z", "--password-stdin")).ShouldBe(3);

        terminal.Error.ShouldStartWith("error: The address or the password is wrong. (identity.bad_credentials)");
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_is_told_how_to()
    {
        using var terminal = new FakeTerminal(Server.Url);

        (await terminal.RunAsync("ps")).ShouldBe(3);

        terminal.Error.ShouldContain($"hint: codexos login --url {Server.Url}");
    }

    [Fact]
    public async Task A_token_in_the_environment_is_used()
    {
        using var terminal = new FakeTerminal(Server.Url);
        terminal.Environment["CODEXOS_TOKEN"] = Server.AccessToken;

        (await terminal.RunAsync("agents", "list", "--json")).ShouldBe(0, terminal.Error);

        var document = JsonNode.Parse(terminal.Out)!;
        document["items"]!.AsArray().Select(each => (string?)each!["name"]).ShouldBe(["fixer", "writer"]);
        document["nextCursor"].ShouldBeNull();
    }

    [Fact]
    public async Task AServer_that_is_not_there_is_exit_code_9_with_a_hint()
    {
        await Server.KillAsync();
        using var terminal = new FakeTerminal(Server.Url);

        (await terminal.RunAsync("ps")).ShouldBe(9);

        terminal.Error.ShouldContain("nothing listens there. (client.unreachable)");
        terminal.Error.ShouldContain("hint: Start the server with \"codexos serve\"");
    }

    [Fact]
    public async Task Runs_are_listed_as_lines_that_a_script_can_cut()
    {
        using var terminal = await SignedInAsync();
        Server.Runs.Add(Server.Journal.Run());

        (await terminal.RunAsync("ps")).ShouldBe(0, terminal.Error);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(2);
        lines[0].ShouldStartWith("RUN");
        lines[1].ShouldContain("run_0198c0ffee12");
        lines[1].ShouldContain("… running");
        lines[1].ShouldContain("make the failing test pass");
        terminal.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task The_load_is_shown_once_where_nobody_watches()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("top")).ShouldBe(0, terminal.Error);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines[0].ShouldContain("12.3/s");
        lines[1].ShouldContain("8 running · 1 in doubt");
        lines[^1].ShouldStartWith("sandbox");
        lines[^1].ShouldContain("12\u202F345");
        terminal.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task The_load_is_shown_again_and_again_on_a_terminal_until_it_is_stopped()
    {
        using var terminal = await SignedInAsync(isTerminal: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var top = terminal.RunAsync(stop.Token, "top", "--interval", "0.5");

        await terminal.ShowsAsync("sandbox");
        await stop.CancelAsync();

        (await top).ShouldNotBe(0);
        terminal.Out.ShouldContain("\u001b[H\u001b[2J");
    }

    [Fact]
    public async Task The_load_is_one_document_for_a_script()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("top", "--json")).ShouldBe(0, terminal.Error);

        JsonNode.Parse(terminal.Out)!["pools"]![0]!["waiting"]!.GetValue<int>().ShouldBe(12_345);
    }

    [Fact]
    public async Task A_narrow_terminal_gets_fewer_columns_and_no_broken_lines()
    {
        using var terminal = await SignedInAsync(isTerminal: true, width: 44);
        Server.Runs.Add(Server.Journal.Run());

        (await terminal.RunAsync("ps")).ShouldBe(0, terminal.Error);

        var lines = Plain(terminal.Out).TrimEnd().Split('\n');
        lines.Length.ShouldBe(2);
        lines.ShouldAllBe(line => line.TrimEnd().Length <= 44);
        lines[0].ShouldContain("STATUS");
        lines[0].ShouldNotContain("COST");
    }

    [Fact]
    public async Task A_definition_that_is_refused_is_named_by_file_line_and_column_and_the_others_are_applied()
    {
        using var terminal = await SignedInAsync();
        Directory.CreateDirectory(Path.Combine(terminal.Home, "agents"));
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "agents/a.yaml"), "name:\tx", Stop);
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "agents/b.yaml"), "name: fixer", Stop);

        (await terminal.RunAsync("apply", "-f", "agents")).ShouldBe(2);

        terminal.Error.ShouldContain("error: agents/a.yaml:3:7: A tab cannot indent. (agents.malformed_yaml)");
        terminal.Out.ShouldContain("fixer version 4 created");
    }

    [Fact]
    public async Task A_definition_that_is_the_newest_version_already_is_unchanged()
    {
        using var terminal = await SignedInAsync(input: "name: same");

        (await terminal.RunAsync("apply", "-f", "-")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldContain("fixer version 4 unchanged");
    }

    [Fact]
    public async Task Logs_as_json_are_one_event_a_line_and_steer_no_terminal()
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Append("step.completed", new JsonObject { ["output"] = "\u001b[31mred\u009b2J" });
        Server.Journal.Complete("done");

        (await terminal.RunAsync("logs", Server.Journal.RunId, "--json")).ShouldBe(0, terminal.Error);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(2);
        JsonNode.Parse(lines[1])!["kind"]!.GetValue<string>().ShouldBe("run.completed");
        terminal.Out.ShouldNotContain("\u001b");
        terminal.Out.ShouldNotContain("\u009b");
    }

    [Fact]
    public async Task A_diff_goes_byte_by_byte_to_a_pipe_and_safe_to_a_terminal()
    {
        Server.Diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+\u001b[2Jy\r\n";
        Server.Journal.Append("run.created", []);
        using var pipe = await SignedInAsync();
        using var terminal = await SignedInAsync(isTerminal: true);

        (await pipe.RunAsync("diff", Server.Journal.RunId)).ShouldBe(0, pipe.Error);
        (await terminal.RunAsync("diff", Server.Journal.RunId)).ShouldBe(0, terminal.Error);

        pipe.Out.ShouldBe(Server.Diff);
        terminal.Out.ShouldNotContain("[2J");
    }

    [Fact]
    public async Task No_colour_means_no_colour()
    {
        using var terminal = await SignedInAsync(isTerminal: true);
        terminal.Environment["NO_COLOR"] = "1";
        Server.Runs.Add(Server.Journal.Run());

        (await terminal.RunAsync("ps")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task The_doctor_works_without_aServer_and_says_what_to_do()
    {
        await Server.KillAsync();
        using var terminal = new FakeTerminal(Server.Url);

        (await terminal.RunAsync("doctor", "--json")).ShouldBe(9);

        var report = JsonNode.Parse(terminal.Out)!;
        report["ok"]!.GetValue<bool>().ShouldBeFalse();
        var server = report["checks"]!.AsArray().Single(check => (string?)check!["name"] == "server")!;
        server["state"]!.GetValue<string>().ShouldBe("fail");
        server["fix"]!.GetValue<string>().ShouldContain("codexos serve");
    }

    [Fact]
    public async Task The_doctor_finds_credentials_that_others_can_read()
    {
        using var terminal = await SignedInAsync();
        File.SetUnixFileMode(terminal.CredentialsPath, (UnixFileMode)Convert.ToInt32("644", 8));

        await terminal.RunAsync("doctor");

        terminal.Out.ShouldContain($"others can read {terminal.CredentialsPath}");
    }
}
