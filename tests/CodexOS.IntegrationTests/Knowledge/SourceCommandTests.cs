using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Sources from the command line, against the real server.</summary>
public sealed class SourceCommandTests
{
    [Fact]
    public async Task A_source_is_added_synchronised_shown_paused_and_removed()
    {
        using var files = new TempDirectory();
        var (server, owner) = await IdentityServer.StartOwnedAsync(null, $"Knowledge:SourceFolders:0={files.Path}");
        await using var running = server;
        await File.WriteAllTextAsync(
            Path.Combine(files.Path, "pump.md"), "# Pump\n\nThe relief valve opens at 12 bar.", TestContext.Current.CancellationToken);
        using var made = await RunAsync(0, "kb", "create", "handbook");
        using var none = await RunAsync(0, "kb", "source", "ls", "handbook");
        none.Error.ShouldContain("There are no sources");

        using var refused = await RunAsync(4, "kb", "source", "add", "handbook", "etc", "--folder", "/etc");
        refused.Error.ShouldContain("(knowledge.folder_not_allowed)");
        using var nothing = await RunAsync(2, "kb", "source", "add", "handbook", "none");
        nothing.Error.ShouldContain("(knowledge.bad_source)");
        using var added = await RunAsync(
            0, "kb", "source", "add", "handbook", "manuals", "--folder", files.Path, "--include", "*.md", "--every", "60");
        added.Out.ShouldContain("manuals is made");
        using var synced = await RunAsync(0, "kb", "source", "sync", "handbook", "manuals");
        synced.Out.ShouldContain("1 added, 0 changed, 0 unchanged, 0 removed, 0 failed");
        using var found = await RunAsync(0, "kb", "search", "handbook", "relief", "valve", "-m", "source=manuals");
        found.Out.ShouldContain("manuals/pump.md");
        using var list = await RunAsync(0, "kb", "source", "ls", "handbook", "--json");
        var source = JsonElement.Parse(list.Out).GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        (source.Text("kind"), source.Text("state")).ShouldBe(("folder", "idle"));
        source.GetProperty("place").GetProperty("folder").Text("path").ShouldBe(files.Path);
        using var table = await RunAsync(0, "kb", "source", "ls", "handbook");
        table.Out.ShouldContain("completed");
        using var changed = await RunAsync(
            0, "kb", "source", "update", "handbook", "manuals", "--include", "*.txt", "--include", "*.md", "--exclude", "draft*", "--json");
        var place = JsonElement.Parse(changed.Out).GetProperty("place");
        place.GetProperty("folder").Text("path").ShouldBe(files.Path);
        place.GetProperty("include").EnumerateArray().Select(static one => one.GetString()).ShouldBe(["*.txt", "*.md"]);
        JsonElement.Parse(changed.Out).GetProperty("schedule").GetProperty("everyMinutes").GetInt32().ShouldBe(60);
        using var cleared = await RunAsync(
            0, "kb", "source", "update", "handbook", "manuals", "--exclude", "", "--no-schedule", "--json");
        cleared.Out.ShouldNotContain("draft");
        cleared.Out.ShouldContain("*.txt");
        cleared.Out.ShouldNotContain("everyMinutes");
        using var stray = await RunAsync(2, "kb", "source", "update", "handbook", "manuals", "--branch", "main");
        stray.Error.ShouldContain("--branch does not belong to a source of the kind folder");
        using var idle = await RunAsync(2, "kb", "source", "update", "handbook", "manuals");
        idle.Error.ShouldContain("Say what shall change");
        using var scheduled = await RunAsync(0, "kb", "source", "update", "handbook", "manuals", "--every", "60");
        scheduled.Out.ShouldContain("manuals is changed");
        using var paused = await RunAsync(0, "kb", "source", "pause", "handbook", "manuals");
        paused.Out.ShouldContain("manuals rests");
        using var shown = await RunAsync(0, "kb", "source", "show", "handbook", "manuals");
        shown.Out.ShouldContain("manuals: folder, paused, 1 documents");
        using var resumed = await RunAsync(0, "kb", "source", "resume", "handbook", "manuals");
        resumed.Out.ShouldContain("is synchronised next at");
        using var removed = await RunAsync(0, "kb", "source", "rm", "handbook", "manuals", "--with-documents");
        removed.Out.ShouldContain("is deleted");
        using var gone = await RunAsync(0, "kb", "docs", "handbook");
        gone.Error.ShouldContain("There are no such documents");

        Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
            FakeTerminal.EndedAsync(server.Server.Url, owner.AccessToken, exit, args);
    }
}
