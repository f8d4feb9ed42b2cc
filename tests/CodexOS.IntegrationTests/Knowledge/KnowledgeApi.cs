using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>What tests do with knowledge bases through the API.</summary>
internal static class KnowledgeApi
{
    public const string Bases = "/api/v1/knowledge";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task MakeBaseAsync(this HttpClient client, string name) =>
        await client.DoneAsync(HttpMethod.Post, Bases, JsonContent.Create(new { name }));

    /// <summary>Adds a document, and returns what became of it.</summary>
    public static async Task<JsonElement> AddAsync(
        this HttpClient client, string name, string document, ReadOnlyMemory<byte> content, string query = "")
    {
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await client.DoneAsync(
            HttpMethod.Post, $"{Bases}/{name}/documents?document={Uri.EscapeDataString(document)}{query}", body);
    }

    public static Task<JsonElement> AddAsync(
        this HttpClient client, string name, string document, string text, string query = "") =>
        client.AddAsync(name, document, Encoding.UTF8.GetBytes(text), query);

    /// <summary>Has everything read that waits, and returns the run as it ended.</summary>
    public static async Task<JsonElement> IngestAsync(this HttpClient client, string name)
    {
        var run = (await client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/ingest", null)).Text("id");
        return await client.EndedAsync(run);
    }

    /// <summary>Waits for the end of a run, and returns it.</summary>
    public static async Task<JsonElement> EndedAsync(this HttpClient client, string run)
    {
        await client.EventsAsync(run);
        return await client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
    }

    /// <summary>Waits for the end of a run, and returns its events.</summary>
    public static async Task<List<JsonElement>> EventsAsync(this HttpClient client, string run)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await client.SendAsync(request, Token);
        answer.EnsureSuccessStatusCode();
        return
        [
            .. (await answer.Content.ReadAsStringAsync(Token)).Split('\n')
                .Where(static line => line.StartsWith("data: {\"seq\"", StringComparison.Ordinal))
                .Select(static line => JsonElement.Parse(line["data: ".Length..])),
        ];
    }

    public static async Task<List<JsonElement>> SearchAsync(
        this HttpClient client, string name, string query, object? metadata = null) =>
        [
            .. (await client.DoneAsync(
                HttpMethod.Post, $"{Bases}/{name}/search", JsonContent.Create(new { query, limit = 20, metadata })))
                .GetProperty("passages").EnumerateArray(),
        ];

    public static async Task<List<JsonElement>> DocumentsAsync(this HttpClient client, string name) =>
        [
            .. (await client.GetFromJsonAsync<JsonElement>($"{Bases}/{name}/documents?limit=100", Token))
                .GetProperty("items").EnumerateArray(),
        ];

    /// <summary>Makes a service account, and gives a client that has a key of it.</summary>
    public static async Task<(string Id, HttpClient Client)> AddAccountAsync(
        this CodexServer server, HttpClient owner, string name, string role, params string[] scopes)
    {
        var account = await owner.DoneAsync(HttpMethod.Post, "/api/v1/service-accounts", JsonContent.Create(new { name, role }));
        var id = account.Text("id");
        var key = await owner.DoneAsync(
            HttpMethod.Post, $"/api/v1/service-accounts/{id}/api-keys", JsonContent.Create(new { name = "k", scopes }));
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text("key"));
        return (id, client);
    }

    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    /// <summary>Makes a source.</summary>
    public static Task<JsonElement> AddSourceAsync(
        this HttpClient client, string name, string source, object place, object? schedule = null) => client.DoneAsync(
        HttpMethod.Post, $"{Bases}/{name}/sources", JsonContent.Create(new { name = source, place, schedule }));

    public static Task<JsonElement> SourceAsync(this HttpClient client, string name, string source) =>
        client.GetFromJsonAsync<JsonElement>($"{Bases}/{name}/sources/{source}", Token);

    /// <summary>Synchronises a source to the end, and returns what came of it.</summary>
    public static async Task<JsonElement> SyncAsync(this HttpClient client, string name, string source)
    {
        var run = (await client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/sources/{source}/sync", null)).Text("id");
        await client.EndedAsync(run);
        return (await client.SourceAsync(name, source)).GetProperty("lastResult");
    }

    /// <summary>What a sync came to: outcome, added, changed, unchanged, removed, failed.</summary>
    public static (string Outcome, int Added, int Changed, int Unchanged, int Removed, int Failed) Counts(this JsonElement result)
    {
        return (result.Text("outcome"), Of("added"), Of("changed"), Of("unchanged"), Of("removed"), Of("failed"));

        int Of(string member) => result.GetProperty(member).GetInt32();
    }

    public static async Task<List<string>> NamesAsync(this HttpClient client, string name) =>
        (await client.DocumentsAsync(name)).ConvertAll(static one => one.Text("name")).Order(StringComparer.Ordinal).ToList();

    public static async Task<JsonElement> DoneAsync(this HttpClient client, HttpMethod method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        using var answer = await client.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
