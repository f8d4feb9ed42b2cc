using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CodexOS.IntegrationTests.Sandbox;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>Workspaces from the command line, on a real server.</summary>
public sealed class WorkspaceCommandTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private const string Patch =
        """
        diff --git a/notes.txt b/notes.txt
        --- a/notes.txt
        +++ b/notes.txt
        @@ -1 +1 @@
        -one
        +two

        """;

    [Fact]
    public async Task A_folder_becomes_a_workspace_whose_files_are_written_read_and_removed()
    {
        using var terminal = Terminal("from a pipe\n");
        var folder = Directory.CreateDirectory(Path.Combine(terminal.Home, "folder")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "one\n", TestContext.Current.CancellationToken);
        (await terminal.RunAsync("workspaces", "create", "folder")).ShouldBe(0, terminal.Error);
        var id = terminal.Out.Trim();

        (await terminal.RunAsync("workspaces", "put", id, "deep/new.txt", "-", "--new")).ShouldBe(0, terminal.Error);
        var hash = Convert.ToHexStringLower(SHA256.HashData("from a pipe\n"u8));
        terminal.Out.ShouldContain(hash);
        (await terminal.RunAsync("files", id, "deep/new.txt")).ShouldBe(0, terminal.Error);
        terminal.RawOut.ShouldBe("from a pipe\n"u8.ToArray());
        (await terminal.RunAsync("workspaces", "put", id, "deep/new.txt", "folder/notes.txt", "--new")).ShouldBe(6);
        terminal.Error.ShouldContain("(sandbox.precondition_failed)");
        (await terminal.RunAsync("workspaces", "put", id, "deep/new.txt", "folder/notes.txt", "--over", hash))
            .ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("workspaces", "rm", id, "deep/new.txt")).ShouldBe(0, terminal.Error);
        (await terminal.RunAsync("workspaces", "rm", id, "deep/new.txt")).ShouldBe(5);
    }

    [Fact]
    public async Task A_patch_changes_a_workspace_once_and_its_versions_tell()
    {
        var id = (await server.UploadAsync(("notes.txt", "one\n"))).ToString();
        using var terminal = Terminal(Patch);
        (await terminal.RunAsync("workspaces", "apply", id, "-")).ShouldBe(0, terminal.Error);
        terminal.Out.ShouldContain("1 file changed, 1 added, 1 removed");
        using var again = Terminal(Patch);
        (await again.RunAsync("workspaces", "apply", id, "-")).ShouldBe(2);
        again.Error.ShouldContain("(sandbox.git_failed)");

        using var script = Terminal();
        (await script.RunAsync("workspaces", "versions", id, "--json")).ShouldBe(0, script.Error);
        var versions = JsonNode.Parse(script.Out)!["items"]!.AsArray();
        ((long)versions[0]!["number"]!, (bool)versions[0]!["isCurrent"]!).ShouldBe((1, true));
        using var diff = Terminal();
        (await diff.RunAsync("diff", id)).ShouldBe(0, diff.Error);
        diff.Out.ShouldContain("+two");
    }

    [Fact]
    public async Task A_branch_comes_in_as_a_bundle_and_goes_out_again_with_its_history()
    {
        using var terminal = Terminal();
        var made = await server.UploadAsync(("notes.txt", "one\n"));
        (await terminal.RunAsync("export", $"{made}", "-o", "out.bundle", "--as", "bundle", "--branch", "agent/fix"))
            .ShouldBe(0, terminal.Error);
        using var creation = Terminal();
        var bundle = Path.Combine(terminal.Home, "out.bundle");
        (await creation.RunAsync("workspaces", "create", bundle)).ShouldBe(0, creation.Error);
        var id = creation.Out.Trim();
        using var look = Terminal();
        (await look.RunAsync("files", id, "notes.txt")).ShouldBe(0, look.Error);
        look.RawOut.ShouldBe("one\n"u8.ToArray());
        (await look.RunAsync("files", id, "--json")).ShouldBe(0, look.Error);
        JsonNode.Parse(look.Out)!["entries"]!.AsArray().Count.ShouldBe(1);
        (await look.RunAsync("workspaces", "show", id)).ShouldBe(0, look.Error);
        look.Out.ShouldContain("bundle");

        using var refused = Terminal();
        (await refused.RunAsync("workspaces", "create", bundle, "--branch", "nowhere")).ShouldBe(2);
        refused.Error.ShouldContain("(sandbox.bad_bundle)");
        await File.WriteAllTextAsync(bundle, "no bundle", TestContext.Current.CancellationToken);
        (await refused.RunAsync("workspaces", "create", bundle)).ShouldBe(2);
    }

    [Fact]
    public async Task What_does_not_fit_together_is_said_before_anything_is_sent()
    {
        using var terminal = Terminal();
        (await terminal.RunAsync("workspaces", "create")).ShouldBe(2);
        terminal.Error.ShouldContain("Give a folder or a bundle, or --sample and its name.");
        (await terminal.RunAsync("workspaces", "put", "wsp_x", "a", "-", "--new", "--over", "00")).ShouldBe(2);
        (await terminal.RunAsync("workspaces", "put", "wsp_x", "a", "no-such-file")).ShouldBe(5);
        (await terminal.RunAsync("workspaces", "show", "wsp_none")).ShouldBe(5);
    }

    private FakeTerminal Terminal(string input = "") => new(server.Server.Url)
    {
        Input = input,
        Environment = { ["CODEXOS_TOKEN"] = server.Api.DefaultRequestHeaders.Authorization!.Parameter! },
    };
}
