using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Knowledge bases from the command line, against the real server.</summary>
public sealed class KnowledgeCommandTests
{
    [Fact]
    public async Task A_folder_is_added_read_searched_and_deleted()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        using var files = new TempDirectory();
        Directory.CreateDirectory(Path.Combine(files.Path, "manuals", ".git"));
        await WriteAsync("manuals/pump.md", "# Pump\n\nThe relief valve opens at 12 bar.");
        await WriteAsync("manuals/.git/HEAD", "The valve of this is hidden.");
        await WriteAsync("broken.pdf", "%PDF-1.7\nnothing of this is a page");

        using var empty = await RunAsync(0, "kb", "list");
        empty.Error.ShouldContain("There are no knowledge bases");
        using var made = await RunAsync(0, "kb", "create", "handbook", "-d", "Manuals");
        made.Out.ShouldContain("handbook is made");
        using var twice = await RunAsync(6, "kb", "create", "handbook");
        twice.Error.ShouldContain("(knowledge.base_exists)");
        using var added = await RunAsync(0, "kb", "add", "handbook", files.Path, "-m", "site=Oslo");
        added.Out.ShouldContain("handbook: 2 documents, 1 passages, 0 waiting, 1 failed");
        added.Error.ShouldContain("1 documents read, 1 not readable, 1 passages");
        added.Error.ShouldContain("kb docs handbook --state failed");
        using var again = await RunAsync(0, "kb", "add", "handbook", Path.Combine(files.Path, "manuals"), "--json");
        JsonElement.Parse(again.Out).GetProperty("documents").GetInt64().ShouldBe(3);
        using var failed = await RunAsync(0, "kb", "docs", "handbook", "--state", "failed", "--json");
        var document = JsonElement.Parse(failed.Out).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        document.Text("faultCode").ShouldBe("knowledge.damaged_document");

        using var found = await RunAsync(0, "kb", "search", "handbook", "relief", "valve", "-m", "site=Oslo", "--why");
        found.Out.ShouldContain("[1] manuals/pump.md, line 1 to line 3");
        found.Out.ShouldContain("The relief valve opens at 12 bar.");
        found.Out.ShouldContain("valv");
        found.Out.ShouldNotContain("hidden");
        using var nothing = await RunAsync(0, "kb", "search", "handbook", "valve", "-m", "site=Bergen");
        nothing.Error.ShouldContain("Nothing was found");
        using var wrong = await RunAsync(2, "kb", "search", "handbook", "valve", "-m", "Bergen");
        wrong.Error.ShouldContain("(cli.bad_pair)");
        using var missing = await RunAsync(5, "kb", "add", "handbook", Path.Combine(files.Path, "nowhere"));
        missing.Error.ShouldContain("(cli.no_file)");

        using var removed = await RunAsync(0, "kb", "rm", "handbook", document.Text("id"));
        removed.Out.ShouldContain("is deleted");
        using var unsure = await RunAsync(2, "kb", "delete", "handbook", "--confirm", "hand");
        unsure.Error.ShouldContain("(cli.not_confirmed)");
        using var deleted = await RunAsync(0, "kb", "delete", "handbook", "--confirm", "handbook");
        using var gone = await RunAsync(5, "kb", "search", "handbook", "valve");
        gone.Error.ShouldContain("(knowledge.base_not_found)");

        Task WriteAsync(string name, string text) =>
            File.WriteAllTextAsync(Path.Combine(files.Path, name), text, TestContext.Current.CancellationToken);
        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
    }

    [Fact]
    public async Task A_base_gets_a_reranker_whose_scores_are_shown_and_loses_it_again()
    {
        await using var lab = await OpenAiServer.StartAsync();
        lab.Otherwise(static _ => new OpenAiAnswer.Ranks(static text => text.Contains("ferry", StringComparison.Ordinal) ? 0.75 : 0.25));
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            null, $"Inference:Compatible:lab:BaseUrl={lab.BaseUrl}", "Inference:Calls:AttemptsMax=1");
        await using var running = server;
        using var files = new TempDirectory();
        await File.WriteAllTextAsync(files.In("pump.md"), "The harbour, the harbour.", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(files.In("sea.md"), "A ferry leaves the harbour.", TestContext.Current.CancellationToken);

        using var unknown = await RunAsync(2, "kb", "create", "atlas", "--reranker", "scripted:repo-engineer");
        unknown.Error.ShouldContain("(inference.no_rerankers)");
        using var made = await RunAsync(0, "kb", "create", "atlas", "--reranker", "lab:judge");
        using var listed = await RunAsync(0, "kb", "list", "--json");
        JsonElement.Parse(listed.Out).GetProperty("items")[0].Text("reranker").ShouldBe("lab:judge");
        using var added = await RunAsync(0, "kb", "add", "atlas", files.Path);
        using var ranked = await RunAsync(0, "kb", "search", "atlas", "harbour", "--why");
        ranked.Out.ShouldContain("[1] sea.md");
        ranked.Out.ShouldContain("reranker 0.750");

        lab.Otherwise(static _ => new OpenAiAnswer.Fails(503));
        using var away = await RunAsync(0, "kb", "search", "atlas", "harbour", "--why");
        away.Out.ShouldContain("[1] pump.md");
        away.Out.ShouldNotContain("reranker");
        away.Error.ShouldContain("The reranker did not rank them (inference.endpoint_failed).");

        using var nothing = await RunAsync(2, "kb", "update", "atlas");
        nothing.Error.ShouldContain("--description or --reranker");
        using var taken = await RunAsync(0, "kb", "update", "atlas", "--reranker", "none", "-d", "Harbours");
        taken.Out.ShouldContain("atlas is changed");
        using var plain = await RunAsync(0, "kb", "search", "atlas", "harbour");
        plain.Out.ShouldContain("[1] pump.md");
        plain.Error.ShouldNotContain("reranker");

        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
    }
}
