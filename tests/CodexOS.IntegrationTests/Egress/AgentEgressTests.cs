using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.IntegrationTests.Agents;
using CodexOS.Platform.Egress;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Egress;

/// <summary>From an agent's definition to the journal: the real server, gate, tools, sandbox and guard.</summary>
public sealed class AgentEgressTests : IAsyncLifetime
{
    private readonly ScriptedChat _chat = new();
    private readonly TempDirectory _samples = new();
    private EgressWorld _world = null!;
    private CodexServer _server = null!;
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _world = await EgressWorld.StartAsync();
        Directory.CreateDirectory(_samples.In("calc"));
        await File.WriteAllTextAsync(_samples.In("calc", "README.md"), "# Calculator\n", Token);
        _server = await CodexServer.StartAsync(
            settings:
            [
                "Egress:AllowedNetworks:0=127.0.0.1/32", $"Sandbox:SamplesPath={_samples.Path}", "Sandbox:DiskFreeBytesMin=0",
                "Egress:Secrets:key:Value=s3cr3t-value", "Egress:Secrets:key:Hosts:0=good.test",
                "Egress:Secrets:key:AllowPlainHttp=true", $"Egress:CertificateAuthorities:0={_world.AuthorityPath}",
            ],
            adjust: services =>
            {
                services.UseChat(_chat);
                services.Replace(ServiceDescriptor.Singleton<IResolver>(_world.Names));
            },
            cancellationToken: Token);
        _client = await _server.SignInAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        await _world.DisposeAsync();
        _samples.Dispose();
    }

    [Fact]
    public async Task Shell_and_fetch_reach_what_the_definition_lists_and_the_journal_tells()
    {
        await ApplyAsync("shell, http_fetch, read_file", $"[\"good.test:{_world.Http}\"]");
        Asks(
            ("shell", new { command = $"curl -s http://good.test:{_world.Http}/; curl -s -o /dev/null -w '%{{http_code}}' http://evil.test/" }),
            ("http_fetch", new { url = $"http://good.test:{_world.Http}/page" }),
            ("http_fetch", new { url = "http://evil.test/" }));
        Asks(("http_fetch", new { url = $"http://good.test:{_world.Http}/binary", save_to = "got/it.bin" }));
        Asks(("shell", new { command = "od -An -tu1 got/it.bin" }));
        _chat.Says("done");
        var steps = await RunAsync();

        var shell = steps["1.shell.1"];
        shell.GetProperty("data").GetProperty("stdout").GetString().ShouldBe("hello good.test403");
        var network = shell.GetProperty("egress");
        (network.GetProperty("allowed").GetInt32(), network.GetProperty("denied").GetInt32()).ShouldBe((1, 1));
        var lines = network.GetProperty("decisions").EnumerateArray().ToList();
        lines[0].GetProperty("host").GetString().ShouldBe("good.test");
        lines[0].GetProperty("bytesReceived").GetInt64().ShouldBeGreaterThan(10);
        lines[1].GetProperty("rule").GetString().ShouldBe("egress.not_listed");

        var page = steps["1.http_fetch.2"];
        page.GetProperty("text").GetString()!.ShouldEndWith(
            $"A page\n\n# Hello\nfrom the web (http://good.test:{_world.Http}/x)");
        page.GetProperty("data").GetProperty("source").GetString().ShouldBe("web");
        page.GetProperty("data").GetProperty("url").GetString().ShouldBe($"http://good.test:{_world.Http}/page");
        steps["1.http_fetch.3"].GetProperty("data").GetProperty("code").GetString().ShouldBe("egress.not_listed");
        steps["1.http_fetch.3"].GetProperty("egress").GetProperty("denied").GetInt32().ShouldBe(1);
        steps["2.http_fetch.1"].GetProperty("data").GetProperty("savedTo").GetString().ShouldBe("got/it.bin");
        steps["3.shell.1"].GetProperty("data").GetProperty("stdout").GetString().ShouldBe("   0 255   1   2\n");
        _chat.Calls.First().Tools.First(static tool => tool.Name == "shell").Description
            .ShouldEndWith($"Hosts that can be reached: good.test:{_world.Http}.");
    }

    [Fact]
    public async Task Fetch_speaks_TLS_with_its_secret_and_never_goes_on_to_plain_HTTP()
    {
        await ApplyAsync(
            "http_fetch",
            $"[{{host: \"good.test:{_world.Tls}\", methods: [GET], secret: key}}, \"good.test:{_world.Http}\", \"stranger.test:{_world.Tls}\"]");
        var plain = Uri.EscapeDataString($"http://good.test:{_world.Http}/page");
        Asks(
            ("http_fetch", new { url = $"https://good.test:{_world.Tls}/echo" }),
            ("http_fetch", new { url = $"https://good.test:{_world.Tls}/redirect?to={plain}" }),
            ("http_fetch", new { url = $"https://stranger.test:{_world.Tls}/" }));
        _chat.Says("done");
        var steps = await RunAsync();
        steps["1.http_fetch.1"].GetProperty("text").GetString()!.ShouldEndWith("auth=Bearer ************ body=");
        steps["1.http_fetch.2"].GetProperty("isError").GetBoolean().ShouldBeTrue(steps["1.http_fetch.2"].ToString());
        steps["1.http_fetch.3"].GetProperty("data").GetProperty("code").GetString().ShouldBe("egress.unreachable");
        _world.Seen.Select(static it => it.Path).Order().ShouldBe(["/echo", "/redirect"]);
        _world.Seen.First().Authorization.ShouldBe("Bearer s3cr3t-value");
    }

    [Fact]
    [Trait("battery", "22")]
    public async Task Battery_22_A_definition_without_egress_gives_no_network()
    {
        await ApplyAsync("shell, http_fetch", null);
        Asks(
            ("shell", new { command = $"curl -s -m 2 --noproxy '*' http://127.0.0.1:{_world.Http}/; echo $HTTP_PROXY" }),
            ("http_fetch", new { url = $"http://good.test:{_world.Http}/page" }));
        _chat.Says("done");
        var steps = await RunAsync();
        steps["1.shell.1"].GetProperty("data").GetProperty("stdout").GetString().ShouldBe("\n");
        steps["1.shell.1"].TryGetProperty("egress", out _).ShouldBeFalse();
        steps["1.http_fetch.2"].GetProperty("data").GetProperty("code").GetString().ShouldBe("egress.none");
        _world.Seen.ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "28")]
    public async Task Battery_28_Fetch_follows_redirects_only_where_each_is_granted()
    {
        _world.Names.Set("metadata.test", ["169.254.169.254"]);
        await ApplyAsync("http_fetch", $"[\"good.test:{_world.Http}\", \"also.test:{_world.Http}\", metadata.test]");
        string To(string url) => $"http://good.test:{_world.Http}/redirect?to={Uri.EscapeDataString(url)}";
        Asks(
            ("http_fetch", new { url = To($"http://also.test:{_world.Http}/json") }),
            ("http_fetch", new { url = To("http://169.254.169.254/latest/meta-data") }),
            ("http_fetch", new { url = To("http://metadata.test/latest") }),
            ("http_fetch", new { url = To("http://evil.test/") }),
            ("http_fetch", new { url = To("/redirect?to=/redirect%3Fto%3D/redirect%253Fto%253D/redirect%25253Fto%25253D/redirect%2525253Fto%2525253D/redirect") }));
        _chat.Says("done");
        var steps = await RunAsync();
        var fine = steps["1.http_fetch.1"];
        fine.GetProperty("data").GetProperty("url").GetString().ShouldBe($"http://also.test:{_world.Http}/json");
        fine.GetProperty("text").GetString()!.ShouldContain("\"a\": [\n    1,\n    \"ü\"\n  ]");
        Enumerable.Range(2, 4).Select(i => steps[$"1.http_fetch.{i}"].GetProperty("data").GetProperty("code").GetString())
            .ShouldBe(["egress.ip_literal", "egress.private_address", "egress.not_listed", "egress.limit"]);
        _world.PrivateSeen.ShouldBe(0);
    }

    [Fact]
    [Trait("battery", "33")]
    public async Task Battery_33_A_wider_version_of_the_agent_does_not_widen_a_run_that_is_under_way()
    {
        await ApplyAsync("http_fetch, shell, {name: git_commit, approval: always}", $"[\"good.test:{_world.Http}\"]");
        Asks(("git_commit", new { message = "wait here" }));
        Asks(
            ("http_fetch", new { url = $"http://later.test:{_world.Http}/" }),
            ("shell", new { command = $"curl -s -o /dev/null -w '%{{http_code}}' http://later.test:{_world.Http}/" }));
        _chat.Says("done");
        var run = await StartAsync();
        var asked = (await FollowAsync(run, "approval.requested"))[^1].GetProperty("data");

        await ApplyAsync("http_fetch, shell, {name: git_commit, approval: always}", $"[\"good.test:{_world.Http}\", \"later.test:{_world.Http}\"]");
        using var answer = await _client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}",
            new { approve = false, argumentsHash = asked.GetProperty("argumentsHash").GetString() }, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));

        var events = await FollowAsync(run, null);
        events.Where(static it => it.GetProperty("kind").GetString() == "step.started")
            .Select(static it => it.GetProperty("data"))
            .Single(static it => it.GetProperty("step").GetString() == "2.shell.2")
            .GetProperty("repeat").GetString().ShouldBe("unsafe", "what a command did out there is not done twice");
        var steps = StepsOf(events);
        steps["2.http_fetch.1"].GetProperty("data").GetProperty("code").GetString().ShouldBe("egress.not_listed");
        steps["2.shell.2"].GetProperty("data").GetProperty("stdout").GetString().ShouldBe("403");
        _world.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_can_change_something_waits_for_a_person_and_carries_the_secret_they_never_see()
    {
        await ApplyAsync("http_fetch", $"[{{host: \"good.test:{_world.Http}\", methods: [GET, POST], secret: key}}]");
        Asks(("http_fetch", new { url = $"http://good.test:{_world.Http}/echo", method = "POST", body = "news" }));
        _chat.Says("done");
        var run = await StartAsync();
        var asked = (await FollowAsync(run, "approval.requested"))[^1].GetProperty("data");
        _world.Seen.ShouldBeEmpty();
        using var answer = await _client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}",
            new { approve = true, argumentsHash = asked.GetProperty("argumentsHash").GetString() }, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));

        var events = await FollowAsync(run, null);
        StepsOf(events)["1.http_fetch.1"].GetProperty("text").GetString()!.ShouldEndWith("auth=Bearer ************ body=news");
        _world.Seen.Single().Authorization.ShouldBe("Bearer s3cr3t-value");
        events.ShouldAllBe(static it => !it.GetRawText().Contains("s3cr3t-value"));
    }

    [Fact]
    public async Task A_bad_entry_is_refused_when_it_is_applied()
    {
        using var content = YamlOf("http_fetch", "[\"127.0.0.1\"]");
        using var answer = await _client.PutAsync("/api/v1/agents", content, Token);
        ((int)answer.StatusCode).ShouldBe(400);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        (problem.GetProperty("line").GetInt32(), problem.GetProperty("column").GetInt32()).ShouldBe((5, 10));
    }

    private void Asks(params (string Tool, object Arguments)[] calls) => _chat.Answers.Add(new ModelReply(
        "",
        [.. calls.Select((call, i) => new ModelToolCall(
            $"c{_chat.Answers.Count}-{i}", call.Tool, JsonSerializer.SerializeToElement(call.Arguments)))],
        "tool_calls",
        "x",
        false));

    private static StringContent YamlOf(string tools, string? egress) => new(
        $"name: web\ninstructions: Look.\nmodel: scripted:x\ntools: [{tools}]\n" + (egress is null ? "" : $"egress: {egress}\n"),
        Encoding.UTF8,
        new MediaTypeHeaderValue("application/yaml"));

    private async Task ApplyAsync(string tools, string? egress)
    {
        using var content = YamlOf(tools, egress);
        using var answer = await _client.PutAsync("/api/v1/agents", content, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task<string> StartAsync()
    {
        using var answer = await _client.PostAsJsonAsync(
            "/api/v1/agents/web/runs", new { input = "Look.", workspace = new { sample = "calc" } }, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private async Task<Dictionary<string, JsonElement>> RunAsync() => StepsOf(await FollowAsync(await StartAsync(), null));

    private static Dictionary<string, JsonElement> StepsOf(List<JsonElement> events)
    {
        events[^1].GetProperty("kind").GetString().ShouldBe("run.completed", string.Join('\n', events));
        return events.Where(static it => it.GetProperty("kind").GetString() == "step.completed")
            .Select(static it => it.GetProperty("data"))
            .ToDictionary(static it => it.GetProperty("step").GetString()!, static it => it.GetProperty("output"));
    }

    private async Task<List<JsonElement>> FollowAsync(string run, string? untilKind)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Token));
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync(Token) is { } line)
        {
            if (!line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
            events.Add(JsonElement.Parse(line["data: ".Length..]));
            var kind = events[^1].GetProperty("kind").GetString();
            if (kind == untilKind) break;
            if (kind == "approval.requested") await ApproveAsync(run, events[^1].GetProperty("data"));
        }

        return events;
    }

    /// <summary>Says yes to what sends something out; what was decided before stays as it was.</summary>
    private async Task ApproveAsync(string run, JsonElement asked)
    {
        using var answer = await _client.PostAsJsonAsync(
            $"/api/v1/runs/{run}/approvals/{asked.GetProperty("approvalId").GetString()}",
            new { approve = true, argumentsHash = asked.GetProperty("argumentsHash").GetString() }, Token);
        ((int)answer.StatusCode).ShouldBeOneOf(200, 409);
    }
}
