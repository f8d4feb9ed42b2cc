using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Exports;
using CodexOS.Testing.Runs;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Exports of workspaces, through the real server.</summary>
public sealed class ExportTests
{
    private const string SmallParts = "Sandbox:ExportPartBytes=65536";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_archive_holds_every_file_folder_and_link_as_it_is()
    {
        await using var server = await StartAsync(SmallParts);
        var large = RandomNumberGenerator.GetBytes(300_000);
        var deep = $"{string.Join('/', Enumerable.Repeat("a-long-folder-name", 8))}/Grüße 🙂.txt";
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("src/large.bin", large).File("empty", "").File(deep, "hé").Link("src/link", "large.bin").Bytes());

        var run = await ExportAsync(server.Api, workspace);
        var (archive, answer) = await DownloadAsync(server.Api, run.Id);

        run.Progress.ShouldBe(1);
        var items = Unpack(archive);
        items["src/large.bin"].Content.ShouldBe(large);
        items["empty"].Content.ShouldBeEmpty();
        items[deep].Content.ShouldBe("hé"u8.ToArray());
        items["src/link"].Target.ShouldBe("large.bin");
        items.ShouldContainKey(".git/HEAD");
        items.Keys.Count(path => path.StartsWith("src", StringComparison.Ordinal)).ShouldBe(3);
        answer.Headers.ETag!.Tag.ShouldBe($"\"{Convert.ToHexStringLower(SHA256.HashData(archive))}\"");
        run.Output!.ShouldStartWith($"{archive.Length} bytes in ");

        // What was exported can be taken in again.
        using var again = await server.PostTarAsync(archive, "gzip");
        again.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_download_that_broke_off_goes_on_where_it_was()
    {
        await using var server = await StartAsync(SmallParts);
        var workspace = await server.UploadAsync(
            new TarBuilder().File("large.bin", RandomNumberGenerator.GetBytes(300_000)).Bytes());
        var run = await ExportAsync(server.Api, workspace);
        var (whole, _) = await DownloadAsync(server.Api, run.Id);

        using var request = new HttpRequestMessage(HttpMethod.Get, FileOf(run.Id));
        request.Headers.Range = new RangeHeaderValue(100_000, null);
        using var rest = await server.Api.SendAsync(request, Token);

        rest.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await rest.Content.ReadAsByteArrayAsync(Token)).ShouldBe(whole[100_000..]);
    }

    [Fact]
    public async Task A_server_that_dies_while_packing_goes_on_and_packs_no_part_twice()
    {
        await using var engine = await EngineHarness.StartAsync(null, Token, SmallParts, "Sandbox:DiskFreeBytesMin=0");
        var large = RandomNumberGenerator.GetBytes(16 << 20);
        var workspace = await UploadAsync(engine.Client, new TarBuilder().File("large.bin", large).Bytes());
        var run = await StartExportAsync(engine.Client, workspace, key: "once");
        await engine.FollowAsync(run.Id, happened => IsCompleted(happened, "pack.3"), Token);

        await engine.RestartAsync(Token);
        var ended = await engine.EndAsync(run.Id, Token);

        ended.Status.ShouldBe(RunStatus.Completed, ended.Fault?.Message);
        var events = await engine.FollowAsync(run.Id, _ => false, Token);
        events.Count(happened => KindOf(happened) == "run.claimed").ShouldBe(2);
        var packed = events.Where(happened => KindOf(happened) == "step.completed").Select(StepOf).ToList();
        packed.Count.ShouldBe(packed.Distinct().Count());
        packed.Count.ShouldBeGreaterThan(200);
        var (archive, _) = await DownloadAsync(engine.Client, run.Id);
        Unpack(archive)["large.bin"].Content.ShouldBe(large);
        (await StartExportAsync(engine.Client, workspace, key: "once")).Id.ShouldBe(run.Id);
    }

    [Fact]
    public async Task A_cancelled_export_stops_and_gives_no_archive()
    {
        await using var engine = await EngineHarness.StartAsync(null, Token, SmallParts, "Sandbox:DiskFreeBytesMin=0");
        var workspace = await UploadAsync(
            engine.Client, new TarBuilder().File("large.bin", RandomNumberGenerator.GetBytes(16 << 20)).Bytes());
        var run = await StartExportAsync(engine.Client, workspace);
        await engine.FollowAsync(run.Id, happened => IsCompleted(happened, "pack.3"), Token);
        using var early = await engine.Client.GetAsync(FileOf(run.Id), Token);
        (await CodeOfAsync(early)).ShouldBe("sandbox.export_not_ready");

        using var cancelled = await engine.Client.PostAsJsonAsync($"/api/v1/runs/{run.Id}/cancel", new { }, Token);

        cancelled.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await engine.EndAsync(run.Id, Token)).Status.ShouldBe(RunStatus.Cancelled);
        using var answer = await engine.Client.GetAsync(FileOf(run.Id), Token);
        (await CodeOfAsync(answer)).ShouldBe("sandbox.export_failed");
    }

    [Fact]
    public async Task A_full_disk_fails_the_export_and_a_retry_goes_on_once_there_is_room()
    {
        using var disk = new SmallDisk(64);
        await using var server = new WorkspaceServer
        {
            DataPath = disk.Path,
            // What stays free is the journal's, which has to write down that there was no more.
            Settings = [SmallParts, "Sandbox:DiskFreeBytesMin=2097152"],
        };
        await server.InitializeAsync();
        var large = RandomNumberGenerator.GetBytes(8 << 20);
        var workspace = await server.UploadAsync(new TarBuilder().File("large.bin", large).Bytes());
        disk.Fill(leaveBytes: 4 << 20);

        var failed = await EndAsync(server.Api, (await StartExportAsync(server.Api, workspace)).Id);
        disk.Empty();
        failed.Status.ShouldBe(RunStatus.Failed);
        failed.Fault!.Code.ShouldBe("sandbox.disk_full");

        using var retried = await server.Api.PostAsJsonAsync($"/api/v1/runs/{failed.Id}/retry", new { }, Token);
        retried.StatusCode.ShouldBe(HttpStatusCode.Accepted, await retried.Content.ReadAsStringAsync(Token));
        (await EndAsync(server.Api, failed.Id)).Status.ShouldBe(RunStatus.Completed);
        Unpack((await DownloadAsync(server.Api, failed.Id)).Archive)["large.bin"].Content.ShouldBe(large);
    }

    [Fact]
    public async Task An_archive_goes_when_its_time_is_over()
    {
        await using var server = await StartAsync("Sandbox:ExportsPerTenantMax=1");
        var workspace = await server.UploadAsync(("a", "1"));
        var run = await ExportAsync(server.Api, workspace);
        using var another = await server.Api.PostAsync(StartOf(workspace), null, Token);
        (await CodeOfAsync(another)).ShouldBe("sandbox.too_many_exports");

        var folder = Path.Combine(server.Server.DataPath, "exports", server.Tenant.ToString(), run.Id.ToString());
        Directory.SetLastWriteTimeUtc(folder, DateTime.UnixEpoch);

        using var answer = await server.Api.GetAsync(FileOf(run.Id), Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Gone);
        server.Server.Services.GetRequiredService<ExportStore>().RemoveOld(Token).ShouldBe(1);
        Directory.Exists(folder).ShouldBeFalse();
        (await ExportAsync(server.Api, workspace)).Status.ShouldBe(RunStatus.Completed);
    }

    [Fact]
    public async Task What_is_no_export_of_the_tenant_is_not_found()
    {
        await using var server = await StartAsync();
        foreach (var id in new[] { RunId.New(TimeProvider.System).ToString(), "run_x", "..%2f..%2fkeys" })
        {
            using var answer = await server.Api.GetAsync(FileOf(id), Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, id);
        }

        using var unknown = await server.Api.PostAsync(StartOf(WorkspaceId.New(TimeProvider.System)), null, Token);
        (await CodeOfAsync(unknown)).ShouldBe("sandbox.workspace_not_found");
    }

    private static async Task<WorkspaceServer> StartAsync(params string[] settings)
    {
        var server = new WorkspaceServer { Settings = settings };
        await server.InitializeAsync();
        return server;
    }

    private static async Task<WorkspaceId> UploadAsync(HttpClient api, byte[] archive)
    {
        using var content = new ByteArrayContent(archive);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        using var answer = await api.PostAsync(new Uri("/api/v1/workspaces", UriKind.Relative), content, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        return WorkspaceId.Parse(made.GetProperty("id").GetString()!, null);
    }

    private static async Task<Run> ExportAsync(HttpClient api, WorkspaceId workspace)
    {
        var ended = await EndAsync(api, (await StartExportAsync(api, workspace)).Id);
        ended.Status.ShouldBe(RunStatus.Completed, ended.Fault?.Message);
        return ended;
    }

    private static async Task<Run> StartExportAsync(HttpClient api, WorkspaceId workspace, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, StartOf(workspace));
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await api.SendAsync(request, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<Run>(Platform.Http.Json.Options, Token))!;
    }

    private static async Task<Run> EndAsync(HttpClient api, RunId run)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var stream = await api.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await stream.Content.CopyToAsync(Stream.Null, Token);
        return (await api.GetFromJsonAsync<Run>($"/api/v1/runs/{run}", Platform.Http.Json.Options, Token))!;
    }

    private static async Task<(byte[] Archive, HttpResponseMessage Answer)> DownloadAsync(HttpClient api, RunId run)
    {
        var answer = await api.GetAsync(FileOf(run), Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, run.ToString());
        return (await answer.Content.ReadAsByteArrayAsync(Token), answer);
    }

    private static Dictionary<string, (byte[] Content, string Target)> Unpack(byte[] archive)
    {
        using var plain = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var reader = new TarReader(plain);
        var items = new Dictionary<string, (byte[], string)>();
        while (reader.GetNextEntry(copyData: true) is { } item)
        {
            var content = new MemoryStream();
            item.DataStream?.CopyTo(content);
            // A name that comes twice is a fault of the archive.
            items.Add(item.Name.TrimEnd('/'), (content.ToArray(), item.LinkName));
        }

        return items;
    }

    private static Uri StartOf(WorkspaceId workspace) => new($"/api/v1/workspaces/{workspace}/exports", UriKind.Relative);

    private static Uri FileOf(object run) => new($"/api/v1/workspaces/exports/{run}/file", UriKind.Relative);

    private static string KindOf(JsonElement happened) => happened.GetProperty("kind").GetString()!;

    private static string StepOf(JsonElement happened) => happened.GetProperty("data").GetProperty("step").GetString()!;

    private static bool IsCompleted(JsonElement happened, string step) =>
        KindOf(happened) == "step.completed" && StepOf(happened) == step;

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()!;
}
