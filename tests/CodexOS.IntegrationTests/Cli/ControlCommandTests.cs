using System.Text.Json.Nodes;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The commands by which people control a run and look at its past.</summary>
public sealed class ControlCommandTests : CommandTest
{
    private string Run => Server.Journal.RunId;

    [Fact]
    public async Task A_run_is_paused_and_goes_on_and_lists_say_so()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("pause", Run, "--reason", "lunch")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("is paused");
        Server.Runs.Add(Server.Journal.Run());
        (await terminal.RunAsync("ps", "--status", "paused")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("‖ paused");
        (await terminal.RunAsync("resume", Run)).ShouldBe(0, terminal.Error);

        Server.Asked.Select(each => each.Path).ShouldBe(["pause", "resume"]);
        ((string?)Server.Asked[0].Body["reason"]).ShouldBe("lunch");
        Server.Requests.ShouldContain("GET /api/v1/runs?status=paused&limit=25");
    }

    [Fact]
    public async Task A_message_and_a_signal_reach_the_run_with_what_they_carry()
    {
        using var terminal = await SignedInAsync();
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "data.json"), """{"ok":true}""", Stop);

        (await terminal.RunAsync("steer", Run, "use spaces")).ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("signal", Run, "go", "--data", "@data.json", "--key", "k1")).ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("signal", Run, "go", "--data", "{broken")).ShouldBe(2);
        (await terminal.RunAsync("signal", Run, "go", "--data", "@nothing.json")).ShouldBe(5);

        ((string?)Server.Asked[0].Body["message"]).ShouldBe("use spaces");
        Server.Asked[1].Path.ShouldBe("signals/go");
        Server.Asked[1].Key.ShouldBe("k1");
        ((bool)Server.Asked[1].Body["payload"]!["ok"]!).ShouldBeTrue();
        Server.Asked.Count.ShouldBe(2);
        terminal.Error.ShouldContain("(cli.bad_json)");
        terminal.Error.ShouldContain("(cli.no_such_file)");
    }

    [Theory]
    [InlineData("retry", "--retry")]
    [InlineData("failed", "--failed")]
    [InlineData("compensate", "--undo")]
    [InlineData("tookPlace", "--took-place", """{"text":"done"}""")]
    public async Task A_step_in_doubt_is_decided_in_four_ways(string outcome, params string[] how)
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Append("step.in_doubt", new JsonObject { ["step"] = "t1", ["occurrence"] = 2 });

        (await terminal.RunAsync(["resolve", Run, "t1", .. how])).ShouldBe(0, terminal.Error);

        Server.Asked.Count.ShouldBe(1);
        Server.Asked[0].Path.ShouldBe("steps/t1/resolve");
        ((string?)Server.Asked[0].Body["outcome"]).ShouldBe(outcome);
        ((int)Server.Asked[0].Body["occurrence"]!).ShouldBe(2);
        ((string?)Server.Asked[0].Body["output"]?["text"]).ShouldBe(how.Length > 1 ? "done" : null);
    }

    [Fact]
    public async Task A_hard_kill_and_a_retry_with_higher_limits_say_so()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("kill", Run, "--hard")).ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("retry", Run, "--steps-max", "90", "--cost-max", "0.25")).ShouldBe(0, terminal.Error);

        ((bool)Server.Asked[0].Body["hard"]!).ShouldBeTrue();
        var limits = Server.Asked[1].Body["limits"]!.AsObject();
        limits.Select(each => each.Key).ShouldBe(["stepsMax", "costMaxMicroUsd"], ignoreOrder: true);
        ((long)limits["costMaxMicroUsd"]!).ShouldBe(250_000);
    }

    [Fact]
    public async Task A_rollback_shows_what_it_undoes_and_does_nothing_unasked()
    {
        using var script = await SignedInAsync();
        (await script.RunAsync("rollback", Run, "4", "--dry-run")).ShouldBe(0, script.Error);
        script.Out.ShouldContain("↶ t3");
        (await script.RunAsync("rollback", Run, "4")).ShouldBe(2);
        script.Error.ShouldContain("(cli.not_confirmed)");

        using var person = await SignedInAsync(isTerminal: true);
        person.Type("n\n");
        (await person.RunAsync("rollback", Run, "4")).ShouldBe(12);
        Server.Asked.ShouldAllBe(each => (bool)each.Body["dryRun"]!);
        person.Type("y\n");
        (await person.RunAsync("rollback", Run, "4", "--go-on")).ShouldBe(0, person.Error);

        var (_, body, _) = Server.Asked[^1];
        ((bool)body["dryRun"]!).ShouldBeFalse();
        ((bool)body["goOn"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task A_rollback_past_what_cannot_be_undone_needs_to_be_told_to_leave_it()
    {
        Server.Irreversible = ["t2"];
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("rollback", Run, "4", "--yes")).ShouldBe(6);
        terminal.Error.ShouldContain("(cli.irreversible)");
        (await terminal.RunAsync("rollback", Run, "4", "--yes", "--leave", "--json")).ShouldBe(0, terminal.Error);

        ((bool)Server.Asked[^1].Body["leaveIrreversible"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task A_fork_prints_the_id_of_the_new_run()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("fork", Run, "7", "--message", "again", "--output", "\"x\"")).ShouldBe(0, terminal.Error);

        terminal.Out.Trim().ShouldBe("run_0198c0ffee1270008000000000000002");
        var (_, body, key) = Server.Asked.Single();
        ((int)body["seq"]!).ShouldBe(7);
        ((string?)body["output"]).ShouldBe("x");
        ((string?)body["message"]).ShouldBe("again");
        key.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Checkpoints_and_states_are_shown_and_two_states_are_compared_as_diff_does()
    {
        using var terminal = await SignedInAsync();
        Server.Checkpoints.Add(new JsonObject
        {
            ["seq"] = 9,
            ["at"] = "2026-01-01T00:00:00Z",
            ["kind"] = "step.completed",
            ["step"] = "t1",
            ["stepsCount"] = 1,
            ["undoable"] = false,
        });
        Server.Stood(3, "started", new JsonObject { ["notes"] = new JsonArray("a") });
        Server.Stood(9, "over", new JsonObject { ["notes"] = new JsonArray("a", "b") });

        (await terminal.RunAsync("checkpoints", Run)).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("! not all");
        (await terminal.RunAsync("state", $"{Run}@3")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("after event 3");
        (await terminal.RunAsync("state", $"{Run}@8")).ShouldBe(2);
        (await terminal.RunAsync("state", $"{Run}@x")).ShouldBe(2);
        (await terminal.RunAsync("diff", $"{Run}@3", $"{Run}@3")).ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("diff", $"{Run}@3", Run)).ShouldBe(1, terminal.Error);

        terminal.Out.ShouldContain("- steps[t1].phase: \"started\"");
        terminal.Out.ShouldContain("+ steps[t1].phase: \"over\"");
        terminal.Out.ShouldContain("+ program.notes[1]: \"b\"");
        terminal.Out.ShouldNotContain("- seq:");
    }

    [Fact]
    public async Task A_tree_puts_runs_below_the_run_that_started_them()
    {
        using var terminal = await SignedInAsync();
        var child = Server.Journal.Run();
        child["id"] = "run_0198c0ffee1370008000000000000003";
        child["parentId"] = Run;
        child["progress"] = 0.42;
        Server.Runs.Add(child);
        Server.Runs.Add(Server.Journal.Run());

        (await terminal.RunAsync("ps", "--tree")).ShouldBe(0, terminal.Error);

        var lines = terminal.Out.TrimEnd().Split('\n');
        lines[1].ShouldStartWith("run_0198c0ffee12");
        lines[2].ShouldStartWith("└─ run_0198c0ffee13");
        lines[2].ShouldContain("… running 42 %");
    }

    [Fact]
    public async Task A_watch_goes_on_past_an_end_that_a_retry_took_back()
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Fail("agents.step_limit", "limitReached", "The run reached its limit.");
        Server.Journal.Append("run.retried", new JsonObject { ["by"] = "Ada", ["voids"] = new JsonArray(0) });
        Server.Journal.Complete("done");

        (await terminal.RunAsync("logs", Run, "-f")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldContain("Ada tries it again");
        terminal.Out.ShouldContain("✓ completed");
    }

    [Fact]
    public async Task What_the_server_refuses_is_the_exit_code_of_its_kind()
    {
        using var terminal = await SignedInAsync();
        Server.NextAnswers.Enqueue(("/signals/", 409, new JsonObject
        {
            ["code"] = "runs.already_ended",
            ["detail"] = "The run has ended; nothing about it can be changed any more.",
        }));

        (await terminal.RunAsync("signal", Run, "go")).ShouldBe(FaultKind.Conflict.ExitCode());

        terminal.Error.ShouldContain("(runs.already_ended)");
    }
}
