using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.OpenAi;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Runs;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Bases whose vectors a model makes, which speaks the OpenAI protocol.</summary>
public abstract class ModelVectorTests(Func<Task<string?>> database) : IAsyncLifetime
{
    private const string Model = "lab:meanings";
    private const string Bases = KnowledgeApi.Bases;
    private const string Door = "swordfish-at-the-door";

    private static readonly (string Name, string Text)[] s_documents =
    [
        ("garage.txt", "The sedan was repaired and washed before noon."),
        ("clinic.txt", "The doctor sees patients on the second floor."),
        ("harbour.txt", "A ferry leaves for the island every hour."),
        ("weather.txt", "A downpour is likely at the end of the week."),
    ];

    private OpenAiServer _lab = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => (_lab = await OpenAiServer.StartAsync()).Otherwise(Embeds);

    public async ValueTask DisposeAsync()
    {
        await _lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_means_the_same_is_found_without_a_common_word()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        var run = await FillAsync(engine.Client, "atlas");

        run.GetProperty("tokensIn").GetInt64().ShouldBe(
            _lab.Requests.Skip(1).Sum(static request => request.Inputs.Sum(static text => text.Split(' ').Length)));
        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
        (await FirstAsync(engine.Client, "atlas", "automobile")).ShouldBe("garage.txt");
        var asked = _lab.Requests.Count;
        (await FirstAsync(engine.Client, "atlas", "automobile")).ShouldBe("garage.txt");
        _lab.Requests.Count.ShouldBe(asked);
        (await BaseAsync(engine.Client, "atlas")).Text("model").ShouldBe(Model);
        (await TestAsync(engine.Client, "atlas")).GetProperty("findings").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task The_built_in_model_finds_what_is_said_in_other_words_and_asks_nobody()
    {
        await using var engine = await StartAsync($"Inference:BuiltinDirectory={BuiltinModelFiles.Folder}");
        await MakeAsync(engine.Client, "atlas", "builtin:use-lite");
        await FillAsync(engine.Client, "atlas");

        (await FirstAsync(engine.Client, "atlas", "Is it going to rain?")).ShouldBe("weather.txt");
        (await FirstAsync(engine.Client, "atlas", "boat trip")).ShouldBe("harbour.txt");
        (await BaseAsync(engine.Client, "atlas")).Text("model").ShouldBe("builtin:use-lite");
        _lab.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_base_is_not_made_with_a_built_in_model_that_is_not_there()
    {
        await using var engine = await StartAsync("Inference:BuiltinDirectory=/nowhere");

        using var made = await engine.Client.PostAsJsonAsync(Bases, new { name = "atlas", model = "builtin:use-lite" }, Token);
        (await CodeOfAsync(made, HttpStatusCode.ServiceUnavailable)).ShouldBe("inference.not_configured");
    }

    [Fact]
    public async Task An_index_that_is_lost_is_made_anew_without_asking_the_model()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        var asked = _lab.Requests.Count;

        await engine.RestartAsync(Token, () =>
        {
            Directory.Delete(Path.Combine(engine.DataPath, "index"), recursive: true);
            return Task.CompletedTask;
        });

        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
        _lab.Requests.Count.ShouldBe(asked + 1);
    }

    [Fact]
    public async Task The_same_text_is_not_sent_again_and_another_is()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        var asked = _lab.Requests.Count;

        await engine.Client.AddAsync("atlas", s_documents[1].Name, s_documents[1].Text, "&metadata=floor%3D2");
        await engine.Client.IngestAsync("atlas");
        _lab.Requests.Count.ShouldBe(asked);
        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
        Blobs(engine).ShouldBe(3 * s_documents.Length);

        await engine.Client.AddAsync("atlas", s_documents[1].Name, "A drizzle fell on the second floor.");
        await engine.Client.IngestAsync("atlas");
        (await AskAsync(engine.Client, "atlas", "rain")).GetProperty("passages").EnumerateArray()
            .Select(static one => one.Text("document")).Take(2).Order(StringComparer.Ordinal).ShouldBe(["clinic.txt", "weather.txt"]);
        Blobs(engine).ShouldBe(3 * s_documents.Length);
    }

    [Fact]
    public async Task While_the_model_is_away_words_count_alone_and_documents_wait()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        _lab.Otherwise(static _ => new OpenAiAnswer.Fails(503));

        var answer = await AskAsync(engine.Client, "atlas", "patients");
        answer.GetProperty("isPartial").GetBoolean().ShouldBeTrue();
        answer.Text("partialReason").ShouldBe("inference.endpoint_failed");
        answer.GetProperty("passages")[0].Text("document").ShouldBe("clinic.txt");
        (await TestAsync(engine.Client, "atlas")).GetProperty("findings").EnumerateArray().Select(static one => one.Text("code"))
            .ShouldContain("inference.endpoint_failed");
        await engine.Client.AddAsync("atlas", "bus.txt", "The vehicle stops here.");
        var failed = await engine.Client.IngestAsync("atlas");
        failed.Text("status").ShouldBe("failed");
        failed.GetProperty("fault").Text("code").ShouldBe("inference.endpoint_failed");
        (await BaseAsync(engine.Client, "atlas")).GetProperty("pending").GetInt64().ShouldBe(1);

        _lab.Otherwise(Embeds);
        (await engine.Client.IngestAsync("atlas")).Text("status").ShouldBe("completed");
        (await AskAsync(engine.Client, "atlas", "automobile")).GetProperty("passages").EnumerateArray()
            .Select(static one => one.Text("document")).Take(2).Order(StringComparer.Ordinal).ShouldBe(["bus.txt", "garage.txt"]);
    }

    [Fact]
    public async Task Two_ingestions_at_once_read_every_document_and_it_is_found_once()
    {
        await using var engine = await StartAsync("Knowledge:BatchDocumentsMax=1");
        await MakeAsync(engine.Client, "atlas", Model);
        foreach (var (document, text) in s_documents) await engine.Client.AddAsync("atlas", document, text);
        // Nothing is published before both are under way.
        var gate = HoldFrom(request: 1);
        var first = (await engine.Client.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/ingest", null)).Text("id");
        await gate.Reached.Task.WaitAsync(Token);
        var second = (await engine.Client.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/ingest", null)).Text("id");
        gate.Open.SetResult();

        foreach (var run in (string[])[first, second])
            (await engine.Client.EndedAsync(run)).Text("status").ShouldBe("completed");
        var documents = await engine.Client.DocumentsAsync("atlas");
        documents.Count.ShouldBe(s_documents.Length);
        documents.ShouldAllBe(static one => one.Text("state") == "indexed");
        var found = await AskAsync(engine.Client, "atlas", "noon patients island downpour");
        found.GetProperty("passages").EnumerateArray().Select(static one => one.Text("document")).Order(StringComparer.Ordinal)
            .ShouldBe(s_documents.Select(static one => one.Name).Order(StringComparer.Ordinal));
        Blobs(engine).ShouldBe(3 * s_documents.Length);
    }

    [Fact]
    public async Task A_base_is_given_a_model_and_takes_its_own_vectors_back()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", null);
        await FillAsync(engine.Client, "atlas");
        (await AskAsync(engine.Client, "atlas", "physician")).GetProperty("passages").GetArrayLength().ShouldBe(0);
        var blobs = Blobs(engine);

        (await EmbedAsync(engine.Client, "atlas", Model)).Text("status").ShouldBe("completed");
        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
        (await BaseAsync(engine.Client, "atlas")).Text("model").ShouldBe(Model);
        Blobs(engine).ShouldBe(blobs + s_documents.Length);
        using var same = await engine.Client.PostAsJsonAsync($"{Bases}/atlas/embed", new { model = Model }, Token);
        (await CodeOfAsync(same, HttpStatusCode.Conflict)).ShouldBe("knowledge.same_model");

        (await EmbedAsync(engine.Client, "atlas", "builtin")).Text("status").ShouldBe("completed");
        (await BaseAsync(engine.Client, "atlas")).Text("model").ShouldBe("builtin");
        (await AskAsync(engine.Client, "atlas", "physician")).GetProperty("passages").GetArrayLength().ShouldBe(0);
        (await FirstAsync(engine.Client, "atlas", "patients")).ShouldBe("clinic.txt");
        Blobs(engine).ShouldBe(blobs);
    }

    [Fact]
    public async Task What_was_read_while_a_base_got_its_model_has_vectors_too()
    {
        await using var engine = await StartAsync("Knowledge:BatchDocumentsMax=1", "Knowledge:BatchesAtOnceMax=1");
        await MakeAsync(engine.Client, "atlas", null);
        await FillAsync(engine.Client, "atlas");
        var gate = HoldFrom(request: 3);

        var run = await StartEmbedAsync(engine.Client, "atlas", Model);
        await gate.Reached.Task.WaitAsync(Token);
        (await FirstAsync(engine.Client, "atlas", "patients")).ShouldBe("clinic.txt");
        await engine.Client.AddAsync("atlas", "bus.txt", "The vehicle stops here.");
        await engine.Client.AddAsync("atlas", "garage.txt", "The vessel was repaired and washed before noon.");
        (await engine.Client.IngestAsync("atlas")).Text("status").ShouldBe("completed");
        var waiting = (await engine.Client.DocumentsAsync("atlas")).Single(static one => one.Text("name") == "weather.txt");
        await engine.Client.DoneAsync(HttpMethod.Post, $"{Bases}/atlas/documents/{waiting.Text("id")}/retry", null);
        gate.Open.SetResult();

        (await engine.Client.EndedAsync(run)).Text("status").ShouldBe("completed");
        (await FirstAsync(engine.Client, "atlas", "automobile")).ShouldBe("bus.txt");
        (await AskAsync(engine.Client, "atlas", "boat")).GetProperty("passages").EnumerateArray()
            .Select(static one => one.Text("document")).Take(2).Order(StringComparer.Ordinal)
            .ShouldBe(["garage.txt", "harbour.txt"]);
        (await FirstAsync(engine.Client, "atlas", "drizzle")).ShouldBe("weather.txt");
        (await TestAsync(engine.Client, "atlas")).GetProperty("findings").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_change_that_is_interrupted_goes_on_and_asks_for_nothing_that_is_kept()
    {
        await using var engine = await StartAsync("Knowledge:BatchDocumentsMax=1", "Knowledge:BatchesAtOnceMax=1");
        await MakeAsync(engine.Client, "atlas", null);
        await FillAsync(engine.Client, "atlas");
        var gate = HoldFrom(request: 3);
        var run = await StartEmbedAsync(engine.Client, "atlas", Model);
        await gate.Reached.Task.WaitAsync(Token);

        await engine.RestartAsync(Token, () =>
        {
            _lab.Otherwise(Embeds);
            return Task.CompletedTask;
        });

        (await engine.Client.EndedAsync(run)).Text("status").ShouldBe("completed");
        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
        var texts = _lab.Requests.SelectMany(static request => request.Inputs).Where(static text => text.EndsWith('.')).ToList();
        // The one that was under way is asked for twice, and no other.
        texts.Count.ShouldBe(s_documents.Length + 1);
        texts.Distinct(StringComparer.Ordinal).Count().ShouldBe(s_documents.Length);
    }

    [Fact]
    public async Task A_change_that_another_follows_ends_and_leaves_what_is_in_use()
    {
        await using var engine = await StartAsync("Knowledge:BatchDocumentsMax=1", "Knowledge:BatchesAtOnceMax=1");
        await MakeAsync(engine.Client, "atlas", null);
        await FillAsync(engine.Client, "atlas");
        var gate = HoldFrom(request: 3);
        var first = await StartEmbedAsync(engine.Client, "atlas", Model);
        await gate.Reached.Task.WaitAsync(Token);

        _lab.Otherwise(Embeds);
        (await EmbedAsync(engine.Client, "atlas", "lab:other")).Text("status").ShouldBe("completed");
        gate.Open.SetResult();

        (await engine.Client.EndedAsync(first)).GetProperty("fault").Text("code").ShouldBe("knowledge.embedding_overtaken");
        (await BaseAsync(engine.Client, "atlas")).Text("model").ShouldBe("lab:other");
        (await FirstAsync(engine.Client, "atlas", "physician")).ShouldBe("clinic.txt");
    }

    [Theory]
    [InlineData("nowhere:meanings", HttpStatusCode.BadRequest, "inference.unknown_provider")]
    [InlineData("scripted:repo-engineer", HttpStatusCode.BadRequest, "inference.no_embeddings")]
    [InlineData("meanings", HttpStatusCode.BadRequest, "inference.bad_model_name")]
    [InlineData("openai:text-embedding-3-small", HttpStatusCode.ServiceUnavailable, "inference.not_configured")]
    public async Task A_model_that_cannot_be_asked_is_refused(string model, HttpStatusCode status, string code)
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", null);

        using var made = await engine.Client.PostAsJsonAsync(Bases, new { name = "other", model }, Token);
        (await CodeOfAsync(made, status)).ShouldBe(code);
        using var given = await engine.Client.PostAsJsonAsync($"{Bases}/atlas/embed", new { model }, Token);
        (await CodeOfAsync(given, status)).ShouldBe(code);
    }

    [Fact]
    public async Task A_model_whose_vectors_have_another_length_by_now_is_told_from_before()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        _lab.Otherwise(static _ => new OpenAiAnswer.Embeds(static text => Meanings.Of(text)[..20]));

        (await AskAsync(engine.Client, "atlas", "patients")).Text("partialReason").ShouldBe("knowledge.model_changed");
        await engine.Client.AddAsync("atlas", "bus.txt", "The vehicle stops here.");
        (await engine.Client.IngestAsync("atlas")).GetProperty("fault").Text("code").ShouldBe("knowledge.model_changed");
    }

    [Fact]
    public async Task Deleting_a_document_or_its_base_deletes_its_vectors()
    {
        await using var engine = await StartAsync();
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        Blobs(engine).ShouldBe(3 * s_documents.Length);

        var document = (await engine.Client.DocumentsAsync("atlas"))[0].Text("id");
        await engine.Client.DoneAsync(HttpMethod.Delete, $"{Bases}/atlas/documents/{document}", null);
        Blobs(engine).ShouldBe(3 * (s_documents.Length - 1));
        await engine.Client.DoneAsync(HttpMethod.Delete, $"{Bases}/atlas?confirm=atlas", null);
        Blobs(engine).ShouldBe(0);
    }

    [Fact]
    public async Task A_model_that_is_asked_too_slowly_costs_a_search_no_more_than_its_time()
    {
        await using var engine = await StartAsync("Knowledge:QueryVectorTimeMax=00:00:00.100");
        await MakeAsync(engine.Client, "atlas", Model);
        await FillAsync(engine.Client, "atlas");
        _lab.Otherwise(static _ => new OpenAiAnswer.Hangs());

        var answer = await AskAsync(engine.Client, "atlas", "patients");

        answer.Text("partialReason").ShouldBe("knowledge.model_too_slow");
        answer.GetProperty("passages")[0].Text("document").ShouldBe("clinic.txt");
    }

    [Fact]
    public async Task Secrets_of_the_operator_are_not_sent_and_passages_with_one_are_found_by_their_words()
    {
        await using var engine = await StartAsync(
            $"Egress:Secrets:door:Value={Door}", "Egress:Secrets:door:Hosts:0=door.example");
        await MakeAsync(engine.Client, "atlas", Model);
        await engine.Client.AddAsync("atlas", "door.txt", $"The vehicle behind the door, which opens to {Door}.");
        await FillAsync(engine.Client, "atlas");

        var sent = _lab.Requests.SelectMany(static request => request.Inputs).ToList();
        sent.ShouldNotContain(static text => text.Contains(Door, StringComparison.Ordinal));
        sent.Count(static text => text.EndsWith('.')).ShouldBe(s_documents.Length);
        (await FirstAsync(engine.Client, "atlas", "door")).ShouldBe("door.txt");
        // By what it means the passage is not found, since nobody told the model; it has a word of the best one.
        (await AskAsync(engine.Client, "atlas", "automobile")).GetProperty("passages").EnumerateArray()
            .Where(static one => one.Text("document") == "door.txt")
            .ShouldAllBe(static one => one.GetProperty("scores").GetProperty("dense").GetDouble() == 0);
        (await TestAsync(engine.Client, "atlas")).GetProperty("findings").GetArrayLength().ShouldBe(0);
        var asked = _lab.Requests.Count;
        var answer = await AskAsync(engine.Client, "atlas", $"door {Door}");
        answer.Text("partialReason").ShouldBe("tools.secret_blocked");
        answer.GetProperty("passages")[0].Text("document").ShouldBe("door.txt");
        _lab.Requests.Count.ShouldBe(asked);
        // Another model of the same base does not get it either.
        (await EmbedAsync(engine.Client, "atlas", "lab:other")).Text("status").ShouldBe("completed");
        _lab.Requests.SelectMany(static request => request.Inputs)
            .ShouldNotContain(static text => text.Contains(Door, StringComparison.Ordinal));
    }

    private static OpenAiAnswer.Embeds Embeds(OpenAiRequest request) => new(Meanings.Of);

    private async Task<EngineHarness> StartAsync(params string[] settings) => await EngineHarness.StartAsync(
        await database(), Token,
        [
            $"Inference:Compatible:lab:BaseUrl={_lab.BaseUrl}", "Inference:Calls:RetryDelay=00:00:00.001",
            "Inference:Calls:AttemptsMax=2", "Inference:Calls:BreakerFailuresMax=1000", .. settings,
        ]);

    /// <summary>Holds answers back, from one on.</summary>
    private (TaskCompletionSource Reached, TaskCompletionSource Open) HoldFrom(int request)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = 0;
        _lab.Otherwise(asked =>
        {
            // Questions and documents that are read meanwhile are let through.
            if (asked.Model != Model.Split(':')[1] || Interlocked.Increment(ref seen) < request) return Embeds(asked);
            reached.TrySetResult();
            return Embeds(asked) with { After = open.Task };
        });
        return (reached, open);
    }

    private static Task<JsonElement> MakeAsync(HttpClient client, string name, string? model) =>
        client.DoneAsync(HttpMethod.Post, Bases, JsonContent.Create(new { name, model }));

    private static async Task<JsonElement> FillAsync(HttpClient client, string name)
    {
        foreach (var (document, text) in s_documents) await client.AddAsync(name, document, text);
        var ended = await client.IngestAsync(name);
        ended.Text("status").ShouldBe("completed", ended.ToString());
        return ended;
    }

    private static async Task<string> StartEmbedAsync(HttpClient client, string name, string model) => (await client.DoneAsync(
        HttpMethod.Post, $"{Bases}/{name}/embed", JsonContent.Create(new { model }))).Text("id");

    private static async Task<JsonElement> EmbedAsync(HttpClient client, string name, string model) =>
        await client.EndedAsync(await StartEmbedAsync(client, name, model));

    private static Task<JsonElement> AskAsync(HttpClient client, string name, string query) =>
        client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/search", JsonContent.Create(new { query }));

    private static async Task<string> FirstAsync(HttpClient client, string name, string query)
    {
        var answer = await AskAsync(client, name, query);
        answer.GetProperty("isPartial").GetBoolean().ShouldBeFalse(answer.ToString());
        return answer.GetProperty("passages")[0].Text("document");
    }

    private static Task<JsonElement> BaseAsync(HttpClient client, string name) =>
        client.GetFromJsonAsync<JsonElement>($"{Bases}/{name}", Token);

    private static Task<JsonElement> TestAsync(HttpClient client, string name) =>
        client.DoneAsync(HttpMethod.Post, $"{Bases}/{name}/test", null);

    private static int Blobs(EngineHarness engine)
    {
        var folder = Path.Combine(engine.DataPath, "blobs", engine.Tenant.ToString());
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Length : 0;
    }

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        answer.StatusCode.ShouldBe(status, problem.ToString());
        return problem.Text("code");
    }
}

/// <summary>On SQLite.</summary>
public sealed class ModelVectorsOnSqliteTests() : ModelVectorTests(static () => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class ModelVectorsOnPostgresTests(PostgresCluster postgres)
    : ModelVectorTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
