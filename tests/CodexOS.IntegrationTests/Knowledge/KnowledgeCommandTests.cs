using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Testing;
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
}
