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

    [Fact]
    public async Task Synonyms_and_boosts_are_shown_changed_told_with_what_is_found_and_taken_away()
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(null);
        await using var running = server;
        using var files = new TempDirectory();
        await WriteAsync("docs/lend.md", "A notebook is lent for two years.");
        await WriteAsync("docs/repair.md", "A laptop is repaired on the second floor.");
        await WriteAsync("rules.txt", "# machines\r\nlaptop, notebook ^0.9\r\n\r\nk8s => kubernetes\r\n");
        await WriteAsync("wrong.txt", "laptop, notebook\nk8s =>\n");
        await WriteAsync("boosts.json", """{ "metadata": [{ "key": "site", "value": "Oslo", "factor": 1.5 }], "newer": null }""");
        await WriteAsync("inside.json", """{ "metadata": [{ "key": "site", "value": "Oslo", "factor": 2, "faktor": 3 }] }""");
        await WriteAsync("odd.json", """{ "rules": ["laptop, notebook"], "weight": 0.9 }""");
        await WriteAsync("slip.json", """{ "metdata": [] }""");
        using var made = await RunAsync(0, "kb", "create", "atlas");
        using var added = await RunAsync(0, "kb", "add", "atlas", files.In("docs"), "-m", "site=Oslo");

        using var none = await RunAsync(0, "kb", "synonyms", "atlas");
        none.Error.ShouldContain("kb synonyms atlas --file FILE");
        using var wrong = await RunAsync(2, "kb", "synonyms", "atlas", "--file", files.In("wrong.txt"));
        wrong.Error.ShouldContain("Rule 2, 'k8s =>'");
        wrong.Error.ShouldContain("(knowledge.bad_synonyms)");
        using var given = await RunAsync(0, "kb", "synonyms", "atlas", "--file", files.In("rules.txt"));
        given.Out.ShouldContain("atlas has 2 rules of synonyms");
        using var shown = await RunAsync(0, "kb", "synonyms", "atlas");
        shown.Out.ReplaceLineEndings("\n").ShouldBe("# machines\nlaptop, notebook ^0.9\n\nk8s => kubernetes\n");
        using var asJson = await RunAsync(0, "kb", "synonyms", "atlas", "--json");
        await WriteAsync("rules.json", asJson.Out);
        using var same = await RunAsync(0, "kb", "synonyms", "atlas", "--file", files.In("rules.json"), "--json");
        same.Out.ShouldBe(asJson.Out);

        using var nothing = await RunAsync(0, "kb", "boosts", "atlas");
        nothing.Error.ShouldContain("kb boosts atlas --file FILE");
        using var slip = await RunAsync(2, "kb", "boosts", "atlas", "--file", files.In("slip.json"));
        slip.Error.ShouldContain("(cli.bad_boosts)");
        slip.Error.ShouldContain("$.metdata");
        using var inside = await RunAsync(2, "kb", "boosts", "atlas", "--file", files.In("inside.json"));
        inside.Error.ShouldContain("(cli.bad_boosts)");
        inside.Error.ShouldContain("$.metadata[0].faktor");
        using var odd = await RunAsync(2, "kb", "synonyms", "atlas", "--file", files.In("odd.json"));
        odd.Error.ShouldContain("(cli.bad_synonyms)");
        odd.Error.ShouldContain("$.weight");
        using var raised = await RunAsync(0, "kb", "boosts", "atlas", "--file", files.In("boosts.json"));
        raised.Out.ShouldContain("boosts of atlas are changed");
        using var listed = await RunAsync(0, "kb", "boosts", "atlas");
        listed.Out.ShouldContain("site=Oslo");
        listed.Out.ShouldContain("1.5");
        using var json = await RunAsync(0, "kb", "boosts", "atlas", "--json");
        await WriteAsync("again.json", json.Out);
        using var again = await RunAsync(0, "kb", "boosts", "atlas", "--file", files.In("again.json"));
        using var both = await RunAsync(2, "kb", "boosts", "atlas", "--file", files.In("again.json"), "--clear");
        both.Error.ShouldContain("not both");

        using var found = await RunAsync(0, "kb", "search", "atlas", "laptop", "--why");
        found.Out.ShouldContain("lend.md");
        found.Out.ShouldContain("laptop → notebook");
        found.Out.ShouldContain("site=Oslo ×1.5");
        using var plain = await RunAsync(0, "kb", "search", "atlas", "laptop", "--why", "--without-synonyms", "--without-boosts");
        plain.Out.ShouldNotContain("lend.md");
        plain.Out.ShouldNotContain("×");

        using var cleared = await RunAsync(0, "kb", "synonyms", "atlas", "--clear");
        cleared.Out.ShouldContain("no synonyms any more");
        using var lowered = await RunAsync(0, "kb", "boosts", "atlas", "--clear");
        lowered.Out.ShouldContain("no boosts any more");
        using var after = await RunAsync(0, "kb", "search", "atlas", "laptop");
        after.Out.ShouldNotContain("lend.md");

        Task WriteAsync(string name, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(files.In(name))!);
            return File.WriteAllTextAsync(files.In(name), text, TestContext.Current.CancellationToken);
        }

        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
    }
}
