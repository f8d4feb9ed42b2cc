using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Cli.Screens;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>Whole commands, from the arguments to the exit code, against a server that speaks the contract.</summary>
public sealed class CommandTests : IAsyncLifetime
{
    private ContractServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ContractServer.StartNewAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Signing_in_keeps_the_session_for_its_owner_only_and_remembers_the_server()
    {
        using var terminal = new FakeTerminal { Input = ContractServer.Password + "\n" };

        var exitCode = await terminal.RunAsync(
            "login", "--url", _server.Url.ToString(), "--email", ContractServer.Email, "--password-stdin");

        exitCode.ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain($"Signed in to {_server.Url} as {ContractServer.Email} (owner of Demo).");
        File.GetUnixFileMode(terminal.CredentialsPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await terminal.RunAsync("agents")).ShouldBe(0, terminal.Error);
    }

    [Fact]
    public async Task A_password_that_is_typed_is_never_shown()
    {
        using var terminal = new FakeTerminal(_server.Url) { IsTerminal = true };
        terminal.Type($"{ContractServer.Email}\n{ContractServer.Password}\n");

        (await terminal.RunAsync("login")).ShouldBe(0, terminal.Error);

        terminal.Error.ShouldContain(ContractServer.Email);
        terminal.Error.ShouldNotContain(ContractServer.Password);
    }

    [Fact]
    public async Task A_new_server_is_set_up_with_its_link()
    {
        _server.NeedsSetup = true;
        using var terminal = new FakeTerminal { Input = "a new password\n" };

        var exitCode = await terminal.RunAsync(
            "login", "--setup-link", $"{_server.Url}setup#token=one-time", "--email", "ada@example.org", "--password-stdin");

        exitCode.ShouldBe(0, terminal.Error);
        _server.NeedsSetup.ShouldBeFalse();
    }

    [Fact]
    public async Task A_setup_link_for_a_server_that_is_set_up_is_a_conflict()
    {
        using var terminal = new FakeTerminal();

        var exitCode = await terminal.RunAsync("login", "--setup-link", $"{_server.Url}setup#token=one-time");

        exitCode.ShouldBe(6);
        terminal.Error.ShouldContain("(cli.already_set_up)");
    }

    [Fact]
    public async Task A_wrong_password_is_exit_code_3()
    {
        using var terminal = new FakeTerminal(_server.Url) { Input = "wrong\n" };

        (await terminal.RunAsync("login", "--email", "x@y.z", "--password-stdin")).ShouldBe(3);

        terminal.Error.ShouldStartWith("error: The address or the password is wrong. (identity.bad_credentials)");
    }

    [Fact]
    public async Task Whoever_is_not_signed_in_is_told_how_to()
    {
        using var terminal = new FakeTerminal(_server.Url);

        (await terminal.RunAsync("ps")).ShouldBe(3);

        terminal.Error.ShouldContain($"hint: codexos login --url {_server.Url}");
    }

    [Fact]
    public async Task A_token_in_the_environment_is_used()
    {
        using var terminal = new FakeTerminal(_server.Url);
        terminal.Environment["CODEXOS_TOKEN"] = _server.AccessToken;

        (await terminal.RunAsync("agents", "list", "--json")).ShouldBe(0, terminal.Error);

        var document = JsonNode.Parse(terminal.Out)!;
        document["items"]!.AsArray().Select(each => (string?)each!["name"]).ShouldBe(["fixer", "writer"]);
        document["nextCursor"].ShouldBeNull();
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_exit_code_9_with_a_hint()
    {
        await _server.KillAsync();
        using var terminal = new FakeTerminal(_server.Url);

        (await terminal.RunAsync("ps")).ShouldBe(9);

        terminal.Error.ShouldContain("nothing listens there. (client.unreachable)");
        terminal.Error.ShouldContain("hint: Start the server with \"codexos serve\"");
    }

    [Fact]
    public async Task Runs_are_listed_as_lines_that_a_script_can_cut()
    {
        using var terminal = await SignedInAsync();
        _server.Runs.Add(_server.Journal.Run());

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
    public async Task A_narrow_terminal_gets_fewer_columns_and_no_broken_lines()
    {
        using var terminal = await SignedInAsync(isTerminal: true, width: 44);
        _server.Runs.Add(_server.Journal.Run());

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
    public async Task A_run_uploads_its_folder_and_ends_with_the_exit_code_of_its_fault()
    {
        using var terminal = await SignedInAsync();
        Directory.CreateDirectory(Path.Combine(terminal.Home, "calc"));
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "calc/a.js"), "1", Stop);

        var running = terminal.RunAsync("run", "fixer", "make the failing test pass", "--workspace", "calc");
        await WatchedAsync();
        _server.Journal.Fail("runs.step_limit", "limitReached", "The run reached its limit of 50 steps.");

        (await running).ShouldBe(7);
        _server.Uploaded["a.js"].Text.ShouldBe("1");
        terminal.Out.ShouldContain("scripted or replayed, not a real model");
        terminal.Out.ShouldContain("✗ The run reached its limit of 50 steps. (runs.step_limit)");
        terminal.Out.ShouldContain("✗ failed  12 s, 6 steps, 1\u202F234 tokens in, 56 out, $0.01");
    }

    [Fact]
    public async Task An_approval_is_asked_for_at_the_terminal_with_its_diff()
    {
        using var terminal = await SignedInAsync(isTerminal: true);

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        _server.Journal.Ask();
        await terminal.ShowsAsync("Approve? [y/N]");
        terminal.Type("y\n");
        await terminal.ShowsAsync("approved by ada");
        _server.Journal.Complete("all good");

        (await running).ShouldBe(0, terminal.Error);
        _server.Decision.ShouldBe(("apr_1", true, null));
        Plain(terminal.Out).ShouldContain("    +new");
        Plain(terminal.Out).ShouldContain("all good");
    }

    [Fact]
    public async Task A_denial_takes_a_note_for_the_agent()
    {
        using var terminal = await SignedInAsync(isTerminal: true);

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        _server.Journal.Ask();
        terminal.Type("n\nuse another name\n");
        await terminal.ShowsAsync("denied by ada");
        _server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        _server.Decision.ShouldBe(("apr_1", false, "use another name"));
    }

    [Fact]
    public async Task A_question_is_withdrawn_when_somebody_else_decides()
    {
        using var terminal = await SignedInAsync(isTerminal: true);

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        _server.Journal.Ask();
        await terminal.ShowsAsync("Approve? [y/N]");
        _server.Journal.Decide(approve: true, null, by: "grace");
        await terminal.ShowsAsync("approved by grace");
        _server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        _server.Decision.ShouldBeNull();
    }

    [Fact]
    public async Task Yes_approves_without_asking_and_json_prints_the_ended_run_alone()
    {
        using var terminal = await SignedInAsync();

        var running = terminal.RunAsync("run", "fixer", "go", "--yes", "--json");
        await WatchedAsync();
        _server.Journal.Ask();
        await WaitForAsync(() => _server.Decision is not null);
        _server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        var run = JsonDocument.Parse(terminal.Out).RootElement;
        run.GetProperty("status").GetString().ShouldBe("completed");
        run.GetProperty("costMicroUsd").GetInt64().ShouldBe(12300);
    }

    [Fact]
    public async Task Where_nobody_can_answer_the_way_to_approve_is_printed()
    {
        using var terminal = await SignedInAsync();

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        _server.Journal.Ask();
        await terminal.ShowsAsync($"codexos approve {_server.Journal.RunId} apr_1");
        (await SignedInElsewhereAsync("approve", "0198c0ffee127")).ShouldBe(0);
        _server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        _server.Decision.ShouldBe(("apr_1", true, null));
    }

    [Fact]
    public async Task Ctrl_C_detaches_and_says_that_the_run_goes_on()
    {
        using var terminal = await SignedInAsync();
        using var interrupt = new CancellationTokenSource();

        var running = terminal.RunAsync(interrupt.Token, "run", "fixer", "go");
        await WatchedAsync();
        await interrupt.CancelAsync();

        (await running).ShouldBe(130);
        terminal.Error.ShouldContain("Detached; the run goes on.");
        terminal.Error.ShouldContain($"codexos logs -f {_server.Journal.RunId}");
        _server.Requests.ShouldNotContain(request => request.Contains("cancel"));
    }

    [Fact]
    public async Task Detach_prints_the_id_and_nothing_else()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("run", "fixer", "go", "--detach")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldBe(_server.Journal.RunId + "\n");
    }

    [Fact]
    public async Task Logs_as_json_are_one_event_a_line_and_steer_no_terminal()
    {
        using var terminal = await SignedInAsync();
        _server.Journal.Append("step.completed", new JsonObject { ["step"] = "t1", ["output"] = "\u001b[31mred\u009b2J" });
        _server.Journal.Complete("done");

        (await terminal.RunAsync("logs", _server.Journal.RunId, "--json")).ShouldBe(0, terminal.Error);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(2);
        JsonNode.Parse(lines[1])!["kind"]!.GetValue<string>().ShouldBe("run.completed");
        terminal.Out.ShouldNotContain("\u001b");
        terminal.Out.ShouldNotContain("\u009b");
    }

    [Fact]
    public async Task A_diff_goes_byte_by_byte_to_a_pipe_and_safe_to_a_terminal()
    {
        _server.Diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+\u001b[2Jy\r\n";
        _server.Journal.Append("run.created", []);
        using var pipe = await SignedInAsync();
        using var terminal = await SignedInAsync(isTerminal: true);

        (await pipe.RunAsync("diff", _server.Journal.RunId)).ShouldBe(0, pipe.Error);
        (await terminal.RunAsync("diff", _server.Journal.RunId)).ShouldBe(0, terminal.Error);

        pipe.Out.ShouldBe(_server.Diff);
        terminal.Out.ShouldNotContain("[2J");
    }

    [Fact]
    public async Task No_colour_means_no_colour()
    {
        using var terminal = await SignedInAsync(isTerminal: true);
        terminal.Environment["NO_COLOR"] = "1";
        _server.Runs.Add(_server.Journal.Run());

        (await terminal.RunAsync("ps")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task The_doctor_works_without_a_server_and_says_what_to_do()
    {
        await _server.KillAsync();
        using var terminal = new FakeTerminal(_server.Url);

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

    [Fact]
    public async Task Nobody_reads_a_folder_that_is_not_there()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("run", "fixer", "go", "-w", "nowhere")).ShouldBe(5);

        terminal.Error.ShouldContain("(client.no_such_folder)");
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Plain(string text) => PlainText.Of(text.Replace("\r", "", StringComparison.Ordinal));

    private async Task WatchedAsync() =>
        (await _server.Journal.Watched.WaitAsync(TimeSpan.FromSeconds(20), Stop)).ShouldBeTrue();

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }

    private async Task<int> SignedInElsewhereAsync(params string[] args)
    {
        _server.Runs.Add(_server.Journal.Run());
        using var terminal = await SignedInAsync();
        return await terminal.RunAsync(args);
    }

    private async Task<FakeTerminal> SignedInAsync(bool isTerminal = false, int width = 100, string input = "")
    {
        var terminal = new FakeTerminal(_server.Url) { IsTerminal = isTerminal, Width = width, Input = input };
        await terminal.SignInAsync();
        return terminal;
    }
}
