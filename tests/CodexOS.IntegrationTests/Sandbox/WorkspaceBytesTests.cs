using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Storage;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Testing.Postgres;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>How many bytes the workspaces of a tenant may have together, on both databases.</summary>
public abstract class WorkspaceBytesTests(Func<Task<string?>> database)
{
    private const string Exceeded = "platform.quota_exceeded";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Imports_forks_and_steps_beyond_the_quota_are_refused_and_deleting_makes_room()
    {
        await using var server = await StartAsync("Sandbox:WorkspaceBytesPerTenantMax=1048576");
        var workspace = await server.UploadAsync(("big", Text(600_000)));
        var used = await UsedAsync(server);
        used.ShouldBeInRange(600_000, 700_000);

        using (var refused = await server.PostTarAsync(new TarBuilder().File("other", Text(600_000)).Bytes()))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("code").GetString().ShouldBe(Exceeded);
            problem.GetProperty("quota").GetString().ShouldBe("workspace_bytes");
            problem.GetProperty("detail").GetString()!.ShouldContain("delete some");
        }

        (await CountAsync(server)).ShouldBe(1);
        (await ForkAsync(server, workspace, "one")).ShouldBe(Exceeded);
        var written = await server.CallAsync("write_file", workspace, new { path = "more", content = Text(500_000) });
        written.IsError.ShouldBeTrue();
        written.Data.GetProperty("code").GetString().ShouldBe(Exceeded);
        (await UsedAsync(server)).ShouldBe(used);

        await server.CallAsync("write_file", workspace, new { path = "big", content = "small" });
        (await UsedAsync(server)).ShouldBe(used - 600_000 + 5);
        (await server.CallAsync("write_file", workspace, new { path = "more", content = Text(500_000) })).IsError.ShouldBeFalse();
        (await UsedAsync(server)).ShouldBe(used - 600_000 + 5 + 500_000);
        (await ForkAsync(server, workspace, "two")).ShouldBeNull("There is room for half a megabyte.");
    }

    [Fact]
    public async Task A_quota_that_was_lowered_keeps_nobody_from_deleting_and_going_back()
    {
        await using var server = await StartAsync();
        var workspace = await server.UploadAsync(("big", Text(600_000)));
        var first = server.FolderOf(workspace).Current()!.Name;
        await server.CallAsync("write_file", workspace, new { path = "big", content = Text(300_000) });
        var lowered = await server.Api.PutAsJsonAsync(
            $"/api/v1/tenants/{server.Tenant}/quotas/workspace_bytes", new { value = 1_000 }, Token);
        lowered.EnsureSuccessStatusCode();

        (await server.CallAsync("write_file", workspace, new { path = "more", content = "1" })).IsError.ShouldBeTrue();
        (await server.CallAsync("write_file", workspace, new { path = "big", content = Text(200_000) })).IsError.ShouldBeFalse();
        using (server.Server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant))
        {
            var restored = await server.Server.Services.GetRequiredService<WorkspaceChanges>()
                .RestoreAsync(await server.RowOfAsync(workspace), "back", first, Token);
            restored.IsOk.ShouldBeTrue();
        }

        (await UsedAsync(server)).ShouldBeGreaterThan(600_000);
    }

    [Fact]
    public async Task What_a_crash_or_an_older_version_left_unnoted_is_noted_after_the_start()
    {
        await using var server = await StartAsync();
        await server.UploadAsync(("big", Text(600_000)));
        var used = await UsedAsync(server);
        using (server.Server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant))
        {
            await using var db = await ContextAsync(server);
            await db.Workspaces.ExecuteUpdateAsync(static set => set.SetProperty(static row => row.SizeBytes, 0), Token);
        }

        (await UsedAsync(server)).ShouldBe(0);
        using var sweep = ActivatorUtilities.CreateInstance<WorkspaceSweep>(server.Server.Services);
        await sweep.StartAsync(Token);
        await sweep.ExecuteTask!;
        (await UsedAsync(server)).ShouldBe(used);
    }

    private async Task<WorkspaceServer> StartAsync(params string[] settings)
    {
        var server = new WorkspaceServer { Postgres = await database(), Settings = settings };
        await server.InitializeAsync();
        return server;
    }

    private static string Text(int length) => new('x', length);

    private static async Task<long> UsedAsync(WorkspaceServer server)
    {
        var quotas = await server.Api.GetFromJsonAsync<JsonElement>("/api/v1/quotas", Token);
        return quotas.GetProperty("items").EnumerateArray()
            .Single(static one => one.GetProperty("name").GetString() == "workspace_bytes").GetProperty("used").GetInt64();
    }

    private static async Task<int> CountAsync(WorkspaceServer server)
    {
        using var entered = server.Server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant);
        await using var db = await ContextAsync(server);
        return await db.Workspaces.CountAsync(Token);
    }

    private static async Task<string?> ForkAsync(WorkspaceServer server, WorkspaceId workspace, string key)
    {
        using var entered = server.Server.Services.GetRequiredService<TenantContext>().Enter(server.Tenant);
        var row = await server.RowOfAsync(workspace);
        var copied = await server.Server.Services.GetRequiredService<WorkspaceMaker>()
            .CopyVersionAsync(row, server.FolderOf(workspace).Current()!, key, Token);
        return copied.TryGet(out _, out var fault) ? null : fault.Code;
    }

    private static Task<SandboxDbContext> ContextAsync(WorkspaceServer server) =>
        server.Server.Services.GetRequiredService<IDbContextFactory<SandboxDbContext>>().CreateDbContextAsync(Token);
}

/// <summary>On SQLite.</summary>
public sealed class WorkspaceBytesOnSqliteTests() : WorkspaceBytesTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class WorkspaceBytesOnPostgresTests(PostgresCluster postgres)
    : WorkspaceBytesTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
