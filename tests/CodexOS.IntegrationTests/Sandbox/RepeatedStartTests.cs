using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Storage;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Starts of agents that are sent again with the same Idempotency-Key, and what they copy.</summary>
public sealed class RepeatedStartTests(WorkspaceServer server) : IClassFixture<WorkspaceServer>, IAsyncLifetime
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var reader = new StringContent(
            "name: reader\ninstructions: Read.\nmodel: scripted:repo-engineer\ntools: [read_file]\n",
            Encoding.UTF8, "application/yaml");
        using var applied = await server.Api.PutAsync(new Uri("/api/v1/agents", UriKind.Relative), reader, Token);
        applied.EnsureSuccessStatusCode();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Starts_that_race_with_one_key_are_one_run_and_copy_one_sample()
    {
        var before = await CountAsync();
        var first = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => StartAsync("race")));
        var again = await StartAsync("race");
        string[] whats = ["id", "workspaceId"];
        foreach (var what in whats)
            first.Append(again).Select(run => run.GetProperty(what).GetString()).Distinct().Count().ShouldBe(1, what);
        (await CountAsync()).ShouldBe((before.Rows + 1, before.Folders + 1));
        (await StartAsync("another")).GetProperty("workspaceId").GetString()
            .ShouldNotBe(again.GetProperty("workspaceId").GetString());
    }

    [Fact]
    public async Task A_start_that_died_after_its_copy_finds_the_copy_when_it_is_sent_again()
    {
        var copied = await CopyAsync("died after");
        var before = await CountAsync();
        (await StartAsync("died after")).GetProperty("workspaceId").GetString().ShouldBe(copied.ToString());
        (await CountAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_start_that_died_while_it_copied_makes_the_copy_anew_when_it_is_sent_again()
    {
        var copied = await CopyAsync("died within");
        await using (var database = await ContextAsync())
        {
            var row = await database.Workspaces.IgnoreQueryFilters()
                .SingleAsync(each => each.WorkspaceId == copied, Token);
            row.IsReady = false;
            await database.SaveChangesAsync(Token);
        }

        await File.WriteAllTextAsync(Path.Combine(server.FilesOf(copied), "calc.js"), "half a", Token);
        var before = await CountAsync();
        (await StartAsync("died within")).GetProperty("workspaceId").GetString().ShouldBe(copied.ToString());
        (await CountAsync()).ShouldBe(before);
        (await server.ReadAsync(copied, "calc.js")).ShouldBe("exports.add = (a, b) => a - b;\n");
    }

    [Fact]
    public async Task A_key_that_comes_with_another_sample_is_refused_and_nothing_is_copied()
    {
        await StartAsync("reused");
        var before = await CountAsync();
        using var answer = await PostAsync("reused", "text");
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString()
            .ShouldBe("sandbox.idempotency_conflict");
        (await CountAsync()).ShouldBe(before);
    }

    private async Task<JsonElement> StartAsync(string key)
    {
        using var answer = await PostAsync(key, "calc");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<HttpResponseMessage> PostAsync(string key, string sample)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/agents/reader/runs")
        {
            Content = JsonContent.Create(new { input = "Read it.", workspace = new { sample } }),
        };
        request.Headers.Add("Idempotency-Key", key);
        return await server.Api.SendAsync(request, Token);
    }

    /// <summary>The first half of a start, as one that dies between copy and run leaves it.</summary>
    private async Task<WorkspaceId> CopyAsync(string key)
    {
        var services = server.Server.Services;
        using var entered = services.GetRequiredService<TenantContext>().Enter(server.Tenant);
        return (await services.GetRequiredService<IWorkspaces>()
            .ResolveAsync(server.Tenant, new WorkspaceChoice.Sample("calc", key), Token)).Value;
    }

    private async Task<(int Rows, int Folders)> CountAsync()
    {
        await using var database = await ContextAsync();
        var folders = Path.Combine(server.Server.DataPath, "workspaces", server.Tenant.ToString());
        return (
            await database.Workspaces.IgnoreQueryFilters().CountAsync(Token),
            Directory.Exists(folders) ? Directory.GetDirectories(folders).Length : 0);
    }

    private Task<SandboxDbContext> ContextAsync() => server.Server.Services
        .GetRequiredService<IDbContextFactory<SandboxDbContext>>().CreateDbContextAsync(Token);
}
