using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Tools.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Single files over HTTP: parts, hashes, conditions.</summary>
public sealed class WorkspaceFileEndpointsTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_is_written_read_in_parts_and_removed_with_its_empty_folders()
    {
        var workspace = await server.UploadAsync(("kept", "1"));
        var content = RandomNumberGenerator.GetBytes(70_000);
        using var made = await PutAsync(workspace, "new/folder/b.bin", content);
        made.StatusCode.ShouldBe(HttpStatusCode.Created);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        made.Headers.ETag!.Tag.ShouldBe($"\"{hash}\"");
        var written = await made.Content.ReadFromJsonAsync<JsonElement>(Stop);
        (written.GetProperty("path").GetString(), written.GetProperty("sizeBytes").GetInt64(), written.GetProperty("sha256").GetString())
            .ShouldBe(("new/folder/b.bin", 70_000, hash));

        using var part = await SendAsync(HttpMethod.Get, workspace, "new/folder/b.bin", it => it.Headers.Range = new RangeHeaderValue(1_000, 1_999));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync(Stop)).ShouldBe(content[1_000..2_000]);
        part.Headers.ETag!.Tag.ShouldBe($"\"{hash}\"");
        using var unchanged = await SendAsync(HttpMethod.Get, workspace, "new/folder/b.bin", it => it.Headers.TryAddWithoutValidation("If-None-Match", $"\"{hash}\""));
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var beyond = await SendAsync(HttpMethod.Get, workspace, "new/folder/b.bin", it => it.Headers.Range = new RangeHeaderValue(80_000, null));
        beyond.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);

        using var removed = await SendAsync(HttpMethod.Delete, workspace, "new/folder/b.bin");
        removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await server.CallAsync("list_files", workspace, new { })).Text.ShouldBe("kept  1\n");
        using var again = await SendAsync(HttpMethod.Delete, workspace, "new/folder/b.bin");
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Two_people_who_write_at_once_do_not_overwrite_each_other()
    {
        var workspace = await server.UploadAsync(("f", "one"));
        using var read = await SendAsync(HttpMethod.Get, workspace, "f");
        var tag = read.Headers.ETag!.Tag;
        using var first = await PutAsync(workspace, "f", "two"u8.ToArray(), ifMatch: tag);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var second = await PutAsync(workspace, "f", "three"u8.ToArray(), ifMatch: tag);
        second.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        (await second.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("code").GetString().ShouldBe("sandbox.precondition_failed");
        using var removal = await SendAsync(HttpMethod.Delete, workspace, "f", it => it.Headers.TryAddWithoutValidation("If-Match", tag));
        removal.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        using var third = await PutAsync(workspace, "f", "three"u8.ToArray(), ifMatch: first.Headers.ETag!.Tag);
        third.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await server.ReadAsync(workspace, "f")).ShouldBe("three");
    }

    [Theory]
    [InlineData("there", "*", null, 200)]
    [InlineData("missing", "*", null, 412)]
    [InlineData("there", null, "*", 412)]
    [InlineData("missing", null, "*", 201)]
    [InlineData("there", "*", "*", 400)]
    [InlineData("there", "W/\"weak\"", null, 400)]
    [InlineData("there", null, "\"tag\"", 400)]
    public async Task A_condition_is_held_to_or_refused(string path, string? ifMatch, string? ifNoneMatch, int status)
    {
        var workspace = await server.UploadAsync(("there", "1"));
        using var answer = await PutAsync(workspace, path, "2"u8.ToArray(), ifMatch, ifNoneMatch);
        ((int)answer.StatusCode).ShouldBe(status);
    }

    [Fact]
    public async Task A_write_that_is_repeated_with_its_key_is_made_once()
    {
        var workspace = await server.UploadAsync(("f", "one"));
        var before = server.FolderOf(workspace).Current()!.Number;
        for (var i = 0; i < 2; i++)
        {
            using var answer = await PutAsync(workspace, "g", "x"u8.ToArray(), key: "k1");
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        server.FolderOf(workspace).Current()!.Number.ShouldBe(before + 1);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task What_may_not_be_written_is_refused_over_http_too(string method)
    {
        var workspace = await server.UploadAsync(new TarBuilder().File("file", "x").File("src/a", "x").Link("link", "src").Bytes());
        var version = server.FolderOf(workspace).Current();
        foreach (var path in (string[])["../x", "/etc/passwd", ".git/config", "a/.GIT/hooks/x", "link/x", "link", "file/x", "src", ""])
        {
            using var answer = await SendAsync(
                new HttpMethod(method), workspace, path, it => it.Content = new ByteArrayContent([1]));
            ((int)answer.StatusCode).ShouldBeInRange(400, 404, path);
        }

        server.FolderOf(workspace).Current().ShouldBe(version);
        using var foreign = await SendAsync(new HttpMethod(method), WorkspaceId.New(TimeProvider.System), "x", it => it.Content = new ByteArrayContent([1]));
        foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_file_that_is_too_large_is_refused()
    {
        var workspace = await server.UploadAsync(("f", "one"));
        using var answer = await PutAsync(workspace, "g", new byte[(16 << 20) + 1]);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Versions_are_listed_and_compared()
    {
        var workspace = await server.UploadAsync(new TarBuilder()
            .File("a", "1\n2\n").File("gone", "x\n").File("run", "x\n").File("bin", "\0one").Link("link", "a").Bytes());
        await server.CallAsync("shell", workspace, new { command = "echo 3 >> a; rm gone; chmod +x run; echo n > new; printf '\\0two' > bin; ln -sfn run link" });
        await server.CallAsync("write_file", workspace, new { path = "a", content = "1\n2\n3\n4\n" });
        // A program that sets a file's time back hides nothing.
        await server.CallAsync("shell", workspace, new { command = "touch -r new /tmp/t; printf 'm\\n' > new; touch -r /tmp/t new" });
        var versions = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/workspaces/{workspace}/versions", Stop);
        versions.GetProperty("items").EnumerateArray().Select(it => (it.GetProperty("number").GetInt64(), it.GetProperty("isCurrent").GetBoolean()))
            .ShouldBe([(3, true), (2, false), (1, false), (0, false)]);

        var first = await DiffAsync(workspace, "?from=0&to=1");
        first.GetProperty("diff").GetString().ShouldBe(
            """
            diff --git a/a b/a
            --- a/a
            +++ b/a
            @@ -1,2 +1,3 @@
             1
             2
            +3
            diff --git a/bin b/bin
            Binary files a/bin and b/bin differ
            diff --git a/gone b/gone
            deleted file mode 100644
            --- a/gone
            +++ /dev/null
            @@ -1,1 +0,0 @@
            -x
            diff --git a/link b/link
            --- a/link
            +++ b/link
            @@ -1,1 +1,1 @@
            -a
            \ No newline at end of file
            +run
            \ No newline at end of file
            diff --git a/new b/new
            new file mode 100644
            --- /dev/null
            +++ b/new
            @@ -0,0 +1,1 @@
            +n
            diff --git a/run b/run
            old mode 100644
            new mode 100755

            """);
        (first.GetProperty("filesChanged").GetInt32(), first.GetProperty("insertions").GetInt32(), first.GetProperty("deletions").GetInt32())
            .ShouldBe((6, 3, 2));
        (await DiffAsync(workspace, "?from=2")).GetProperty("diff").GetString()!.ShouldContain("-n\n+m\n");
        (await DiffAsync(workspace, "?from=3&to=3")).GetProperty("diff").GetString().ShouldBeEmpty();
        (await DiffAsync(workspace, "?from=1&to=0")).GetProperty("diff").GetString()!.ShouldContain("+++ b/gone");
        using var gone = await server.Api.GetAsync(new Uri($"/api/v1/workspaces/{workspace}/diff?from=99", UriKind.Relative), Stop);
        gone.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    private async Task<JsonElement> DiffAsync(WorkspaceId workspace, string query) =>
        await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/workspaces/{workspace}/diff{query}", Stop);

    private Task<HttpResponseMessage> PutAsync(
        WorkspaceId workspace,
        string path,
        byte[] content,
        string? ifMatch = null,
        string? ifNoneMatch = null,
        string? key = null) =>
        SendAsync(HttpMethod.Put, workspace, path, request =>
        {
            request.Content = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
            request.Headers.ExpectContinue = true;
            if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
            if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
        });

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, WorkspaceId workspace, string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, $"/api/v1/workspaces/{workspace}/files/content?path={Uri.EscapeDataString(path)}");
        change?.Invoke(request);
        if (request.Content is { Headers.ContentType: null } content) content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await server.Api.SendAsync(request, Stop);
    }
}
