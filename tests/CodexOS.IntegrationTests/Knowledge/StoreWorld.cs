using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Runs;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>A server with a store for vectors, and documents of which vectors can be made.</summary>
internal sealed class StoreWorld : IAsyncDisposable
{
    public const string Store = "outside";

    private static readonly string[][] s_subjects =
    [
        ["pump", "valve", "pressure", "oil", "seal", "leak", "hydraulic", "flow"],
        ["salary", "holiday", "contract", "bonus", "leave", "manager", "payroll", "review"],
        ["server", "network", "router", "packet", "firewall", "latency", "cable", "switch"],
        ["soup", "bread", "kitchen", "menu", "lunch", "cook", "salt", "canteen"],
    ];

    private StoreWorld(VectorServer? outside, EngineHarness engine) => (Outside, Engine) = (outside, engine);

    /// <summary>The store; null for the index itself.</summary>
    public VectorServer? Outside { get; }

    public EngineHarness Engine { get; }

    public HttpClient Client => Engine.Client;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<StoreWorld> StartAsync(VectorServer? outside, params string[] settings) =>
        new(outside, await EngineHarness.StartAsync(null, Token, [.. outside?.Settings(Store) ?? [], .. settings]));

    /// <summary>The text of a document: of one subject, in words that are drawn for its number.</summary>
    public static string TextOf(int number)
    {
        var subject = s_subjects[number % s_subjects.Length];
        var drawn = new Random(number);
        return string.Join(' ', Enumerable.Range(0, 12).Select(_ => subject[drawn.Next(subject.Length)])) + $" page{number}x";
    }

    /// <summary>Makes a base, in the store unless another is named.</summary>
    public static async Task MakeAsync(HttpClient client, string name, string? store)
    {
        using var made = await client.PostAsJsonAsync(KnowledgeApi.Bases, new { name, store }, Token);
        made.IsSuccessStatusCode.ShouldBeTrue(await made.Content.ReadAsStringAsync(Token));
    }

    public static async Task FillAsync(HttpClient client, string name, int from, int count, string query = "")
    {
        for (var number = from; number < from + count; number++)
            await client.AddAsync(name, $"{number}.txt", TextOf(number), query);
        (await client.IngestAsync(name)).Text("status").ShouldBe("completed");
    }

    /// <summary>Searches, and returns the whole answer.</summary>
    public static async Task<JsonElement> AskAsync(HttpClient client, string name, string query, object? metadata = null)
    {
        using var answer = await client.PostAsJsonAsync(
            $"{KnowledgeApi.Bases}/{name}/search", new { query, limit = 20, metadata }, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonElement.Parse(text);
    }

    /// <summary>Searches until vectors count fully.</summary>
    public static async Task<JsonElement> AskWholeAsync(HttpClient client, string name, string query, object? metadata = null)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        for (var attempt = 0; ; attempt++)
        {
            var answer = await AskAsync(client, name, query, metadata);
            if (!answer.GetProperty("isPartial").GetBoolean() && Passages(answer).Exists(static one => Dense(one) != 0)) return answer;
            attempt.ShouldBeLessThan(1_200, answer.ToString());
            await tick.WaitForNextTickAsync(Token);
        }
    }

    /// <summary>A member who may only read, and their client.</summary>
    public static async Task<(string Id, HttpClient Client)> AddReaderAsync(HttpClient owner, string name)
    {
        var id = (await MadeAsync("/api/v1/service-accounts", new { name, role = "viewer" })).Text("id");
        var key = await MadeAsync(
            $"/api/v1/service-accounts/{id}/api-keys", new { name = "k", scopes = new[] { "knowledge:read" } });
        var client = new HttpClient { BaseAddress = owner.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text("key"));
        return (id, client);

        async Task<JsonElement> MadeAsync(string path, object body)
        {
            using var answer = await owner.PostAsJsonAsync(path, body, Token);
            answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
            return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        }
    }

    public static List<JsonElement> Passages(JsonElement answer) => [.. answer.GetProperty("passages").EnumerateArray()];

    public static List<string> Names(JsonElement answer) => Passages(answer).ConvertAll(static one => one.Text("document"));

    public static double Dense(JsonElement passage) => passage.GetProperty("scores").GetProperty("dense").GetDouble();

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        if (Outside is not null) await Outside.DisposeAsync();
    }
}
