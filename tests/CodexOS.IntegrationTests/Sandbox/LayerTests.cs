using System.Security.Cryptography;
using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Programs that write into a layer over their folder, under bubblewrap.</summary>
public sealed class BubblewrapLayerTests() : LayerTests(SandboxDriver.Bubblewrap);

/// <summary>The same in a container.</summary>
public sealed class ContainerLayerTests() : LayerTests(SandboxDriver.Container);

/// <summary>Programs that write into a layer over their folder, and what of it gets into the folder.</summary>
public abstract class LayerTests(SandboxDriver driver) : IDisposable
{
    private readonly SandboxUnderTest _box = new(driver: driver);

    private static readonly string[] s_scripts =
    [
        """
        mkdir -p a/b/c d e; echo 1 > a/one; echo 2 > a/b/two; echo 3 > a/b/c/three; echo x > d/x; echo y > e/y; ln -s a/one link
        printf '#!/bin/sh\n' > run; chmod 755 run; python3 -c "open(b'raw\xff', 'w').write('r'); import os; os.mkdir(b'dir\xfe')"
        """,
        "echo more >> a/one; : > a/b/two; chmod 600 d/x; touch -d @1000000000 e/y; chmod 710 a/b; touch -d @1000000001 a/b",
        """python3 -c "import os; os.rename('a', 'z'); os.rename(b'dir\xfe', b'dir\xfd'); open(b'dir\xfd/in', 'w')" """,
        """python3 -c "import os; os.rename('z/b', 'q'); os.rename('z', 'w'); os.rename('q/c', 'w/c2'); open('w/c2/new', 'w')" """,
        """python3 -c "import os; os.rename('w', 't'); os.rename('q', 'w'); os.rename('t', 'q'); os.remove('q/c2/three')" """,
        "rm -r w; mkdir w; echo new > w/one; rm -r q/c2; mkdir -p q/c2/three",
        "rm -r d; echo file > d; rm -r e; ln -s w e; rm link; mkdir link; echo in > link/in; rm run; mkdir run; chmod 700 run",
        """mkdir empty; python3 -c "import os; os.rename('q', 'empty'); os.replace('d', 'link/in')" """,
        "chmod 750 .; touch -d @1000000002 .; cat link/in",
        "rm -rf ./* ; echo last > last; ls -A",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _box.Dispose();
    }

    [Fact]
    public async Task A_program_leaves_the_same_whether_it_writes_into_files_or_into_a_layer_over_them()
    {
        using var plain = new SandboxUnderTest(driver: driver);
        foreach (var (number, script) in s_scripts.Index())
        {
            // What an earlier version would be: other folders, the very same files.
            var earlier = Directory.CreateDirectory(Path.Combine(_box.DataPath, $"earlier-{number}")).FullName;
            using (var from = Folder.Open(_box.Folder))
            using (var to = Folder.Open(earlier)) Tree.Copy(from, to, null, 64, Token, shareFiles: true);
            var was = Listing(earlier);

            var written = await plain.ShellAsync(script);
            var layered = await RunAsync(script);
            layered.Error.Text.ShouldBe(written.Error.Text, script);
            layered.Output.Text.ShouldBe(written.Output.Text);
            layered.ExitCode.ShouldBe(0, layered.Error.Text);
            Listing(_box.Folder).ShouldBe(Listing(plain.Folder), script);
            Listing(earlier).ShouldBe(was, script);
            Directory.Exists(LayerPath).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Files_that_a_program_does_not_change_stay_the_very_same_ones_and_names_of_one_file_are_names_of_one_still()
    {
        await _box.ShellAsync("mkdir d; echo 1 > d/kept; echo 1 > changed");
        var (kept, changed) = (InodeOf("d/kept"), InodeOf("changed"));
        await RunAsync("echo 2 >> changed; ln changed again; mv d moved");
        InodeOf("moved/kept").ShouldBe(kept);
        InodeOf("changed").ShouldNotBe(changed);
        InodeOf("again").ShouldBe(InodeOf("changed"));
    }

    [Fact]
    public async Task Pipes_sockets_devices_and_privileges_stay_in_the_layer()
    {
        await _box.ShellAsync("echo 1 > file");
        var exit = await RunAsync(
            """
            mkfifo pipe; mknod mark c 0 0 2> /dev/null && echo made a mark; cp /usr/bin/true program; chmod 6755 program
            python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
            """);
        exit.Output.Text.ShouldBeEmpty();
        Directory.GetFileSystemEntries(_box.Folder).Select(Path.GetFileName).Order().ShouldBe(["file", "program"]);
        using var folder = Folder.Open(_box.Folder);
        folder.FactsOf(Folder.Name("program"))!.Value.IsPrivileged.ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_program_notes_about_its_folders_is_not_what_the_kernel_notes()
    {
        await _box.ShellAsync("mkdir d other; echo 1 > d/file; echo 2 > other/file");
        var exit = await RunAsync(
            """
            python3 - <<'END'
            import os
            for name in ['trusted.overlay.redirect', 'trusted.overlay.opaque', 'user.overlay.redirect', 'user.overlay.opaque']:
                try:
                    os.setxattr('d', name, b'/../../../../etc' if 'redirect' in name else b'y')
                    print('set', name)
                except OSError:
                    pass
            os.mkdir('e'); open('e/new', 'w')
            END
            """);
        exit.Output.Text.ShouldNotContain("trusted");
        Directory.GetFileSystemEntries(_box.Folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_box.Folder, path)).Order(StringComparer.Ordinal)
            .ShouldBe(["d", "d/file", "e", "e/new", "other", "other/file"]);
    }

    [Theory]
    [InlineData("i=0; while head -c 400000 /dev/zero > fill$i; do i=$((i+1)); done")]
    [InlineData("mkdir d; cd d; i=0; while : > f$i; do i=$((i+1)); done")]
    [InlineData("while mkdir d && cd d; do :; done; sleep 30")]
    [InlineData("head -c 700000 /dev/zero > together")]
    public async Task What_exceeds_the_limits_is_stopped_and_nothing_of_it_is_put_in_place(string greedy)
    {
        using var box = new SandboxUnderTest(static options => options.WorkspaceDepthMax = 50, driver);
        await box.ShellAsync("head -c 700000 /dev/zero > there");
        var command = box.Command(["/bin/sh", "-c", greedy], 60, null) with
        {
            Layer = Path.Combine(box.DataPath, "layer"),
            FolderSizeBytesMax = 1_000_000,
            FolderFilesMax = 1_000,
        };
        (await box.Sandbox.RunAsync(command, Token)).Value.End.ShouldBe(SandboxEnd.FolderTooLarge);
    }

    [Fact]
    public async Task What_was_written_until_the_time_was_up_is_put_in_place_and_what_was_written_before_a_cancellation_is_not()
    {
        (await RunAsync("echo 1 > file; while :; do :; done", timeSeconds: 1)).End.ShouldBe(SandboxEnd.TimedOut);
        (await File.ReadAllTextAsync(Path.Combine(_box.Folder, "file"), Token)).ShouldBe("1\n");

        using var cancel = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var command = _box.Command(["/bin/sh", "-c", "echo 2 > file; echo begun; sleep 60"], 60, _ => begun.TrySetResult()) with
        {
            Layer = LayerPath,
        };
        var running = _box.Sandbox.RunAsync(command, cancel.Token);
        await begun.Task.WaitAsync(Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        (await File.ReadAllTextAsync(Path.Combine(_box.Folder, "file"), Token)).ShouldBe("1\n");
    }

    [Fact]
    public async Task A_path_that_is_made_read_only_is_so_under_a_layer_and_no_other_process_sees_the_layer()
    {
        await _box.ShellAsync("mkdir -p .git/hooks; echo kept > .git/config");
        string? mounts = null;
        var command = _box.Command(
            ["/bin/sh", "-c", "echo x > .git/config; echo x > .git/hooks/pre-commit; rm -rf .git/hooks; mv .git/config c; cat .git/config"],
            30,
            _ => mounts ??= File.ReadAllText("/proc/self/mountinfo")) with
        {
            ReadOnlyPaths = [".git/config", ".git/hooks"],
            Layer = LayerPath,
        };
        var exit = (await _box.Sandbox.RunAsync(command, Token)).Value;
        exit.Output.Text.ShouldBe("kept\n", exit.Error.Text);
        Directory.GetFileSystemEntries(Path.Combine(_box.Folder, ".git/hooks")).ShouldBeEmpty();
        mounts.ShouldNotBeNull().ShouldNotContain(_box.DataPath);
    }

    [Fact]
    public async Task This_machine_can_make_layers_and_one_whose_disk_cannot_is_found_out()
    {
        (await _box.Sandbox.CanLayerAsync(Path.Combine(_box.DataPath, "trial"), Token)).ShouldBeTrue();
        Directory.Exists(Path.Combine(_box.DataPath, "trial")).ShouldBeFalse();
        using var other = new SandboxUnderTest(driver: driver);
        (await other.Sandbox.CanLayerAsync("/proc/trial", Token)).ShouldBeFalse();
        var command = other.Command(["/usr/bin/true"], 30, null) with { Layer = "/proc/layer" };
        (await other.Sandbox.RunAsync(command, Token)).Fault.Code.ShouldBe("sandbox.unavailable");
    }

    private string LayerPath => Path.Combine(_box.DataPath, "layer");

    private async Task<SandboxExit> RunAsync(string script, int timeSeconds = 60)
    {
        var command = _box.Command(["/bin/sh", "-c", script], timeSeconds, null) with { Layer = LayerPath };
        return (await _box.Sandbox.RunAsync(command, Token)).Value;
    }

    private ulong InodeOf(string path)
    {
        using var folder = Folder.Open(Path.GetDirectoryName(Path.Combine(_box.Folder, path))!);
        return folder.FactsOf(Folder.Name(Path.GetFileName(path)))!.Value.Inode;
    }

    /// <summary>All that is in a folder, with kinds, permissions and contents; times where a script has set them.</summary>
    private static string Listing(string path)
    {
        var lines = new StringBuilder();
        using var top = Folder.Open(path);
        Visit(top, "");
        return lines.ToString();

        void Visit(Folder folder, string place)
        {
            var own = Folder.FactsOf(folder.Handle);
            lines.Append($"{place}/ {own.Permissions:X} {(own.ModifiedSeconds < 1_100_000_000 ? own.ModifiedSeconds : 0)}\n");
            foreach (var entry in folder.Entries().OrderBy(static each => Convert.ToHexString(each.Name), StringComparer.Ordinal))
            {
                var facts = folder.FactsOf(entry.Name)!.Value;
                var name = $"{place}/{Encoding.Latin1.GetString(entry.Name).TrimEnd('\0')}";
                using var inner = facts.IsFolder ? folder.Enter(entry.Name).Folder : null;
                if (inner is not null) Visit(inner, name);
                else if (facts.IsLink) lines.Append($"{name} -> {Encoding.Latin1.GetString(folder.ReadLink(entry.Name)!)}\n");
                else lines.Append($"{name} {facts.Permissions:X} {(facts.ModifiedSeconds < 1_100_000_000 ? facts.ModifiedSeconds : 0)} {Hash(folder, entry.Name)}\n");
            }
        }
    }

    private static string Hash(Folder folder, byte[] name)
    {
        using var file = folder.OpenForReading(name).Handle!;
        using var stream = new FileStream(file, FileAccess.Read, bufferSize: 0);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
