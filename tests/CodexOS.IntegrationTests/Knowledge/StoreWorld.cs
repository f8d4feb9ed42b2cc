using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Knowledge.Contracts;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using CodexOS.Testing.Runs;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>
/// A server with a store for vectors, and passages of which vectors can be made. Passages have numbers; some share a document,
/// since it is passages that vectors are made of.
/// </summary>
public abstract partial class StoreWorld : IAsyncLifetime
{
    internal const string Store = "outside";

    /// <summary>A model that makes vectors, and one whose vectors have half as many numbers.</summary>
    internal const string Model = "lab:meanings", Shorter = "lab:shorter";

    /// <summary>How many passages a document has.</summary>
    internal const int Section = 20;

    private const int WordsOfPassage = 12;
    private const int Repeated = 5;

    private static readonly string[][] s_subjects =
    [
        ["pump", "valve", "pressure", "oil", "seal", "leak", "hydraulic", "flow"],
        ["salary", "holiday", "contract", "bonus", "leave", "manager", "payroll", "review"],
        ["server", "network", "router", "packet", "firewall", "latency", "cable", "switch"],
        ["soup", "bread", "kitchen", "menu", "lunch", "cook", "salt", "canteen"],
    ];

    private EngineHarness? _engine;
    private OpenAiServer? _lab;

    /// <summary>The store; null for the index itself.</summary>
    internal VectorServer? Outside { get; private set; }

    internal EngineHarness Engine => _engine!;

    /// <summary>The endpoint of the models.</summary>
    internal OpenAiServer Lab => _lab!;

    internal HttpClient Client => Engine.Client;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What the server is started with.</summary>
    internal string[] Settings { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Outside = await StartServerAsync();
        _lab = (await OpenAiServer.StartAsync()).Otherwise(static asked =>
            new OpenAiAnswer.Embeds(asked.Model == "shorter" ? Short : Meanings.Of));
        Settings =
        [
            .. SettingsOf(), "Knowledge:BatchDocumentsMax=1000", "Identity:AccessTokenLifetime=01:00:00",
            $"Inference:Compatible:lab:BaseUrl={_lab.BaseUrl}",
        ];
        _engine = await EngineHarness.StartAsync(null, Token, Settings);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync();
        if (Outside is not null) await Outside.DisposeAsync();
        if (_lab is not null) await _lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<VectorServer?> StartServerAsync();

    private protected virtual IEnumerable<string> SettingsOf() => Outside?.Settings(Store) ?? [];

    /// <summary>The words of a passage: of one subject, as they are drawn for its number.</summary>
    internal static string TextOf(int number)
    {
        var subject = s_subjects[number % s_subjects.Length];
        var drawn = new Random(number);
        return string.Join(' ', Enumerable.Range(0, WordsOfPassage).Select(_ => subject[drawn.Next(subject.Length)]))
            + $" page{number}x";
    }

    /// <summary>Makes a base in a store, or in the index itself; with a model, or with its own vectors.</summary>
    internal static Task MakeAsync(HttpClient client, string name, string? store, string? model = null) =>
        client.DoneAsync(HttpMethod.Post, KnowledgeApi.Bases, JsonContent.Create(new { name, store, model }));

    /// <summary>Starts to give a base another model.</summary>
    internal static async Task<RunId> StartEmbedAsync(HttpClient client, string name, string model) => RunId.Parse(
        (await client.DoneAsync(
            HttpMethod.Post, $"{KnowledgeApi.Bases}/{name}/embed", JsonContent.Create(new { model }))).Text("id"), null);

    /// <summary>Gives a base another model, and waits until it has it.</summary>
    internal async Task EmbedAsync(string name, string model)
    {
        var run = await Engine.EndAsync(await StartEmbedAsync(Client, name, model), Token);
        run.Status.ShouldBe(RunStatus.Completed, run.Fault?.ToString());
        (await BaseAsync(Client, name)).Text("model").ShouldBe(model);
    }

    /// <summary>Adds documents with the passages of so many numbers, and has them read.</summary>
    internal static async Task FillAsync(HttpClient client, string name, int from, int count, string query = "")
    {
        for (var first = from; first < from + count; first += Section)
            await client.AddAsync(name, DocumentOf(first), DocumentOf(Enumerable.Range(first, Section)), query);
        (await client.IngestAsync(name)).Text("status").ShouldBe("completed");
    }

    /// <summary>The name of the document that a passage is in.</summary>
    internal static string DocumentOf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number / Section * Section}.md");

    /// <summary>A document of passages: long enough ones under headings of their own are not put together.</summary>
    internal static string DocumentOf(IEnumerable<int> numbers)
    {
        var text = new StringBuilder();
        foreach (var number in numbers)
        {
            text.Append("# Page\n\n");
            foreach (var _ in Enumerable.Range(0, Repeated)) text.Append(TextOf(number)).Append(' ');
            text.Append("\n\n");
        }

        return text.ToString();
    }

    /// <summary>Searches, and returns the whole answer.</summary>
    internal static Task<JsonElement> AskAsync(HttpClient client, string name, string query, object? metadata = null) =>
        client.DoneAsync(
            HttpMethod.Post, $"{KnowledgeApi.Bases}/{name}/search", JsonContent.Create(new { query, limit = 20, metadata }));

    /// <summary>Searches until vectors count fully.</summary>
    internal static Task<JsonElement> AskWholeAsync(HttpClient client, string name, string query, object? metadata = null) =>
        UntilAsync(
            () => AskAsync(client, name, query, metadata),
            static answer => !answer.GetProperty("isPartial").GetBoolean() && Passages(answer).Exists(static one => Dense(one) != 0));

    /// <summary>Looks again and again, for what nothing tells of.</summary>
    internal static async Task<T> UntilAsync<T>(Func<Task<T>> look, Predicate<T> holds)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        for (var attempt = 0; ; attempt++)
        {
            var seen = await look();
            if (holds(seen)) return seen;
            attempt.ShouldBeLessThan(1_200, $"{seen}");
            await tick.WaitForNextTickAsync(Token);
        }
    }

    /// <summary>A member who may only read, and their client.</summary>
    internal static async Task<(string Id, HttpClient Client)> AddReaderAsync(HttpClient owner, string name)
    {
        var id = (await owner.DoneAsync(
            HttpMethod.Post, "/api/v1/service-accounts", JsonContent.Create(new { name, role = "viewer" }))).Text("id");
        var key = await owner.DoneAsync(
            HttpMethod.Post, $"/api/v1/service-accounts/{id}/api-keys",
            JsonContent.Create(new { name = "k", scopes = new[] { "knowledge:read" } }));
        var client = new HttpClient { BaseAddress = owner.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text("key"));
        return (id, client);
    }

    /// <summary>Another tenant, and the client of its owner.</summary>
    internal static async Task<HttpClient> AddTenantAsync(HttpClient operating, string name)
    {
        var made = await operating.DoneAsync(HttpMethod.Post, "/api/v1/tenants", JsonContent.Create(new { name }));
        var client = new HttpClient { BaseAddress = operating.BaseAddress };
        var owner = await client.DoneAsync(HttpMethod.Post, "/api/v1/setup", JsonContent.Create(new
        {
            token = made.GetProperty("ownerLink").Text("path").Split("#token=")[^1],
            email = $"{name}@example.org",
            displayName = name,
            password = CodexServer.AdministratorPassword,
            transport = "body",
        }));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", owner.Text("accessToken"));
        return client;
    }

    internal static Task<JsonElement> BaseAsync(HttpClient client, string name) =>
        client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/{name}", Token);

    internal static List<JsonElement> Passages(JsonElement answer) => [.. answer.GetProperty("passages").EnumerateArray()];

    /// <summary>The numbers of the passages that were found.</summary>
    internal static List<int> Numbers(JsonElement answer) => Passages(answer).ConvertAll(NumberOf);

    internal static int NumberOf(JsonElement passage) =>
        int.Parse(NumberPattern().Match(passage.Text("text")).Groups["number"].Value, CultureInfo.InvariantCulture);

    internal static double Dense(JsonElement passage) => passage.GetProperty("scores").GetProperty("dense").GetDouble();

    /// <summary>What the names of all collections of a base begin with.</summary>
    internal static async Task<string> PrefixOfAsync(HttpClient client, string name) =>
        $"codexos_{KnowledgeBaseId.Parse((await BaseAsync(client, name)).Text("id"), null).Value:N}_";

    /// <summary>A vector of meanings, folded in the middle.</summary>
    private static float[] Short(string text)
    {
        var whole = Meanings.Of(text);
        return [.. whole.Take(whole.Length / 2).Zip(whole.Skip(whole.Length / 2), static (one, other) => one + other)];
    }

    [GeneratedRegex("page(?<number>[0-9]+)x", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex NumberPattern();
}

/// <summary>The index itself.</summary>
public sealed class EmbeddedWorld : StoreWorld
{
    private protected override Task<VectorServer?> StartServerAsync() => Task.FromResult<VectorServer?>(null);
}

/// <summary>A Chroma server behind a gate.</summary>
public class ChromaWorld : StoreWorld
{
    private const string Collections = "/api/v2/tenants/default_tenant/databases/default_database/collections";

    internal UpsertGate Gate { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Gate is not null) await Gate.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>The names of the collections there that begin so.</summary>
    internal async Task<List<string>> CollectionsAsync(string prefix)
    {
        using var http = new HttpClient { BaseAddress = ((ChromaServer)Outside!).Url };
        return
        [
            .. (await http.GetFromJsonAsync<JsonElement>(Collections, Token)).EnumerateArray()
                .Select(static one => one.Text("name")).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)),
        ];
    }

    /// <summary>Takes collections away behind the server's back.</summary>
    internal async Task DeleteCollectionsAsync(string prefix)
    {
        using var http = new HttpClient { BaseAddress = ((ChromaServer)Outside!).Url };
        foreach (var name in await CollectionsAsync(prefix))
        {
            using var deleted = await http.DeleteAsync($"{Collections}/{name}", Token);
            deleted.EnsureSuccessStatusCode();
        }
    }

    private protected override async Task<VectorServer?> StartServerAsync()
    {
        var chroma = await ChromaServer.StartAsync(Token);
        Gate = new UpsertGate(chroma.Url);
        return chroma;
    }

    private protected override IEnumerable<string> SettingsOf() =>
        [.. base.SettingsOf(), $"Knowledge:Stores:{Store}:Url={Gate.Url}", $"Knowledge:Stores:{Store}:BatchVectorsMax=30"];
}

/// <summary>A PostgreSQL with the extension vector.</summary>
public sealed class PgvectorWorld : StoreWorld
{
    private protected override async Task<VectorServer?> StartServerAsync() => await PgvectorServer.StartAsync(Token);
}

/// <summary>A Chroma server behind a gate, and a PostgreSQL with the extension vector beside it.</summary>
public sealed class TwoStoresWorld : ChromaWorld
{
    /// <summary>What the second store is called.</summary>
    internal const string Second = "tables";

    private PgvectorServer? _tables;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_tables is not null) await _tables.DisposeAsync();
    }

    private protected override async Task<VectorServer?> StartServerAsync()
    {
        _tables = await PgvectorServer.StartAsync(Token);
        return await base.StartServerAsync();
    }

    private protected override IEnumerable<string> SettingsOf() =>
    [
        .. base.SettingsOf(), .. _tables!.Settings(Second), $"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}",
    ];
}

/// <summary>The tests that share one Chroma server.</summary>
[CollectionDefinition(Name)]
public sealed class ChromaTests : ICollectionFixture<ChromaWorld>
{
    public const string Name = "Chroma";
}
