using System.Text.Json;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary><c>codexos run</c> as a person and as a script meet it.</summary>
public sealed class RunCommandTests : CommandTest
{
    [Fact]
    public async Task A_run_uploads_its_folder_and_ends_with_the_exit_code_of_its_fault()
    {
        using var terminal = await SignedInAsync();
        Directory.CreateDirectory(Path.Combine(terminal.Home, "calc"));
        await File.WriteAllTextAsync(Path.Combine(terminal.Home, "calc/a.js"), "1", Stop);

        var running = terminal.RunAsync("run", "fixer", "make the failing test pass", "--workspace", "calc");
        await WatchedAsync();
        Server.Journal.Fail("runs.step_limit", "limitReached", "The run reached its limit of 50 steps.");

        (await running).ShouldBe(7);
        Server.Uploaded["a.js"].Text.ShouldBe("1");
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
        Server.Journal.Ask();
        await terminal.ShowsAsync("Approve? [y/N]");
        terminal.Type("y\n");
        await terminal.ShowsAsync("approved by ada");
        Server.Journal.Complete("all good");

        (await running).ShouldBe(0, terminal.Error);
        Server.Decision.ShouldBe(("apr_1", true, null));
        Plain(terminal.Out).ShouldContain("    +new");
        Plain(terminal.Out).ShouldContain("all good");
    }

    [Fact]
    public async Task A_denial_takes_a_note_for_the_agent()
    {
        using var terminal = await SignedInAsync(isTerminal: true);

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        Server.Journal.Ask();
        terminal.Type("n\nuse another name\n");
        await terminal.ShowsAsync("denied by ada");
        Server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        Server.Decision.ShouldBe(("apr_1", false, "use another name"));
    }

    [Fact]
    public async Task A_question_is_withdrawn_when_somebody_else_decides()
    {
        using var terminal = await SignedInAsync(isTerminal: true);

        var running = terminal.RunAsync("run", "fixer", "go");
        await WatchedAsync();
        Server.Journal.Ask();
        await terminal.ShowsAsync("Approve? [y/N]");
        Server.Journal.Decide(approve: true, null, by: "grace");
        await terminal.ShowsAsync("approved by grace");
        Server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        Server.Decision.ShouldBeNull();
    }

    [Fact]
    public async Task Yes_approves_without_asking_and_json_prints_the_ended_run_alone()
    {
        using var terminal = await SignedInAsync();

        var running = terminal.RunAsync("run", "fixer", "go", "--yes", "--json");
        await WatchedAsync();
        Server.Journal.Ask();
        await WaitForAsync(() => Server.Decision is not null);
        Server.Journal.Complete("ok");

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
        Server.Journal.Ask();
        await terminal.ShowsAsync($"codexos approve {Server.Journal.RunId} apr_1");
        (await SignedInElsewhereAsync("approve", "0198c0ffee127")).ShouldBe(0);
        Server.Journal.Complete("ok");

        (await running).ShouldBe(0, terminal.Error);
        Server.Decision.ShouldBe(("apr_1", true, null));
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
        terminal.Error.ShouldContain($"codexos logs -f {Server.Journal.RunId}");
        Server.Requests.ShouldNotContain(request => request.Contains("cancel"));
    }

    [Fact]
    public async Task Detach_prints_the_id_and_nothing_else()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("run", "fixer", "go", "--detach")).ShouldBe(0, terminal.Error);

        terminal.Out.ShouldBe(Server.Journal.RunId + "\n");
    }

    [Fact]
    public async Task Nobody_reads_a_folder_that_is_not_there()
    {
        using var terminal = await SignedInAsync();

        (await terminal.RunAsync("run", "fixer", "go", "-w", "nowhere")).ShouldBe(5);

        terminal.Error.ShouldContain("(client.no_such_folder)");
    }

    private async Task WatchedAsync() =>
        (await Server.Journal.Watched.WaitAsync(TimeSpan.FromSeconds(20), Stop)).ShouldBeTrue();

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }

    private async Task<int> SignedInElsewhereAsync(params string[] args)
    {
        Server.Runs.Add(Server.Journal.Run());
        using var terminal = await SignedInAsync();
        return await terminal.RunAsync(args);
    }
}
