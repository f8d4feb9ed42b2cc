using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Storage;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>The real server with a signed-in client, and short ways to workspaces and tools.</summary>
public class WorkspaceServer : IAsyncLifetime
{
    private readonly TempDirectory _samples = new();
    private int _calls;

    public CodexServer Server { get; private set; } = null!;

    public HttpClient Api { get; private set; } = null!;

    public TenantId Tenant { get; private set; }

    public string? DataPath { get; init; }

    public string[] Settings { get; init; } = [];

    /// <summary>A database of PostgreSQL; SQLite if null.</summary>
    public string? Postgres { get; init; }

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_samples.In("calc"));
        await File.WriteAllTextAsync(_samples.In("calc", "README.md"), "# Calculator\n\nFour `small`\nfunctions.\n\nMore.\n");
        await File.WriteAllTextAsync(_samples.In("calc", "calc.js"), "exports.add = (a, b) => a - b;\n");
        await File.WriteAllTextAsync(
            _samples.In("calc", "calc.test.js"),
            "require('node:test')('adds', () => require('node:assert').equal(require('./calc').add(2, 2), 4));\n");
        Directory.CreateDirectory(_samples.In("text"));
        await File.WriteAllTextAsync(_samples.In("text", "README.md"), "# Text\n\nWords.\n");
        Server = await CodexServer.StartAsync(
            Postgres, settings: [$"Sandbox:SamplesPath={_samples.Path}", .. FreeSpace(), .. Settings], dataPath: DataPath);
        Api = await Server.SignInAsync();
        var me = await Api.GetFromJsonAsync<JsonElement>("/api/v1/auth/me");
        Tenant = TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null);
    }

    /// <summary>Tests work on whatever disk there is, unless they say otherwise; a setting is given once.</summary>
    private IEnumerable<string> FreeSpace()
    {
        const string setting = "Sandbox:DiskFreeBytesMin=";
        return Settings.Any(one => one.StartsWith(setting, StringComparison.Ordinal)) ? [] : [setting + "0"];
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Api.Dispose();
        await Server.DisposeAsync();
        _samples.Dispose();
    }

    /// <summary>Uploads an archive and expects a workspace.</summary>
    public async Task<WorkspaceId> UploadAsync(byte[] archive)
    {
        using var answer = await PostTarAsync(archive);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        var made = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return WorkspaceId.Parse(made.GetProperty("id").GetString()!, null);
    }

    public async Task<WorkspaceId> UploadAsync(params (string Path, string Text)[] files)
    {
        var tar = new TarBuilder();
        foreach (var (path, text) in files) tar.File(path, text);
        return await UploadAsync(tar.Bytes());
    }

    /// <summary>Sends an archive once the server has said that it wants it: one that does not, hangs up in the middle.</summary>
    public async Task<HttpResponseMessage> PostTarAsync(byte[] archive, string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/workspaces")
        {
            Content = new ByteArrayContent(archive),
            Headers = { ExpectContinue = true },
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        return await Api.SendAsync(request);
    }

    /// <summary>Calls a tool as the gate does, with a key of its own unless one is given.</summary>
    public async Task<Result<ToolResult>> TryCallAsync(
        string tool,
        WorkspaceId? workspace,
        object arguments,
        string? key = null,
        RunId? run = null,
        CancellationToken cancellationToken = default)
    {
        var services = Server.Services;
        using var entered = services.GetRequiredService<TenantContext>().Enter(Tenant);
        var call = CallOf(workspace, arguments, key ?? $"call-{Interlocked.Increment(ref _calls)}");
        if (run is { } given) call = call with { Run = given };
        return await ToolOf(tool).InvokeAsync(call, cancellationToken);
    }

    public async Task<ToolResult> CallAsync(
        string tool, WorkspaceId workspace, object arguments, string? key = null, RunId? run = null) =>
        (await TryCallAsync(tool, workspace, arguments, key, run: run)).Value;

    public async Task<ApprovalPreview?> PreviewAsync(string tool, WorkspaceId workspace, object arguments)
    {
        using var entered = Server.Services.GetRequiredService<TenantContext>().Enter(Tenant);
        return await ToolOf(tool).PreviewAsync(CallOf(workspace, arguments, "preview"), CancellationToken.None);
    }

    /// <summary>The text of a file, read with the tool, without line numbers.</summary>
    public async Task<string> ReadAsync(WorkspaceId workspace, string path)
    {
        var answer = await Api.GetAsync(new Uri($"/api/v1/workspaces/{workspace}/files/content?path={Uri.EscapeDataString(path)}", UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    internal WorkspaceFolder FolderOf(WorkspaceId workspace) =>
        Server.Services.GetRequiredService<WorkspacePlaces>().Of(Tenant, workspace);

    internal string FilesOf(WorkspaceId workspace) => FolderOf(workspace).Current()!.FilesPath;

    internal async Task<WorkspaceRow> RowOfAsync(WorkspaceId workspace)
    {
        await using var database = await Server.Services
            .GetRequiredService<IDbContextFactory<SandboxDbContext>>().CreateDbContextAsync();
        return await database.Workspaces.IgnoreQueryFilters().SingleAsync(row => row.WorkspaceId == workspace);
    }

    public ITool ToolOf(string name) => Server.Services.GetServices<ITool>().Single(tool => tool.Contract.Name == name);

    private ToolCall CallOf(WorkspaceId? workspace, object arguments, string key) =>
        new(RunId.New(TimeProvider.System), Tenant, key, JsonSerializer.SerializeToElement(arguments), workspace);
}

/// <summary>A server whose programs write into layers over workspaces of any size.</summary>
public sealed class LayeringServer : WorkspaceServer
{
    public LayeringServer() => Settings = ["Sandbox:LayerBytesMin=0"];
}
