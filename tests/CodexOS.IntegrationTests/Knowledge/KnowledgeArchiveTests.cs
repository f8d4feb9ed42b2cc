using System.Formats.Tar;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Knowledge bases written into archives and made of them, from the command line, against the real server.</summary>
public sealed class KnowledgeArchiveTests : IAsyncLifetime
{
    private const string OddName = "../pump: relief?.md";

    private static readonly string[] s_rules = ["# pumps", "relief => safety ^0.8"];

    private readonly TempDirectory _files = new();
    private IdentityServer _server = null!;
    private Tokens _owner = null!;
    private HttpClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_server, _owner) = await IdentityServer.StartOwnedAsync();
        _client = new HttpClient { BaseAddress = _server.Server.Url };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _owner.AccessToken);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _files.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("handbook.tar")]
    [InlineData("handbook.tgz")]
    public async Task What_was_exported_is_imported_as_it_was(string archive)
    {
        var me = (await _client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token)).GetProperty("user").Text("id");
        await MakeAsync($"&reader={me}");
        await _client.DoneAsync(
            HttpMethod.Put, $"{KnowledgeApi.Bases}/handbook/synonyms", JsonContent.Create(new { rules = s_rules }));
        await _client.DoneAsync(
            HttpMethod.Put, $"{KnowledgeApi.Bases}/handbook/boosts",
            JsonContent.Create(new { fields = new { title = 4 }, newer = new { halfLifeDays = 30, factor = 2 } }));
        var path = Path.Combine(_files.Path, archive);

        using var written = await RunAsync(0, "kb", "export", "handbook", "-o", path);
        written.Out.ShouldContain("2 documents");
        using var there = await RunAsync(6, "kb", "import", path);
        there.Error.ShouldContain("--merge");
        using var same = await RunAsync(0, "kb", "import", path, "--merge");
        same.Error.ShouldContain("0 of 2 documents are new or changed");
        using var made = await RunAsync(0, "kb", "import", path, "copy");
        made.Out.ShouldContain("copy: 2 documents, 2 passages, 0 waiting, 0 failed");
        using var open = await RunAsync(0, "kb", "import", path, "open", "--without-readers", "--defer");
        open.Out.ShouldContain("open: 2 documents, 0 passages, 2 waiting, 0 failed");

        (await _client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/copy", Token)).Text("description")
            .ShouldBe("Manuals of pumps");
        (await _client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/copy/synonyms", Token)).GetProperty("rules")
            .EnumerateArray().Select(static rule => rule.GetString()).ShouldBe(s_rules);
        var boosts = await _client.GetStringAsync($"{KnowledgeApi.Bases}/copy/boosts", Token);
        boosts.ShouldBe(await _client.GetStringAsync($"{KnowledgeApi.Bases}/handbook/boosts", Token));
        boosts.ShouldContain("halfLifeDays");
        using var found = await RunAsync(0, "kb", "search", "copy", "relief valve", "-m", "site=Oslo = north");
        found.Out.ShouldContain(OddName);
        var odd = await DocumentAsync("copy", OddName);
        odd.GetProperty("at").GetDateTimeOffset().ShouldBe(new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero));
        odd.Text("mediaType").ShouldBe("application/octet-stream");
        Readers(await DocumentAsync("copy", "wages.md")).ShouldBe([me]);
        Readers(await DocumentAsync("open", "wages.md")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Any_tar_reads_an_archive_and_puts_no_file_outside_of_its_folder()
    {
        await MakeAsync();
        await _client.AddAsync("handbook", "..", "A name that is no name.");
        await _client.AddAsync("handbook", new string('水', 396) + ".txt", "A long name.");
        var path = Path.Combine(_files.Path, "handbook.tar");
        using var written = await RunAsync(0, "kb", "export", "handbook", "-o", path);
        using var same = await RunAsync(0, "kb", "import", path, "--merge");
        same.Error.ShouldContain("0 of 4 documents are new or changed");
        var folder = Directory.CreateDirectory(Path.Combine(_files.Path, "unpacked")).FullName;
        await TarFile.ExtractToDirectoryAsync(path, folder, overwriteFiles: false, Token);
        (await UnpackedAsync("pump_ relief_.md")).ShouldBe("The relief valve opens at 12 bar.");
        (await UnpackedAsync("document")).ShouldBe("A name that is no name.");
        (await UnpackedAsync("水*.txt")).ShouldBe("A long name.");

        // Documents that were added in the same millisecond have no order.
        Task<string> UnpackedAsync(string name) => File.ReadAllTextAsync(
            Directory.GetFiles(Path.Combine(folder, "files"), name, SearchOption.AllDirectories).ShouldHaveSingleItem(), Token);
    }

    [Fact]
    public async Task A_damaged_archive_is_refused_before_anything_is_changed()
    {
        await MakeAsync();
        var path = Path.Combine(_files.Path, "handbook.tar");
        using var written = await RunAsync(0, "kb", "export", "handbook", "-o", path);
        var bytes = await File.ReadAllBytesAsync(path, Token);
        var at = bytes.AsSpan().IndexOf("12 bar"u8);
        byte[] changed = [.. bytes[..at], (byte)'9', .. bytes[(at + 1)..]];
        foreach (var damaged in (byte[][])[changed, bytes[..at], bytes[..(at / 512 * 512)], []])
        {
            await File.WriteAllBytesAsync(path, damaged, Token);
            using var refused = await RunAsync(2, "kb", "import", path, "copy");
            refused.Error.ShouldContain("(cli.damaged_archive)");
        }

        await File.WriteAllTextAsync(path, "This is no archive.", Token);
        using var other = await RunAsync(2, "kb", "import", path, "copy");
        other.Error.ShouldContain("(cli.damaged_archive)");
        using var missing = await RunAsync(5, "kb", "import", Path.Combine(_files.Path, "none.tar"), "copy");
        missing.Error.ShouldContain("(cli.no_file)");
        using var gone = await RunAsync(5, "kb", "docs", "copy");
        gone.Error.ShouldContain("(knowledge.base_not_found)");
        using var unknown = await RunAsync(5, "kb", "export", "nothing", "-o", path);
        unknown.Error.ShouldContain("(knowledge.base_not_found)");
    }

    private async Task MakeAsync(string reader = "")
    {
        using var made = await RunAsync(0, "kb", "create", "handbook", "-d", "Manuals of pumps");
        await _client.AddAsync(
            "handbook", OddName, "The relief valve opens at 12 bar.",
            "&metadata=site%3DOslo%20%3D%20north&at=2024-02-03T04:05:06Z");
        await _client.AddAsync("handbook", "wages.md", "The wage of a fitter is secret.", reader);
        await _client.IngestAsync("handbook");
    }

    private async Task<JsonElement> DocumentAsync(string name, string document) =>
        (await _client.DocumentsAsync(name)).Single(it => it.Text("name") == document);

    private static string[] Readers(JsonElement document) =>
        [.. document.GetProperty("readers").EnumerateArray().Select(static it => it.GetString()!)];

    private Task<FakeTerminal> RunAsync(int exit, params string[] args) =>
        FakeTerminal.EndedAsync(_server.Server.Url, _owner.AccessToken, exit, args);
}
