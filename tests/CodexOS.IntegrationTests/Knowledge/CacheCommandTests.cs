using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>The semantic cache from the command line, against the real server.</summary>
public sealed class CacheCommandTests
{
    [Fact]
    public async Task A_run_says_that_its_answer_was_kept_and_the_cache_is_listed_and_cleared()
    {
        await using var lab = await OpenAiServer.StartAsync();
        lab.Then(new OpenAiAnswer.Says("On the page of the order."));
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            null, $"Inference:Compatible:lab:BaseUrl={lab.BaseUrl}", $"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}",
            "Knowledge:CacheTimeMax=00:00:30");
        await using var running = server;
        using var files = new TempDirectory();
        await File.WriteAllTextAsync(
            files.In("helper.yaml"), "name: helper\ninstructions: Help.\nmodel: lab:chat\nsemantic_cache: {}\n",
            TestContext.Current.CancellationToken);

        using var applied = await RunAsync(0, "apply", "-f", files.In("helper.yaml"));
        using var empty = await RunAsync(0, "cache", "list");
        empty.Error.ShouldContain("No answer is kept.");
        using var asked = await RunAsync(0, "run", "helper", "How do I cancel my order?");
        using var again = await RunAsync(0, "run", "helper", "How can I cancel my order?");
        again.Out.ShouldContain("On the page of the order.");
        (again.Out + again.Error).ShouldContain("cached, as run_");

        using var listed = await RunAsync(0, "cache", "list");
        listed.Out.ShouldContain("helper v1");
        using var none = await RunAsync(0, "cache", "list", "--agent", "other", "--json");
        JsonElement.Parse(none.Out).GetProperty("items").GetArrayLength().ShouldBe(0);
        using var cleared = await RunAsync(0, "cache", "clear", "--agent", "helper");
        cleared.Out.ShouldContain("1 answer removed");
        using var gone = await RunAsync(0, "cache", "clear", "--json");
        JsonElement.Parse(gone.Out).GetProperty("removed").GetInt32().ShouldBe(0);
        lab.Requests.Count.ShouldBe(1);

        using var on = await RunAsync(0, "cache", "status");
        on.Out.ShouldContain("give answers again whose definitions ask for it");
        using var off = await RunAsync(0, "cache", "off");
        off.Out.ShouldContain("No agent of this tenant gives answers again.");
        using var status = await RunAsync(0, "cache", "status", "--json");
        JsonElement.Parse(status.Out).GetProperty("enabled").GetBoolean().ShouldBeFalse();
        using var back = await RunAsync(0, "cache", "on", "--json");
        JsonElement.Parse(back.Out).GetProperty("enabled").GetBoolean().ShouldBeTrue();

        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
    }
}
