using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Testing.Servers;
using CodexOS.Tools.Calls;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Shouldly;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>The real server, with tools, models and workspaces that the test controls.</summary>
internal sealed class AgentsServer : IAsyncDisposable
{
    private readonly CodexServer _server;

    private AgentsServer(CodexServer server, HttpClient client, TenantId tenant) =>
        (_server, Client, Tenant) = (server, client, tenant);

    public required ScriptedChat Chat { get; init; }

    public required IReadOnlyDictionary<string, NoteTool> Tools { get; init; }

    public required SomeWorkspaces Workspaces { get; init; }

    public HttpClient Client { get; }

    public HttpClient Anonymous => _server.Client;

    public TenantId Tenant { get; }

    public IServiceProvider Services => _server.Services;

    public static Task<AgentsServer> StartAsync(
        string? postgres, CancellationToken cancellationToken, params string[] settings) =>
        StartAsync(postgres, static _ => { }, cancellationToken, settings);

    public static async Task<AgentsServer> StartAsync(
        string? postgres, Action<IServiceCollection> more, CancellationToken cancellationToken, params string[] settings)
    {
        var chat = new ScriptedChat();
        var tools = NoteTool.Names.ToDictionary(
            static name => name, static name => new NoteTool(name, asks: name == "git_commit"));
        var workspaces = new SomeWorkspaces();
        var server = await CodexServer.StartAsync(
            postgres,
            settings,
            services =>
            {
                services.RemoveAll<ITool>();
                foreach (var tool in tools.Values) services.AddSingleton<ITool>(tool);
                services.RemoveAll<IEffectHandler>();
                services.AddSingleton<IEffectHandler, ToolCallHandler>();
                services.AddSingleton<IEffectHandler>(chat);
                services.Replace(ServiceDescriptor.Singleton<IModels>(new TwoModels()));
                services.Replace(ServiceDescriptor.Singleton<IWorkspaces>(workspaces));
                more(services);
            },
            cancellationToken: cancellationToken);
        var client = await server.SignInAsync(cancellationToken);
        var me = await client.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", cancellationToken);
        return new AgentsServer(
            server, client, TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null))
        {
            Chat = chat,
            Tools = tools,
            Workspaces = workspaces,
        };
    }

    /// <summary>Makes a further tenant, and returns a client of its owner.</summary>
    public Task<HttpClient> AddTenantAsync(string name, CancellationToken cancellationToken) =>
        _server.AddTenantAsync(Client, name, cancellationToken);

    public IDisposable Enter(TenantId tenant) => Services.GetRequiredService<TenantContext>().Enter(tenant);

    public async Task<JsonElement> GetAsync(
        string path, CancellationToken cancellationToken, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var answer = await Client.GetAsync($"/api/v1{path}", cancellationToken);
        answer.StatusCode.ShouldBe(expected);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> ApplyAsync(
        string yaml, CancellationToken cancellationToken)
    {
        using var content = new StringContent(yaml, Encoding.UTF8, new MediaTypeHeaderValue("application/yaml"));
        using var answer = await Client.PutAsync("/api/v1/agents", content, cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken));
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> StartRunAsync(
        string agent, object body, CancellationToken cancellationToken, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/agents/{agent}/runs")
        {
            Content = JsonContent.Create(body),
        };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await Client.SendAsync(request, cancellationToken);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken));
    }

    /// <summary>
    /// Follows a run until an event of a kind after some of them, or to its end, and returns the events so far.
    /// </summary>
    public async Task<List<JsonElement>> FollowAsync(
        string run, string? untilKind, CancellationToken cancellationToken, int skip = 0)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
            events.Add(JsonElement.Parse(line["data: ".Length..]));
            if (events[^1].GetProperty("kind").GetString() == untilKind && skip-- == 0) break;
        }

        return events;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
