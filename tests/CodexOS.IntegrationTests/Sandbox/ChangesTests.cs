using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Testing;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>With programs that write into a copy.</summary>
public sealed class CopiedChangesTests(WorkspaceServer server) : ChangesTests(server), IClassFixture<WorkspaceServer>;

/// <summary>With programs that write into a layer.</summary>
public sealed class LayeredChangesTests(LayeringServer server) : ChangesTests(server), IClassFixture<LayeringServer>
{
    [Fact]
    public async Task A_program_shares_what_it_does_not_change_with_earlier_versions_until_a_file_has_several_names()
    {
        var workspace = await Server.UploadAsync(("changed", "1\n"), ("kept", "1\n"));
        await Server.CallAsync("shell", workspace, new { command = "echo 2 >> changed" });
        await Server.CallAsync("shell", workspace, new { command = "ln kept also" });
        await Server.CallAsync("shell", workspace, new { command = "echo 2 >> also" });
        var versions = Server.FolderOf(workspace).Versions();
        versions.Select(static version => InodeOf(version, "changed")).Distinct().Count().ShouldBe(3);
        InodeOf(versions[1], "kept").ShouldBe(InodeOf(versions[0], "kept"));
        versions.Select(static version => version.ReadSize().SharesFiles).ShouldBe([false, false, true, true]);
        (await Server.ReadAsync(workspace, "kept")).ShouldBe("1\n2\n");
        versions.ShouldAllBe(static version => !Directory.Exists(version.LayerPath));
    }
}

/// <summary>A change happens exactly once per key, wherever the server crashes.</summary>
public abstract class ChangesTests(WorkspaceServer server)
{
    protected WorkspaceServer Server => server;

    [Fact]
    public async Task A_repeated_call_answers_again_and_does_nothing_again()
    {
        var workspace = await server.UploadAsync(("log", ""));
        var first = await server.CallAsync("shell", workspace, new { command = "echo once >> log; date +%N" }, "key");
        var again = await server.CallAsync("shell", workspace, new { command = "echo once >> log; date +%N" }, "key");
        again.Text.ShouldBe(first.Text);
        again.Data.GetRawText().ShouldBe(first.Data.GetRawText());
        (await server.ReadAsync(workspace, "log")).ShouldBe("once\n");
    }

    [Fact]
    public async Task An_edit_shares_what_it_does_not_change_and_no_later_program_reaches_an_earlier_version()
    {
        var workspace = await server.UploadAsync(("edited", "1\n"), ("shared", "1\n"), ("folder/shared", "1\n"));
        await server.CallAsync("write_file", workspace, new { path = "edited", content = "2\n" });
        await server.CallAsync("apply_patch", workspace, new { patch = "--- a/edited\n+++ b/edited\n@@ -1 +1 @@\n-2\n+3\n" });
        var versions = server.FolderOf(workspace).Versions();
        versions.Select(version => InodeOf(version, "folder/shared")).Distinct().Count().ShouldBe(1);
        versions.Select(version => InodeOf(version, "edited")).Distinct().Count().ShouldBe(3);

        // A program writes into files as they are, removes and truncates them: it works on copies.
        await server.CallAsync("shell", workspace, new { command = "echo 4 >> shared; : > folder/shared; printf 5 | dd of=edited conv=notrunc; chmod 600 shared" });
        await server.CallAsync("edit_file", workspace, new { path = "shared", old_text = "4", new_text = "6" });
        versions = server.FolderOf(workspace).Versions();
        string[] Contents(string path) =>
            [.. versions.Select(version => File.ReadAllText(Path.Combine(version.FilesPath, path)))];
        Contents("shared").ShouldBe(["1\n", "1\n", "1\n", "1\n4\n", "1\n6\n"]);
        Contents("folder/shared").ShouldBe(["1\n", "1\n", "1\n", "", ""]);
        Contents("edited").ShouldBe(["1\n", "2\n", "3\n", "5\n", "5\n"]);
        File.GetUnixFileMode(Path.Combine(versions[0].FilesPath, "shared")).ShouldBe((UnixFileMode)0x1A4);
        (await server.RowOfAsync(workspace)).IsReady.ShouldBeTrue();
        versions[^1].ReadSize().Files.ShouldBe(versions[^2].ReadSize().Files);
    }

    private protected static ulong InodeOf(WorkspaceVersion version, string path)
    {
        using var folder = Folder.Open(Path.GetDirectoryName(Path.Combine(version.FilesPath, path))!);
        return folder.FactsOf(Folder.Name(Path.GetFileName(path)))!.Value.Inode;
    }

    [Fact]
    public async Task A_copy_that_a_crash_left_is_removed_and_the_change_made_from_the_files_as_they_were()
    {
        var workspace = await server.UploadAsync(("log", "start\n"));
        // The crash came while the command ran on the copy: some of its work is there, the link is not replaced.
        var left = server.FolderOf(workspace).Begin(1, WorkspaceFolder.HashOf("crashed"));
        await File.WriteAllTextAsync(Path.Combine(left.FilesPath, "log"), "start\nhalf", TestContext.Current.CancellationToken);
        (await server.ReadAsync(workspace, "log")).ShouldBe("start\n");
        await server.CallAsync("shell", workspace, new { command = "echo whole >> log" }, "crashed");
        (await server.ReadAsync(workspace, "log")).ShouldBe("start\nwhole\n");
    }

    [Fact]
    public async Task A_crash_right_before_the_swap_leaves_the_files_untouched()
    {
        var workspace = await server.UploadAsync(("log", "start\n"));
        var left = server.FolderOf(workspace).Begin(1, WorkspaceFolder.HashOf("crashed"));
        await File.WriteAllTextAsync(Path.Combine(left.FilesPath, "log"), "done", TestContext.Current.CancellationToken);
        left.WriteOutcome(WorkspaceTools.Answer("never reported", new { }));
        server.FolderOf(workspace).FindOutcome(WorkspaceFolder.HashOf("crashed")).ShouldBeNull();
        // Another change comes first and takes the number; the crashed one is made anew after it.
        await server.CallAsync("shell", workspace, new { command = "echo other >> log" }, "other");
        var made = await server.CallAsync("shell", workspace, new { command = "echo again >> log" }, "crashed");
        made.Text.ShouldBe("[exit code 0]\n");
        (await server.ReadAsync(workspace, "log")).ShouldBe("start\nother\nagain\n");
    }

    [Fact]
    public async Task A_change_that_was_made_but_not_reported_is_reported_by_the_next_server()
    {
        using var data = new TempDirectory();
        WorkspaceId workspace;
        string text;
        await using (var first = new WorkspaceServer { DataPath = data.Path, Settings = server.Settings })
        {
            await first.InitializeAsync();
            workspace = await first.UploadAsync(("log", ""));
            text = (await first.CallAsync("shell", workspace, new { command = "echo once >> log; date +%N" }, "unreported")).Text;
        }

        await using var second = new WorkspaceServer { DataPath = data.Path, Settings = server.Settings };
        await second.InitializeAsync();
        (await second.CallAsync("shell", workspace, new { command = "echo once >> log; date +%N" },
            "unreported")).Text.ShouldBe(text);
        (await second.ReadAsync(workspace, "log")).ShouldBe("once\n");
    }

    [Fact]
    public async Task A_cancelled_change_did_not_happen_and_can_be_repeated()
    {
        var workspace = await server.UploadAsync(("log", ""));
        using var cancel = new CancellationTokenSource();
        var call = server.TryCallAsync(
            "shell", workspace, new { command = "echo x >> log; sleep 60" }, "cancelled", cancellationToken: cancel.Token);
        while (HostProcesses.With("echo x >> log; sleep 60").Count == 0) await Task.Yield();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(call);
        (await server.ReadAsync(workspace, "log")).ShouldBeEmpty();
        server.FolderOf(workspace).Versions().Count.ShouldBe(1);
        await server.CallAsync("shell", workspace, new { command = "echo x >> log" }, "cancelled");
        (await server.ReadAsync(workspace, "log")).ShouldBe("x\n");
    }

    [Fact]
    public async Task Changes_made_side_by_side_follow_one_another_and_none_is_lost()
    {
        var workspace = await server.UploadAsync(("log", ""));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            server.CallAsync("shell", workspace, new { command = $"echo {i} >> log" })));
        (await server.ReadAsync(workspace, "log")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Order().ShouldBe(["0", "1", "2", "3", "4", "5", "6", "7"]);
    }

    [Fact]
    public async Task Old_versions_are_pruned_and_their_answers_are_not()
    {
        var workspace = await server.UploadAsync(("log", ""));
        var first = await server.CallAsync("shell", workspace, new { command = "echo first >> log; date +%N" }, "first");
        for (var i = 0; i < 36; i++) await server.CallAsync("write_file", workspace, new { path = "n", content = $"{i}" });
        server.FolderOf(workspace).Versions().Count.ShouldBe(33);
        (await server.CallAsync("shell", workspace, new { command = "echo first >> log; date +%N" },
            "first")).Text.ShouldBe(first.Text);
        (await server.ReadAsync(workspace, "log")).ShouldBe("first\n");
    }

    [Fact]
    public async Task Links_permissions_times_and_shared_files_survive_the_copy()
    {
        var workspace = await server.UploadAsync(new TarBuilder().File("a", "1").Link("inside", "a").Bytes());
        await server.CallAsync(
            "shell", workspace, new { command = "ln a b; chmod 640 a; touch -d @1000000000.5 a; mkfifo pipe; ln -s /etc/passwd out; mkdir -m 700 d" });
        var result = await server.CallAsync(
            "shell", workspace, new { command = "stat -c '%a %h %Y %n' a b d; readlink inside out; ls pipe; cat out | head -c 5" });
        result.Data.GetProperty("stdout").GetString().ShouldBe("640 2 1000000000 a\n640 2 1000000000 b\n700 2 " + result.Data.GetProperty("stdout").GetString()!.Split('\n')[2].Split(' ')[2] + " d\na\n/etc/passwd\nagent");
        result.Data.GetProperty("stderr").GetString()!.ShouldContain("pipe");
    }

    [Fact]
    public async Task A_change_beyond_the_workspaces_limits_is_answered_and_discarded()
    {
        await using var small = new WorkspaceServer
        {
            Settings = ["Sandbox:WorkspaceBytesMax=2000000", "Sandbox:WorkspaceFilesMax=100", .. server.Settings],
        };
        await small.InitializeAsync();
        var workspace = await small.UploadAsync(("a", "1"));
        foreach (var command in new[] { "head -c 3000000 /dev/zero > big", "mkdir d; for i in $(seq 1 200); do : > d/$i; done" })
        {
            var result = await small.CallAsync("shell", workspace, new { command });
            result.IsError.ShouldBeTrue();
            result.Text.ShouldContain("discarded");
        }

        var written = await small.CallAsync("write_file", workspace, new { path = "b", content = new string('x', 1_999_999) });
        written.Data.GetProperty("code").GetString().ShouldBe("sandbox.workspace_too_large");
        (await small.CallAsync("list_files", workspace, new { })).Text.ShouldBe("a  1\n");
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_lost_and_everything_goes_on_when_there_is_space()
    {
        using var disk = new SmallDisk(megabytes: 40);
        await using var small = new WorkspaceServer { DataPath = disk.Path, Settings = server.Settings };
        await small.InitializeAsync();
        var workspace = await small.UploadAsync(("keep", "precious\n"));
        disk.Fill(leaveBytes: 600_000);

        var full = await small.TryCallAsync("write_file", workspace, new
        {
            path = "big",
            content = new string('x',
            1_500_000)
        }, "big");
        full.Fault.Code.ShouldBe("sandbox.disk_full");
        full.Fault.Kind.ShouldBe(FaultKind.StorageFull);
        (await small.ReadAsync(workspace, "keep")).ShouldBe("precious\n");
        small.FolderOf(workspace).Versions().Count.ShouldBe(1);
        using var upload = await small.PostTarAsync(new TarBuilder().File("f", new string('x', 3_000_000)).Bytes());
        ((int)upload.StatusCode).ShouldBe(507);

        disk.Empty();
        (await small.CallAsync("write_file", workspace, new { path = "big", content = "now" }, "big")).IsError.ShouldBeFalse();
        (await small.ReadAsync(workspace, "big")).ShouldBe("now");
    }

    [Fact]
    public async Task What_a_crash_left_is_gone_after_the_next_start()
    {
        using var data = new TempDirectory();
        WorkspaceId workspace;
        string left;
        await using (var first = new WorkspaceServer { DataPath = data.Path, Settings = server.Settings })
        {
            await first.InitializeAsync();
            workspace = await first.UploadAsync(("a", "1"));
            left = first.FolderOf(workspace).Begin(7, WorkspaceFolder.HashOf("left")).Path;
        }

        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(left)!) { EnableRaisingEvents = true };
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Deleted += (_, deleted) => gone.TrySetResult();
        await using var second = new WorkspaceServer { DataPath = data.Path, Settings = server.Settings };
        await second.InitializeAsync();
        if (Directory.Exists(left))
            await gone.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, TestContext.Current.CancellationToken);
        Directory.Exists(left).ShouldBeFalse();
        (await second.ReadAsync(workspace, "a")).ShouldBe("1");
    }

    [Fact]
    public async Task Each_workspace_has_a_user_of_its_own()
    {
        var one = await server.UploadAsync(("a", "1"));
        var two = await server.UploadAsync(("a", "1"));
        (await server.RowOfAsync(one)).UserNumber.ShouldNotBe((await server.RowOfAsync(two)).UserNumber);
        if (Libc.GetEffectiveUser() != 0) return;
        await server.CallAsync("shell", one, new { command = "echo 2 > b" });
        using var files = Folder.Open(server.FilesOf(one));
        files.FactsOf(Folder.Name("b"))!.Value.User.ShouldBe((await server.RowOfAsync(one)).User);
        File.GetUnixFileMode(server.FilesOf(one)).HasFlag(UnixFileMode.OtherExecute).ShouldBeFalse();
    }
}
