using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The commands that act on many runs, and the one that takes a workspace home.</summary>
public sealed class BulkAndExportCommandTests : CommandTest
{
    [Theory]
    [InlineData("pause")]
    [InlineData("resume")]
    [InlineData("cancel")]
    [InlineData("retry")]
    public async Task A_bulk_operation_is_started_once_and_followed_to_its_end(string verb)
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Complete("2 of 2 runs");
        (await terminal.RunAsync("bulk", verb, "--status", "failed", "--agent", "fixer", "--reason", "night", "--yes"))
            .ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain($"codexos logs {Server.Journal.RunId}");
        var bodies = Bodies;
        bodies.Select(body => (bool)body["dryRun"]!).ShouldBe([true, false]);
        ((string?)bodies[1]["operation"], (string?)bodies[1]["reason"]).ShouldBe((verb, "night"));
        ((string?)bodies[1]["filter"]!["status"], (string?)bodies[1]["filter"]!["subject"]).ShouldBe(("failed", "fixer"));
    }

    [Fact]
    public async Task An_upgrade_names_the_version_to_go_to()
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Complete("2 of 2 runs");
        (await terminal.RunAsync("bulk", "upgrade", "--agent", "fixer", "--subject-version", "2", "--to-version", "4", "--yes"))
            .ShouldBe(0, terminal.Error);
        ((string?)Bodies[1]["operation"], (int)Bodies[1]["toVersion"]!, (int)Bodies[1]["filter"]!["subjectVersion"]!)
            .ShouldBe(("upgrade", 4, 2));
        (await terminal.RunAsync("bulk", "pause", "--agent", "fixer", "--to-version", "4", "--yes")).ShouldBe(2);
    }

    [Fact]
    public async Task A_dry_run_says_how_many_and_which_and_starts_nothing()
    {
        using var terminal = await SignedInAsync();
        Server.BulkCount = 12;
        (await terminal.RunAsync("bulk", "cancel", "--title", "old", "--dry-run")).ShouldBe(0, terminal.Error);
        var lines = terminal.Out.TrimEnd().Split('\n');
        lines[0].ShouldBe("Would cancel 12 runs");
        lines.Length.ShouldBe(12);
        lines[^1].Trim().ShouldBe("…");
        Bodies.ShouldHaveSingleItem();

        using var script = await SignedInAsync();
        (await script.RunAsync("bulk", "cancel", "--title", "old", "--dry-run", "--json")).ShouldBe(0, script.Error);
        ((int)JsonNode.Parse(script.Out)!["count"]!).ShouldBe(12);
        JsonNode.Parse(script.Out)!["ids"]!.AsArray().Count.ShouldBe(12);
    }

    [Fact]
    public async Task Nobody_to_ask_is_a_reason_to_do_nothing()
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync("bulk", "cancel", "--status", "running")).ShouldBe(2);
        terminal.Error.ShouldContain("This would cancel 2 runs. Say --yes to do it, or --dry-run to look. (cli.needs_yes)");
        Bodies.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("n\n", 12, 1)]
    [InlineData("y\n", 0, 2)]
    public async Task A_person_is_asked_and_their_answer_counts(string answer, int exitCode, int requests)
    {
        using var terminal = await SignedInAsync(isTerminal: true);
        Server.Journal.Complete("2 of 2 runs");
        terminal.Type(answer);
        (await terminal.RunAsync("bulk", "cancel", "--status", "running")).ShouldBe(exitCode, terminal.Error);
        Plain(terminal.Error).ShouldContain("cancel 2 runs? [y/N]");
        Bodies.Count.ShouldBe(requests);
    }

    [Fact]
    public async Task Where_no_run_matches_nothing_is_asked_or_started()
    {
        using var terminal = await SignedInAsync();
        Server.BulkCount = 0;
        (await terminal.RunAsync("bulk", "retry", "--status", "failed")).ShouldBe(0, terminal.Error);
        terminal.Error.ShouldContain("No runs match.");
        Bodies.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_bulk_run_that_fails_gives_its_exit_code_and_a_refusal_gives_its_own()
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Fail("runs.busy", "throttled", "Too much at once.");
        (await terminal.RunAsync("bulk", "retry", "--status", "failed", "--yes", "--json")).ShouldBe(8);
        ((string?)JsonNode.Parse(terminal.Out)!["fault"]!["code"]).ShouldBe("runs.busy");
        Server.NextAnswers.Enqueue(("/runs/bulk", 400, new JsonObject { ["code"] = "runs.empty_filter", ["detail"] = "Say which runs." }));
        (await terminal.RunAsync("bulk", "retry")).ShouldBe(2);
        terminal.Error.ShouldContain("error: Say which runs. (runs.empty_filter)");
    }

    [Theory]
    [InlineData("wsp_1")]
    [InlineData("last")]
    public async Task An_export_is_followed_and_its_archive_appears_when_it_is_whole(string name)
    {
        using var terminal = await SignedInAsync();
        Server.Journal.Complete("packed");
        Server.Runs.Add(Server.Journal.Run());
        var file = Path.Combine(terminal.Home, "out.tar.gz");
        await File.WriteAllTextAsync(file, "something older and longer than the archive", Stop);
        (await terminal.RunAsync("export", name, "-o", "out.tar.gz")).ShouldBe(0, terminal.Error);
        (await File.ReadAllBytesAsync(file, Stop)).ShouldBe(Server.Archive);
        File.Exists(file + ".partial").ShouldBeFalse();
        terminal.Out.ShouldContain("out.tar.gz");
        Server.IdempotencyKeys.ShouldHaveSingleItem().Length.ShouldBe(32);
    }

    [Fact]
    public async Task An_export_that_fails_or_breaks_off_leaves_the_old_file_as_it_was()
    {
        using var terminal = await SignedInAsync();
        var file = Path.Combine(terminal.Home, "out");
        await File.WriteAllTextAsync(file, "older", Stop);
        Server.Journal.Fail("sandbox.disk_full", "storageFull", "The disk is full.");
        (await terminal.RunAsync("export", "wsp_1", "-o", "out")).ShouldBe(11);
        terminal.Error.ShouldContain("error: The disk is full. (sandbox.disk_full)");

        Server.Journal.Status = "completed";
        Server.NextAnswers.Enqueue(("/file", 410, new JsonObject { ["code"] = "sandbox.export_gone", ["detail"] = "It is gone." }));
        (await terminal.RunAsync("export", "wsp_1", "-o", "out")).ShouldBe(6);
        (await File.ReadAllTextAsync(file, Stop)).ShouldBe("older");
        Directory.GetFiles(terminal.Home, "*.partial").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/patch?form=mail", "patch")]
    [InlineData("/patch?form=diff", "diff")]
    [InlineData("/bundle", "bundle")]
    [InlineData("/bundle?branch=agent%2Ffix", "bundle", "--branch", "agent/fix")]
    public async Task What_was_done_is_downloaded_in_a_form_of_git_without_a_run(
        string request, string form, params string[] more)
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync(["export", "wsp_1", "-o", "out", "--as", form, .. more])).ShouldBe(0, terminal.Error);
        (await File.ReadAllBytesAsync(Path.Combine(terminal.Home, "out"), Stop)).ShouldBe(Server.Archive);
        Server.Requests.ShouldContain($"GET /api/v1/workspaces/wsp_1{request}");
        Server.IdempotencyKeys.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_of_what_is_not_there_is_exit_code_5()
    {
        using var terminal = await SignedInAsync();
        (await terminal.RunAsync("export", "wsp_9", "-o", "out")).ShouldBe(5);
        terminal.Error.ShouldContain("(platform.not_found)");
    }

    private List<JsonObject> Bodies =>
        [.. Server.Operated.Where(each => each.Call == "POST /runs/bulk").Select(each => (JsonObject)JsonNode.Parse(each.Body)!)];
}
