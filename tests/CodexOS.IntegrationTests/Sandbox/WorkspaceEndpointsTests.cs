using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Workspaces over HTTP.</summary>
public sealed class WorkspaceEndpointsTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>
{
    [Fact]
    public async Task Samples_are_listed_and_copied()
    {
        var samples = await server.Api.GetFromJsonAsync<JsonElement>("/api/v1/workspaces/samples",
            TestContext.Current.CancellationToken);
        samples.GetProperty("items")[0].ToString().ShouldBe("""{"name":"calc","title":"Calculator","description":"Four small functions."}""");
        using var answer = await server.Api.PostAsJsonAsync("/api/v1/workspaces", new { sample = "calc" },
            TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        made.GetProperty("origin").GetString().ShouldBe("sample:calc");
        var seen = await server.Api.GetStringAsync(answer.Headers.Location, TestContext.Current.CancellationToken);
        seen.ShouldBe(made.GetRawText());
    }

    [Theory]
    [InlineData("""{"sample":"nothing"}""", 404, "sandbox.sample_not_found")]
    [InlineData("""{"sample":"../../etc"}""", 404, "sandbox.sample_not_found")]
    [InlineData("""{"sample":""}""", 400, "sandbox.bad_request")]
    [InlineData("""{}""", 400, "sandbox.bad_request")]
    [InlineData("""{"sample":7}""", 400, "sandbox.bad_request")]
    [InlineData("""not json""", 400, "sandbox.bad_request")]
    public async Task A_bad_request_is_refused(string body, int status, string code)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await server.Api.PostAsync(new Uri("/api/v1/workspaces", UriKind.Relative), content,
            TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        using var content = new StringContent("x", Encoding.UTF8, "text/plain");
        using var answer = await server.Api.PostAsync(new Uri("/api/v1/workspaces", UriKind.Relative), content,
            TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Files_are_listed_and_read_byte_by_byte()
    {
        var workspace = await server.UploadAsync(("src/a.txt", "hé"), ("b", ""));
        var top = await ListAsync(workspace, "");
        top.GetProperty("entries").EnumerateArray().Select(entry => $"{entry.GetProperty("kind")} {entry.GetProperty("path")}")
            .ShouldBe(["directory src", "file b"]);
        (await ListAsync(workspace, "src")).GetProperty("entries")[0].ToString()
            .ShouldBe("""{"name":"a.txt","path":"src/a.txt","kind":"file","sizeBytes":3}""");
        using var answer = await ReadAsync(workspace, "src/a.txt");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        (await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBe(Encoding.UTF8.GetBytes("hé"));
    }

    [Theory]
    [Trait("battery", "15")]
    [InlineData("../../../../etc/passwd", 400, "sandbox.bad_path")]
    [InlineData("/etc/passwd", 400, "sandbox.bad_path")]
    [InlineData("src/../../x", 400, "sandbox.bad_path")]
    [InlineData("a%00b", 400, "sandbox.bad_path")]
    [InlineData("%2e%2e/%2e%2e/codexos.db", 400, "sandbox.bad_path")]
    [InlineData(".git/config", 400, "sandbox.gits_own")]
    [InlineData("src/.GIT/hooks/pre-commit", 400, "sandbox.gits_own")]
    [InlineData("./.git", 400, "sandbox.gits_own")]
    [InlineData("file-link", 400, "sandbox.bad_path")]
    [InlineData("folder-link/a", 400, "sandbox.bad_path")]
    [InlineData("absolute-link", 400, "sandbox.bad_path")]
    [InlineData("pipe", 400, "sandbox.not_a_file")]
    [InlineData("socket", 404, "sandbox.file_not_found")]
    [InlineData("src", 400, "sandbox.not_a_file")]
    [InlineData("", 400, "sandbox.not_a_file")]
    [InlineData("missing", 404, "sandbox.file_not_found")]
    [InlineData("src/a/b", 404, "sandbox.file_not_found")]
    public async Task Nothing_but_regular_files_inside_is_read(string path, int status, string code)
    {
        var workspace = await server.UploadAsync(("src/a", "1"));
        // A pipe is not copied to the next version, so everything is made in the present one, as a hostile program would.
        var make = "ln -s src/a file-link; ln -s src folder-link; ln -s /etc/passwd absolute-link";
        await server.CallAsync("shell", workspace, new { command = make });
        await RunOnHostAsync("mkfifo", Path.Combine(server.FilesOf(workspace), "pipe"));
        await RunOnHostAsync("python3", "-c", $"import os, socket; os.chdir('{server.FilesOf(workspace)}'); socket.socket(socket.AF_UNIX).bind('socket')");
        using var answer = await server.Api.GetAsync(
            new Uri($"/api/v1/workspaces/{workspace}/files/content?path={path}", UriKind.Relative),
                TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).ShouldBe(status, body);
        JsonDocument.Parse(body).RootElement.GetProperty("code").GetString().ShouldBe(code);
        if (path is "folder-link/a") ((int)(await server.Api.GetAsync(new Uri($"/api/v1/workspaces/{workspace}/files?path=folder-link", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode).ShouldBe(400);
    }

    [Fact]
    [Trait("battery", "16")]
    public async Task Renames_during_reads_never_lead_outside()
    {
        var workspace = await server.UploadAsync(("real/passwd", "inside\n"));
        var files = server.FilesOf(workspace);
        Directory.CreateSymbolicLink(Path.Combine(files, "link"), "/etc");
        using var root = Folder.Open(files);
        using var stop = new CancellationTokenSource();
        var isRacing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var racing = Task.Run(() =>
        {
            isRacing.SetResult();
            var (real, link, place) = (Folder.Name("real"), Folder.Name("link"), Folder.Name("place"));
            while (!stop.IsCancellationRequested)
            {
                _ = root.Move(real, root, place);
                _ = root.Move(place, root, real);
                _ = root.Move(link, root, place);
                _ = root.Move(place, root, link);
            }
        });
        var path = WorkspacePath.Parse("place/passwd").Value;
        await isRacing.Task;
        var inside = 0;
        // A busy machine may run the readers for a while and the renames not at all.
        for (var i = 0; i < 20_000 || (inside == 0 && i < 10_000_000); i++)
        {
            if (!WorkspaceFiles.Read(root, path, 1 << 20).TryGet(out var bytes, out _)) continue;
            Encoding.UTF8.GetString(bytes).ShouldBe("inside\n");
            inside++;
        }

        await stop.CancelAsync();
        await racing;
        inside.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_diff_is_against_the_commit_the_workspace_started_from()
    {
        var workspace = await server.UploadAsync(("a", "1\n"));
        await server.CallAsync("write_file", workspace, new { path = "a", content = "2\n" });
        await server.CallAsync("git_commit", workspace, new { message = "Two" });
        await server.CallAsync("write_file", workspace, new { path = "b", content = "new\n" });
        var diff = await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/workspaces/{workspace}/diff",
            TestContext.Current.CancellationToken);
        diff.GetProperty("filesChanged").GetInt32().ShouldBe(2);
        diff.GetProperty("insertions").GetInt32().ShouldBe(2);
        diff.GetProperty("deletions").GetInt32().ShouldBe(1);
        diff.GetProperty("diff").GetString()!.ShouldContain("-1\n+2\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/files")]
    [InlineData("/files/content?path=a")]
    [InlineData("/diff")]
    public async Task Another_tenants_workspace_does_not_exist(string what)
    {
        WorkspaceId others;
        var services = server.Server.Services;
        var tenant = TenantId.New(TimeProvider.System);
        using (services.GetRequiredService<TenantContext>().Enter(tenant))
        {
            others = (await services.GetRequiredService<IWorkspaces>()
                .ResolveAsync(tenant, new WorkspaceChoice.Sample("calc"), TestContext.Current.CancellationToken)).Value;
        }

        foreach (var id in new[] { others.ToString(), WorkspaceId.New(TimeProvider.System).ToString(), "wsp_x", "%2e%2e" })
        {
            using var answer = await server.Api.GetAsync(
                new Uri($"/api/v1/workspaces/{id}{what}", UriKind.Relative), TestContext.Current.CancellationToken);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, id);
        }

        (await server.TryCallAsync("shell", others, new { command = "true" })).Fault.Code.ShouldBe("sandbox.workspace_not_found");
        using (services.GetRequiredService<TenantContext>().Enter(server.Tenant))
        {
            (await services.GetRequiredService<IWorkspaces>()
                .ResolveAsync(server.Tenant, new WorkspaceChoice.Existing(others), TestContext.Current.CancellationToken))
                .Fault.Code.ShouldBe("sandbox.workspace_not_found");
        }
    }

    [Fact]
    public async Task The_system_page_tells_of_the_sandbox()
    {
        var system = await server.Api.GetFromJsonAsync<JsonElement>("/api/v1/system", TestContext.Current.CancellationToken);
        var sandbox = system.GetProperty("sandbox");
        sandbox.GetProperty("available").GetBoolean().ShouldBeTrue();
        sandbox.GetProperty("level").GetString().ShouldBe(Libc.GetEffectiveUser() == 0 ? "full" : "reduced");
        sandbox.GetProperty("reason").GetString().ShouldNotBeNullOrEmpty();
        sandbox.GetProperty("guards").EnumerateArray().Select(guard => guard.GetProperty("name").GetString())
            .ShouldBe(["namespaces", "systemCalls", "controlGroups", "users"]);
        var driver = sandbox.GetProperty("drivers").EnumerateArray().Single(each => each.GetProperty("inUse").GetBoolean());
        (driver.GetProperty("name").GetString(), driver.GetProperty("installed").GetBoolean()).ShouldBe(("bubblewrap", true));
        var languages = sandbox.GetProperty("languages").EnumerateArray()
            .ToDictionary(each => each.GetProperty("name").GetString()!, each => each.GetProperty("usable").GetBoolean());
        foreach (var name in (string[])["shell", "python", "node", "c", "dotnet", "git"]) languages[name].ShouldBeTrue(name);
        sandbox.GetProperty("layers").GetProperty("work").GetBoolean().ShouldBe(Libc.GetEffectiveUser() == 0);
        sandbox.GetProperty("layers").GetProperty("note").GetString()!.ShouldStartWith("Steps ");
    }

    [Fact]
    public async Task Without_bubblewrap_files_are_edited_and_nothing_is_executed()
    {
        using var data = new CodexOS.Testing.TempDirectory();
        WorkspaceId workspace;
        await using (var with = new WorkspaceServer { DataPath = data.Path })
        {
            await with.InitializeAsync();
            workspace = await with.UploadAsync(("a", "1\n"));
        }

        await using var without = new WorkspaceServer
        {
            DataPath = data.Path,
            Settings = ["Sandbox:BubblewrapPath=/nowhere/bwrap"]
        };
        await without.InitializeAsync();
        (await without.CallAsync("write_file", workspace, new { path = "a", content = "2\n" })).IsError.ShouldBeFalse();
        (await without.ReadAsync(workspace, "a")).ShouldBe("2\n");
        (await without.TryCallAsync("shell", workspace,
            new { command = "touch ran" })).Fault.Code.ShouldBe("sandbox.unavailable");
        (await without.TryCallAsync("git_commit", workspace, new { message = "m" })).Fault.Code.ShouldBe("sandbox.unavailable");
        using var answer = await without.PostTarAsync(new TarBuilder().File("a", "1").Bytes());
        ((int)answer.StatusCode).ShouldBe(503);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("apt-get install bubblewrap");
        var system = await without.Api.GetFromJsonAsync<JsonElement>("/api/v1/system", TestContext.Current.CancellationToken);
        system.GetProperty("sandbox").GetProperty("level").GetString().ShouldBe("none");
    }

    private async Task<JsonElement> ListAsync(WorkspaceId workspace, string path) =>
        await server.Api.GetFromJsonAsync<JsonElement>($"/api/v1/workspaces/{workspace}/files?path={path}");

    private Task<HttpResponseMessage> ReadAsync(WorkspaceId workspace, string path) =>
        server.Api.GetAsync(new Uri($"/api/v1/workspaces/{workspace}/files/content?path={path}", UriKind.Relative));

    private static async Task RunOnHostAsync(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }
}
