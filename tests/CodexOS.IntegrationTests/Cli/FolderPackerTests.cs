using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

public sealed class FolderPackerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plain_folder_is_packed_whole()
    {
        _folder.Write("a.txt", "a");
        _folder.Write("deep/er/b.txt", "b");
        _folder.Write("empty", "");

        (await PackAsync()).Keys.Order().ShouldBe(["a.txt", "deep/er/b.txt", "empty"]);
    }

    [Fact]
    public async Task What_git_ignores_stays_out_and_what_it_does_not_know_yet_comes_along()
    {
        Git("init", "-q");
        _folder.Write(".gitignore", "secret.env\nnode_modules/\n");
        _folder.Write("secret.env", "KEY=1");
        _folder.Write("node_modules/x/index.js", "");
        _folder.Write("tracked.js", "1");
        Git("add", "tracked.js");
        _folder.Write("new.js", "2");
        _folder.Write("name with ünïcode.txt", "3");

        (await PackAsync()).Keys.Order(StringComparer.Ordinal)
            .ShouldBe([".gitignore", "name with ünïcode.txt", "new.js", "tracked.js"]);
    }

    [Fact]
    public async Task A_file_that_is_deleted_but_still_tracked_is_no_error()
    {
        Git("init", "-q");
        _folder.Write("gone.js", "1");
        _folder.Write("here.js", "1");
        Git("add", ".");
        File.Delete(_folder.At("gone.js"));

        (await PackAsync()).Keys.ShouldBe(["here.js"]);
    }

    [Fact]
    public async Task The_history_of_a_repository_is_never_packed()
    {
        _folder.Write("inner/code.js", "1");
        Git("init", "-q", "inner");
        Git("init", "-q");

        (await PackAsync()).Keys.ShouldBe(["inner/code.js"]);
    }

    [Fact]
    public async Task A_repository_cannot_make_the_packer_run_a_program()
    {
        Git("init", "-q");
        _folder.Write("a.js", "1");
        _folder.Write("evil.sh", $"#!/bin/sh\ntouch {_folder.At("pwned")}\n");
        File.SetUnixFileMode(_folder.At("evil.sh"), (UnixFileMode)Convert.ToInt32("755", 8));
        Git("config", "core.fsmonitor", _folder.At("evil.sh"));

        await PackAsync();

        File.Exists(_folder.At("pwned")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_inside_the_folder_stays_a_link()
    {
        _folder.Write("lib/a.js", "1");
        File.CreateSymbolicLink(_folder.At("lib/b.js"), "a.js");
        Directory.CreateSymbolicLink(_folder.At("also"), "lib");

        var packed = await PackAsync();

        packed["lib/b.js"].ShouldBe((TarEntryType.SymbolicLink, "a.js"));
        packed["also"].ShouldBe((TarEntryType.SymbolicLink, "lib"));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData("lib/../../outside")]
    public async Task A_link_that_leaves_the_folder_is_refused_by_name(string target)
    {
        File.CreateSymbolicLink(_folder.At("sneaky"), target);

        var failure = await Should.ThrowAsync<CodexOSException>(PackAsync);

        failure.Code.ShouldBe("client.link_leaves_folder");
        failure.Message.ShouldContain("sneaky");
    }

    [Fact]
    public async Task A_link_that_leaves_the_folder_by_way_of_another_link_is_refused()
    {
        File.CreateSymbolicLink(_folder.At("two"), "/etc/passwd");
        File.CreateSymbolicLink(_folder.At("one"), "two");

        (await Should.ThrowAsync<CodexOSException>(PackAsync)).Code.ShouldBe("client.link_leaves_folder");
    }

    [Fact]
    public async Task A_folder_that_is_itself_reached_through_a_link_is_packed()
    {
        _folder.Write("real/a.js", "1");
        File.CreateSymbolicLink(_folder.At("real/b.js"), "a.js");
        Directory.CreateSymbolicLink(_folder.At("link"), "real");

        (await PackAsync("link")).Keys.Order().ShouldBe(["a.js", "b.js"]);
    }

    [Fact]
    public async Task A_folder_over_the_limit_is_refused_before_anything_is_written()
    {
        _folder.Write("big", new string('x', 2000));

        var failure = await Should.ThrowAsync<CodexOSException>(
            () => FolderPacker.PackAsync(_folder.Path, new PackLimits { SizeMaxBytes = 1000 }, Stop));

        failure.Kind.ShouldBe(FaultKind.TooLarge);
    }

    [Fact]
    public async Task A_pipe_does_not_make_the_packer_wait()
    {
        using (var mkfifo = Process.Start("mkfifo", _folder.At("pipe"))) await mkfifo.WaitForExitAsync(Stop);

        (await PackAsync().WaitAsync(TimeSpan.FromSeconds(10), Stop)).Keys.ShouldBe(["pipe"]);
    }

    [Fact]
    public async Task A_program_stays_executable_and_the_archive_is_deleted_afterwards()
    {
        _folder.Write("run.sh", "#!/bin/sh\n");
        File.SetUnixFileMode(_folder.At("run.sh"), (UnixFileMode)Convert.ToInt32("700", 8));

        using var packed = await FolderPacker.PackAsync(_folder.Path, new PackLimits(), Stop);
        await using var gzip = new GZipStream(packed.OpenRead(), CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        var entry = await tar.GetNextEntryAsync(cancellationToken: Stop);

        entry!.Mode.ShouldBe((UnixFileMode)Convert.ToInt32("755", 8));
        packed.Dispose();
        Should.Throw<FileNotFoundException>(packed.OpenRead);
    }

    private Task<Dictionary<string, (TarEntryType Type, string Text)>> PackAsync() => PackAsync("");

    private async Task<Dictionary<string, (TarEntryType Type, string Text)>> PackAsync(string below)
    {
        using var packed = await FolderPacker.PackAsync(_folder.At(below), new PackLimits(), Stop);
        await using var gzip = new GZipStream(packed.OpenRead(), CompressionMode.Decompress);
        await using var tar = new TarReader(gzip);
        var entries = new Dictionary<string, (TarEntryType, string)>(StringComparer.Ordinal);
        while (await tar.GetNextEntryAsync(copyData: true, Stop) is { } entry)
        {
            using var text = entry.DataStream is null ? null : new StreamReader(entry.DataStream);
            entries.Add(entry.Name, (entry.EntryType, text is null ? entry.LinkName : await text.ReadToEndAsync(Stop)));
        }

        entries.Count.ShouldBe(packed.FilesCount);
        return entries;
    }

    private void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder.Path })!;
        git.WaitForExit();
        git.ExitCode.ShouldBe(0);
    }
}
