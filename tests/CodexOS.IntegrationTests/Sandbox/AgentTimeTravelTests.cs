using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>What happens to an agent's files and conversation when its run is rolled back, forked, steered or upgraded.</summary>
public sealed class AgentTimeTravelTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>, IAsyncLifetime
{
    private const string Script = """
        name: writer
        turns:
          - when: { tool: none, matches: '\bmore\b' }
            reply: "Told: {{ last.text }}"
          - when: { turn: 1 }
            call: [{ tool: write_file, arguments: { path: one.txt, content: first } }]
          - when: { turn: 2 }
            call: [{ tool: write_file, arguments: { path: one.txt, content: second } }]
          - reply: Done.
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var scripts = Path.Combine(server.Server.DataPath, "scripts");
        Directory.CreateDirectory(scripts);
        await File.WriteAllTextAsync(Path.Combine(scripts, "writer.yaml"), Script, Token);
        await ApplyAsync("Write.", "write_file, read_file");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_rollback_puts_the_files_back_and_they_can_be_changed_again()
    {
        var (run, workspace) = await RunAsync();
        (await server.ReadAsync(workspace, "one.txt")).ShouldBe("second");
        var first = await SeqAsync(run, "step.completed", "1.write_file.1");

        await PostAsync(run, "rollback", new { toSeq = first });
        await UntilAsync(run, "paused");
        (await server.ReadAsync(workspace, "one.txt")).ShouldBe("first");
        await PostAsync(run, "rollback", new { toSeq = 1 });
        await UntilAsync(run, "paused", afterSeq: await HeadAsync(run));
        using var gone = await server.Api.GetAsync(
            new Uri($"/api/v1/workspaces/{workspace}/files/content?path=one.txt", UriKind.Relative), Token);
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await PostAsync(run, "resume", new { });
        await UntilAsync(run, "completed");
        (await server.ReadAsync(workspace, "one.txt")).ShouldBe("second");
    }

    [Fact]
    public async Task A_fork_works_on_files_of_its_own_as_they_were_there()
    {
        var (run, workspace) = await RunAsync();
        var first = await SeqAsync(run, "step.completed", "1.write_file.1");

        var fork = await PostAsync(run, "fork", new { seq = first, message = "more, please" });
        var id = fork.GetProperty("id").GetString()!;
        var own = WorkspaceId.Parse(fork.GetProperty("workspaceId").GetString()!, null);
        own.ShouldNotBe(workspace);
        (await UntilAsync(id, "completed")).GetProperty("output").GetString().ShouldBe("Told: more, please");
        (await server.ReadAsync(own, "one.txt")).ShouldBe("first");
        (await server.ReadAsync(workspace, "one.txt")).ShouldBe("second");
        var anew = await PostAsync(run, "fork", new { seq = 0 });
        (await UntilAsync(anew.GetProperty("id").GetString()!, "completed")).GetProperty("output").GetString().ShouldBe("Done.");
        (await server.ReadAsync(
            WorkspaceId.Parse(anew.GetProperty("workspaceId").GetString()!, null), "one.txt")).ShouldBe("second");
    }

    [Fact]
    public async Task What_an_agent_is_told_reaches_its_model_before_its_answer_is_final_and_after_the_end_in_a_fork()
    {
        var (run, _) = await RunAsync();
        var fork = await PostAsync(run, "fork", new { seq = await HeadAsync(run), message = "and more" });
        (await UntilAsync(fork.GetProperty("id").GetString()!, "completed")).GetProperty("output").GetString()
            .ShouldBe("Told: and more");
        var state = await server.Api.GetFromJsonAsync<JsonElement>(
            $"/api/v1/runs/{fork.GetProperty("id").GetString()}/state", Token);
        state.GetProperty("program").GetProperty("conversation").EnumerateArray()
            .ShouldContain(said => said.GetProperty("by").GetString() == "person");
    }

    [Fact]
    public async Task A_run_goes_on_with_a_newer_version_unless_that_lacks_what_the_run_is_about_to_call()
    {
        var started = await StartAsync("asks");
        var run = started.GetProperty("id").GetString()!;
        await UntilAsync(run, "waiting");
        await ApplyAsync("Read.", "read_file", "asks");
        using var lacking = await server.Api.PostAsJsonAsync($"/api/v1/runs/{run}/upgrade", new { }, Token);
        (await CodeOfAsync(lacking)).ShouldBe("agents.upgrade_incompatible");

        await ApplyAsync("Write well.", "{ name: write_file, approval: never }, read_file", "asks");
        (await PostAsync(run, "upgrade", new { dryRun = true })).GetProperty("subjectVersion").GetInt32().ShouldBe(1);
        (await PostAsync(run, "upgrade", new { })).GetProperty("subjectVersion").GetInt32().ShouldBe(3);
        await PostAsync(run, "cancel", new { });
        await UntilAsync(run, "cancelled");
    }

    [Fact]
    public async Task Many_runs_of_an_agent_go_on_with_its_newest_version_and_those_that_cannot_say_why()
    {
        await ApplyAsync("Write.", "{ name: write_file, approval: always }, read_file", "many");
        string[] runs = [.. await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
            (await StartAsync("many")).GetProperty("id").GetString()!))];
        foreach (var run in runs) await UntilAsync(run, "waiting");

        await ApplyAsync("Read.", "read_file", "many");
        var refused = await BulkAsync(new { operation = "upgrade", filter = new { subject = "many", kind = "agent" } });
        refused.GetProperty("failed").GetInt32().ShouldBe(5);
        refused.GetProperty("failures").EnumerateArray()
            .ShouldAllBe(failure => failure.GetProperty("code").GetString() == "agents.upgrade_incompatible");

        await ApplyAsync("Write well.", "{ name: write_file, approval: never }, read_file", "many");
        var done = await BulkAsync(
            new { operation = "upgrade", filter = new { subject = "many", kind = "agent" }, toVersion = 3 });
        done.GetProperty("done").GetInt32().ShouldBe(5);
        foreach (var run in runs)
        {
            var now = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
            now.GetProperty("subjectVersion").GetInt32().ShouldBe(3);
            await PostAsync(run, "cancel", new { });
        }
    }

    private async Task<JsonElement> BulkAsync(object wish)
    {
        using var answer = await server.Api.PostAsJsonAsync("/api/v1/runs/bulk", wish, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        var bulk = JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
        await UntilAsync(bulk, "completed");
        var state = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{bulk}/state", Token);
        return state.GetProperty("program");
    }

    private async Task ApplyAsync(string instructions, string tools, string name = "writer")
    {
        using var definition = new StringContent(
            $"name: {name}\ninstructions: {instructions}\nmodel: scripted:writer\ntools: [{tools}]\n",
            Encoding.UTF8, "application/yaml");
        using var applied = await server.Api.PutAsync(new Uri("/api/v1/agents", UriKind.Relative), definition, Token);
        applied.IsSuccessStatusCode.ShouldBeTrue(await applied.Content.ReadAsStringAsync(Token));
    }

    private async Task<JsonElement> StartAsync(string agent)
    {
        if (agent == "asks") await ApplyAsync("Write.", "{ name: write_file, approval: always }, read_file", "asks");
        using var answer = await server.Api.PostAsJsonAsync(
            $"/api/v1/agents/{agent}/runs", new { input = "Write it.", workspace = new { sample = "text" } }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<(string Run, WorkspaceId Workspace)> RunAsync()
    {
        var started = await StartAsync("writer");
        var run = started.GetProperty("id").GetString()!;
        (await UntilAsync(run, "completed")).GetProperty("output").GetString().ShouldBe("Done.");
        return (run, WorkspaceId.Parse(started.GetProperty("workspaceId").GetString()!, null));
    }

    private async Task<JsonElement> PostAsync(string run, string route, object body)
    {
        using var answer = await server.Api.PostAsJsonAsync($"/api/v1/runs/{run}/{route}", body, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Follows the run's events until it stands as wanted, looking at it after each.</summary>
    private async Task<JsonElement> UntilAsync(string run, string status, int afterSeq = -1)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (afterSeq >= 0) request.Headers.Add("Last-Event-ID", $"{afterSeq}");
        using var response = await server.Api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        while (true)
        {
            var line = await reader.ReadLineAsync(Token);
            if (line is not null && !line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
            var now = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
            if (now.GetProperty("status").GetString() == status) return now;
            line.ShouldNotBeNull($"The run is {now.GetProperty("status").GetString()}.");
        }
    }

    private async Task<int> HeadAsync(string run) =>
        (await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token)).GetProperty("headSeq").GetInt32();

    private async Task<int> SeqAsync(string run, string kind, string step)
    {
        var page = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}/events?limit=1000", Token);
        return page.GetProperty("items").EnumerateArray().Last(happened =>
            happened.GetProperty("kind").GetString() == kind
            && happened.GetProperty("data").GetProperty("step").GetString() == step).GetProperty("seq").GetInt32();
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString();
}
