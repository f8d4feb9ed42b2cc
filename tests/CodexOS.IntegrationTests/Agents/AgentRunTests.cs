using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>Starting agents, and their runs through engine, gate and tools.</summary>
public sealed class AgentRunTests
{
    private static readonly object s_calc = new { sample = "calc" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<AgentsServer> StartAsync() => AgentsServer.StartAsync(null, Token);

    [Fact]
    public async Task A_run_calls_its_tools_asks_before_it_commits_and_answers()
    {
        await using var server = await StartAsync();
        server.Chat.Asks(("shell", "test"), ("read_file", "a.js"));
        server.Chat.Asks(("git_commit", "Fix the sum"));
        server.Chat.Says("It works.");

        var (status, started) = await server.StartRunAsync(
            "repo-engineer", new { input = "Make the test pass.\nThen commit.", workspace = s_calc }, Token);
        status.ShouldBe(HttpStatusCode.Accepted);
        started.GetProperty("title").GetString().ShouldBe("Make the test pass.");
        started.GetProperty("model").GetString().ShouldBe("scripted:repo-engineer");
        started.GetProperty("modelIsReal").GetBoolean().ShouldBeFalse();
        started.GetProperty("workspaceId").GetString().ShouldBe(server.Workspaces.Known.ToString());
        var run = started.GetProperty("id").GetString()!;

        var asked = (await server.FollowAsync(run, "approval.requested", Token))[^1].GetProperty("data");
        server.Tools["shell"].Calls.Single().Workspace.ShouldBe(server.Workspaces.Known);
        server.Tools["git_commit"].Calls.ShouldBeEmpty();
        asked.GetProperty("title").GetString().ShouldBe("git_commit: Fix the sum");
        asked.GetProperty("preview").GetProperty("diff").GetString().ShouldBe("+ a line");
        await DecideAsync(server, run, asked, approve: true, note: null);

        var events = await server.FollowAsync(run, null, Token);
        var ended = await server.GetAsync($"/runs/{run}", Token);
        ended.GetProperty("status").GetString().ShouldBe("completed");
        ended.GetProperty("output").GetString().ShouldBe("It works.");
        server.Tools["git_commit"].Calls.Count.ShouldBe(1);
        events.Where(static it => it.GetProperty("kind").GetString() == "step.completed")
            .Select(static it => it.GetProperty("data").GetProperty("step").GetString()).Order()
            .ShouldBe(["1.model", "1.read_file.2", "1.shell.1", "2.git_commit.1", "2.model", "3.model"]);
    }

    [Fact]
    public async Task A_denied_call_never_reaches_the_tool_and_the_model_reads_the_note()
    {
        await using var server = await StartAsync();
        server.Chat.Asks(("git_commit", "Fix"));
        server.Chat.Says("Then not.");
        var (_, started) = await server.StartRunAsync(
            "repo-engineer",
            new { input = "Commit.", workspace = new { id = server.Workspaces.Known.ToString() } },
            Token);
        var run = started.GetProperty("id").GetString()!;
        var asked = (await server.FollowAsync(run, "approval.requested", Token))[^1].GetProperty("data");

        await DecideAsync(server, run, asked, approve: false, note: "Use another message");
        await server.FollowAsync(run, null, Token);

        (await server.GetAsync($"/runs/{run}", Token)).GetProperty("output").GetString().ShouldBe("Then not.");
        server.Tools["git_commit"].Calls.ShouldBeEmpty();
        var result = server.Chat.Calls.Last().Messages[^1].Contents.OfType<FunctionResultContent>().Single();
        ((string)result.Result!).ShouldContain("Error: A person denied git_commit and wrote: Use another message.");
    }

    [Fact]
    public async Task A_tool_that_is_not_in_the_definition_is_refused_by_the_gate()
    {
        await using var server = await StartAsync();
        await server.ApplyAsync("name: reader\ninstructions: Read.\nmodel: scripted:x\ntools: [read_file]\n", Token);
        server.Chat.Asks(("shell", "rm"));
        server.Chat.Says("Well.");
        var (_, started) = await server.StartRunAsync("reader", new { input = "Go.", workspace = s_calc }, Token);
        var events = await server.FollowAsync(started.GetProperty("id").GetString()!, null, Token);

        server.Tools["shell"].Calls.ShouldBeEmpty();
        events.Single(static it => it.GetProperty("kind").GetString() == "step.failed").GetProperty("data")
            .GetProperty("fault").GetProperty("code").GetString().ShouldBe("tools.not_granted");
    }

    [Fact]
    public async Task A_run_that_goes_in_circles_ends_with_a_fault_that_says_so()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 4; i++) server.Chat.Asks(("shell", "same"));
        var (_, started) =
            await server.StartRunAsync("repo-engineer", new { input = "Go.", workspace = s_calc }, Token);
        var run = started.GetProperty("id").GetString()!;
        await server.FollowAsync(run, null, Token);

        (await server.GetAsync($"/runs/{run}", Token)).GetProperty("fault").GetProperty("code").GetString()
            .ShouldBe("agents.loop_detected");
        server.Tools["shell"].Calls.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_run_is_pinned_to_the_version_it_was_started_with()
    {
        await using var server = await StartAsync();
        await server.ApplyAsync("name: one\ninstructions: First.\nmodel: scripted:x\n", Token);
        await server.ApplyAsync("name: one\ninstructions: Second.\nmodel: scripted:x\n", Token);
        server.Chat.Says("Done.");

        var (_, started) = await server.StartRunAsync("one", new { input = "Go.", version = 1 }, Token);
        var events = await server.FollowAsync(started.GetProperty("id").GetString()!, null, Token);

        started.GetProperty("subjectVersion").GetInt32().ShouldBe(1);
        server.Chat.Calls.Single().Messages[0].Text.ShouldBe("First.");
        events[0].GetProperty("data").GetProperty("input").GetProperty("agent").GetProperty("instructions").GetString()
            .ShouldBe("First.");
    }

    [Fact]
    public async Task The_same_idempotency_key_starts_one_run()
    {
        await using var server = await StartAsync();
        await server.ApplyAsync("name: one\ninstructions: Help.\nmodel: scripted:x\n", Token);
        server.Chat.Says("Done.");

        var (_, first) = await server.StartRunAsync("one", new { input = "Go." }, Token, "key-1");
        var (_, again) = await server.StartRunAsync("one", new { input = "Go." }, Token, "key-1");
        var (_, other) = await server.StartRunAsync("one", new { input = "Go." }, Token, "key-2");

        again.GetProperty("id").GetString().ShouldBe(first.GetProperty("id").GetString());
        other.GetProperty("id").GetString().ShouldNotBe(first.GetProperty("id").GetString());
    }

    private static async Task DecideAsync(
        AgentsServer server, string run, JsonElement asked, bool approve, string? note)
    {
        using var answer = await server.Client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}",
            new { approve, argumentsHash = asked.GetProperty("argumentsHash").GetString(), note },
            Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
