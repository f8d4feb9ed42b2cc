using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Servers;

namespace CodexOS.Bench;

/// <summary>A knowledge base of a real server, used through its API as a program would.</summary>
internal sealed class KnowledgeBase(HttpClient client, string name)
{
    private readonly string _path = $"/api/v1/knowledge/{name}";

    public static async Task<KnowledgeBase> MakeAsync(HttpClient client, string name)
    {
        await DoneAsync(client.PostAsJsonAsync("/api/v1/knowledge", new { name }));
        return new KnowledgeBase(client, name);
    }

    /// <summary>A server that counts its limits and never reaches them.</summary>
    public static Task<CodexServer> StartServerAsync() => CodexServer.StartAsync(
        settings: ["RateLimits:PerAddress=1000000", "RateLimits:PerAccount=1000000", "RateLimits:PerTenant=1000000"]);

    public Task AddAsync(string document, ReadOnlyMemory<byte> content)
    {
        var body = new ReadOnlyMemoryContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return DoneAsync(client.PostAsync($"{_path}/documents?document={Uri.EscapeDataString(document)}", body));
    }

    /// <summary>Has everything read that waits, and waits for the end; how many documents could not be read.</summary>
    /// <exception cref="InvalidOperationException">Some were not even tried.</exception>
    public async Task<int> IngestAsync()
    {
        var run = (await DoneAsync(client.PostAsync($"{_path}/ingest", null))).GetProperty("id").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using (var events = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
            await (await events.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);
        var counts = await client.GetFromJsonAsync<JsonElement>(_path);
        return counts.GetProperty("pending").GetInt32() == 0
            ? counts.GetProperty("failed").GetInt32()
            : throw new InvalidOperationException($"Documents still wait: {counts}");
    }

    /// <summary>Whether what a passage cites is what the document has at that place.</summary>
    public async Task<bool> ResolvesAsync(JsonElement passage)
    {
        var place = passage.GetProperty("place");
        var part = await client.GetFromJsonAsync<JsonElement>(
            $"{_path}/documents/{passage.GetProperty("documentId").GetString()}/text?start={place.GetProperty("start")}"
            + $"&length={place.GetProperty("length")}");
        return part.GetProperty("version").GetInt32() == passage.GetProperty("version").GetInt32()
            && part.GetProperty("text").GetString() == passage.GetProperty("text").GetString();
    }

    /// <summary>The passages that answer a question best.</summary>
    public async Task<JsonElement> SearchAsync(string query, int limit) =>
        (await DoneAsync(client.PostAsJsonAsync($"{_path}/search", new { query, limit }))).GetProperty("passages");

    private static async Task<JsonElement> DoneAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonElement.Parse(text) : throw new InvalidOperationException(text);
    }
}
