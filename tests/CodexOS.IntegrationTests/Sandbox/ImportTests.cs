using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Archives, honest and hostile.</summary>
public sealed class ImportTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    public static TheoryData<string> Hostile =>
    [
        "absolute", "upwards", "upwards inside", "link upwards", "link absolute", "link through folder", "write through link",
        "write through file", "hard link outside", "hard link upwards", "hard link to link", "device", "block device", "fifo",
        "empty", "not a tar", "cut short", "bad checksum", "git file",
    ];

    [Theory]
    [Trait("battery", "17")]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_archive_is_refused_and_leaves_nothing(string attack)
    {
        var before = Directory.GetFileSystemEntries(Path.Combine(server.Server.DataPath, "workspaces", server.Tenant.ToString())
            is var path && Directory.Exists(path) ? path : Directory.CreateDirectory(path).FullName).Length;
        using var answer = await server.PostTarAsync(Archive(attack));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, attack);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        problem.GetProperty("code").GetString().ShouldBe("sandbox.bad_archive");
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrEmpty();
        Directory.GetFileSystemEntries(path).Length.ShouldBe(before);
        File.Exists("/tmp/codexos-escaped").ShouldBeFalse();
    }

    [Fact]
    public async Task An_honest_archive_keeps_folders_links_and_executable_bits()
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .Folder("./").File("./run", "#!/bin/sh\necho ran\n", (UnixFileMode)0x1ED).File("src/a", "1")
            .Link("src/up", "../run").Link("here", "./src/./a").HardLink("hard", "src/a")
            .File(new string('n', 120) + "/" + new string('m', 120), "long").File("twice", "1").File("twice", "2").Bytes());
        var result = await server.CallAsync(
            "shell", workspace, new { command = "./run; cat src/up | head -1; cat here hard twice; cat n*/m*; git log --format=%s; git status --porcelain" });
        result.Data.GetProperty("stdout").GetString().ShouldBe("ran\n#!/bin/sh\n112longStart of the workspace\n");
    }

    [Fact]
    public async Task A_compressed_archive_is_unpacked()
    {
        using var answer = await server.PostTarAsync(Compressed(new TarBuilder().File("a", "1").Bytes()), "gzip");
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        made.GetProperty("origin").GetString().ShouldBe("upload");
        made.GetProperty("filesCount").GetInt64().ShouldBeGreaterThan(1);
        answer.Headers.Location!.ToString().ShouldBe($"/api/v1/workspaces/{made.GetProperty("id").GetString()}");
    }

    [Fact]
    [Trait("battery", "17")]
    public async Task A_bomb_is_refused_before_it_unpacks()
    {
        var bomb = Compressed(new TarBuilder().File("zeros", new string('\0', 100_000_000)).Bytes());
        bomb.Length.ShouldBeLessThan(200_000);
        using var answer = await server.PostTarAsync(bomb, "gzip");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("sandbox.bad_archive");
    }

    [Fact]
    public async Task Damaged_compression_and_unknown_encodings_are_refused()
    {
        using var damaged = await server.PostTarAsync(Encoding.ASCII.GetBytes(new string('x', 2000)), "gzip");
        damaged.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var unknown = await server.PostTarAsync(new TarBuilder().File("a", "1").Bytes(), "br");
        unknown.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    [Trait("battery", "18")]
    public async Task Hooks_do_not_come_in()
    {
        // The head of a repository made by hand: settings, a branch that does not exist yet, and hooks.
        var workspace = await server.UploadAsync(new TarBuilder()
            .File(".git/HEAD", "ref: refs/heads/main\n").File(".git/config", "[core]\n\trepositoryformatversion = 0\n")
            .Folder(".git/objects").Folder(".git/refs")
            .File(".git/hooks/pre-commit", "#!/bin/sh\ntouch /workspace/executed\n", (UnixFileMode)0x1ED)
            .File("sub/.git/hooks/post-checkout", "evil", (UnixFileMode)0x1ED).File("a", "1").Bytes());
        Directory.GetFileSystemEntries(Path.Combine(server.FilesOf(workspace), ".git/hooks")).ShouldBeEmpty();
        File.Exists(Path.Combine(server.FilesOf(workspace), "executed")).ShouldBeFalse();
        File.Exists(Path.Combine(server.FilesOf(workspace), "sub/.git/hooks/post-checkout")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_in_the_place_of_hooks_does_not_come_in()
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File(".git/HEAD", "ref: refs/heads/main\n").File(".git/config", "[core]\n\trepositoryformatversion = 0\n")
            .Folder(".git/objects").Folder(".git/refs").Link(".git/hooks", "../planted").Link("sub/.git/HOOKS", "../../planted")
            .File("planted/pre-commit", "#!/bin/sh\ntouch /workspace/executed\n", (UnixFileMode)0x1ED).Bytes());
        var files = server.FilesOf(workspace);
        new DirectoryInfo(Path.Combine(files, ".git/hooks")).LinkTarget.ShouldBeNull();
        Directory.GetFileSystemEntries(Path.Combine(files, ".git/hooks")).ShouldBeEmpty();
        Path.Exists(Path.Combine(files, "sub/.git/HOOKS")).ShouldBeFalse();
        await server.CallAsync("shell", workspace, new { command = "git add -A; git -c user.name=a -c user.email=a@b commit -qm x" });
        File.Exists(Path.Combine(server.FilesOf(workspace), "executed")).ShouldBeFalse();
    }

    [Fact]
    public async Task An_archive_beyond_a_limit_is_too_large()
    {
        await using var small = new WorkspaceServer
        {
            Settings = ["Sandbox:WorkspaceBytesMax=1048576", "Sandbox:WorkspaceFilesMax=50",
                "Sandbox:UploadBytesMax=3000000", "Sandbox:WorkspaceDepthMax=8"],
        };
        await small.InitializeAsync();
        var many = new TarBuilder();
        for (var i = 0; i < 60; i++) many.File($"f{i}", "");
        var archives = new Dictionary<string, byte[]>
        {
            ["large"] = new TarBuilder().File("f", new string('x', 2_000_000)).Bytes(),
            ["many"] = many.Bytes(),
            ["upload"] = new TarBuilder().File("f", new string('x', 4_000_000)).Bytes(),
        };
        foreach (var (what, archive) in archives)
        {
            using var answer = await small.PostTarAsync(archive);
            answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge, what);
            (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("sandbox.workspace_too_large");
        }

        using var deep = await small.PostTarAsync(new TarBuilder().File("1/2/3/4/5/6/7/8/9/f", "").Bytes());
        deep.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static byte[] Archive(string attack)
    {
        var tar = new TarBuilder();
        switch (attack)
        {
            case "absolute": return tar.File("/tmp/codexos-escaped", "x").Bytes();
            case "upwards": return tar.File("../codexos-escaped", "x").Bytes();
            case "upwards inside": return tar.File("a/b/../../../codexos-escaped", "x").Bytes();
            case "link upwards": return tar.Link("a", "../x").Bytes();
            case "link absolute": return tar.Link("a", "/etc/passwd").Bytes();
            case "link through folder": return tar.Link("a/b", "../../x").Bytes();
            case "write through link": return tar.Folder("d").Link("l", "d").File("l/x", "x").Bytes();
            case "write through file": return tar.File("f", "x").File("f/x", "x").Bytes();
            case "hard link outside": return tar.HardLink("a", "/etc/passwd").Bytes();
            case "hard link upwards": return tar.HardLink("a", "../../../codexos.db").Bytes();
            case "hard link to link": return tar.File("f", "x").Link("l", "f").HardLink("a", "l").Bytes();
            case "device": return tar.Other(TarEntryType.CharacterDevice, "d").Bytes();
            case "block device": return tar.Other(TarEntryType.BlockDevice, "d").Bytes();
            case "fifo": return tar.Other(TarEntryType.Fifo, "p").Bytes();
            case "empty": return new byte[1024];
            case "not a tar": return Encoding.ASCII.GetBytes(new string('x', 2048));
            case "git file": return tar.File(".git", "gitdir: /tmp/elsewhere\n").Bytes();
            case "cut short": return tar.File("a", new string('x', 10_000)).Bytes()[..3000];
            case "bad checksum":
                var bytes = tar.File("a", "x").Bytes();
                bytes[0] = (byte)'z';
                return bytes;
            default: throw new ArgumentOutOfRangeException(nameof(attack));
        }
    }

    private static byte[] Compressed(byte[] archive)
    {
        using var stream = new MemoryStream();
        using (var gzip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(archive);
        return stream.ToArray();
    }
}
