using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.KnowledgeApi;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Knowledge bases through the real server.</summary>
public abstract class KnowledgeTests(Func<Task<string?>> database)
{
    private const string Manual =
        "# Pump manual\n\nRead this first.\n\n## Pressure\n\nThe relief valve opens at 12 bar and closes at 9 bar.\n\n"
        + "## Noise\n\nA whistling noise means that the inlet filter is clogged.\n";

    private const string Page =
        "<html><head><title>Opening hours</title></head><body><nav>Home</nav><h1>Opening hours</h1>"
        + "<p>The library is open on Sundays from two to five.</p><script>var x = 'valve';</script></body></html>";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_question_finds_the_passage_with_its_place_and_the_words_are_the_documents_own()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddAsync("handbook", "manuals/pump.md", Manual);
        await ada.AddAsync("handbook", "hours.html", Page);

        var run = await ada.IngestAsync("handbook");

        run.Text("status").ShouldBe("completed", run.ToString());
        run.Text("output").ShouldBe("2 documents read, 0 not readable, 2 passages");
        var found = (await ada.SearchAsync("handbook", "when does the relief valve open?"))[0];
        found.Text("document").ShouldBe("manuals/pump.md");
        found.Text("title").ShouldBe("Pump manual");
        found.Text("text").ShouldContain("The relief valve opens at 12 bar");
        found.GetProperty("matchedTerms").GetArrayLength().ShouldBeGreaterThanOrEqualTo(2);
        var place = found.GetProperty("place");
        var whole = await ada.GetFromJsonAsync<JsonElement>(
            $"{Bases}/handbook/documents/{found.Text("documentId")}/text", Token);
        whole.Text("text").Substring(place.GetProperty("start").GetInt32(), place.GetProperty("length").GetInt32())
            .ShouldBe(found.Text("text"));
        var sunday = (await ada.SearchAsync("handbook", "open on Sunday"))[0];
        (sunday.Text("document"), sunday.Text("title")).ShouldBe(("hours.html", "Opening hours"));
        sunday.Text("text").ShouldNotContain("var x");
    }

    [Fact]
    public async Task A_bad_file_fails_by_itself_with_what_to_do_and_is_read_once_it_is_mended()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddAsync("handbook", "broken.pdf", "%PDF-1.7\nnothing of this is a page");
        await ada.AddAsync("handbook", "empty.txt", "");
        await ada.AddAsync("handbook", "good.txt", "The caretaker keeps the spare key.");

        (await ada.IngestAsync("handbook")).Text("output").ShouldBe("1 documents read, 2 not readable, 1 passages");

        var documents = (await ada.DocumentsAsync("handbook")).ToDictionary(static one => one.Text("name"));
        documents["broken.pdf"].Text("state").ShouldBe("failed");
        documents["broken.pdf"].Text("faultCode").ShouldBe("knowledge.damaged_document");
        documents["broken.pdf"].Text("faultMessage").ShouldContain("undamaged copy");
        documents["empty.txt"].Text("faultCode").ShouldBe("knowledge.empty_document");
        documents["good.txt"].Text("state").ShouldBe("indexed");
        var failed = await ada.GetFromJsonAsync<JsonElement>($"{Bases}/handbook/documents?state=failed", Token);
        failed.GetProperty("items").GetArrayLength().ShouldBe(2);
        using var lost = await ada.GetAsync($"{Bases}/handbook/documents?state=lost", Token);
        (await CodeOfAsync(lost)).ShouldBe("knowledge.bad_state");
        await ada.AddAsync("handbook", "empty.txt", "Now it says where the ladder is.");
        await ada.IngestAsync("handbook");
        (await ada.SearchAsync("handbook", "ladder"))[0].Text("document").ShouldBe("empty.txt");
    }

    [Fact]
    public async Task The_same_file_changes_nothing_and_another_content_takes_its_place()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        (await ada.AddAsync("handbook", "a.txt", "The gate closes at noon.")).Text("change").ShouldBe("added");
        await ada.IngestAsync("handbook");

        (await ada.AddAsync("handbook", "a.txt", "The gate closes at noon.")).Text("change").ShouldBe("unchanged");
        using var nothing = await ada.PostAsync($"{Bases}/handbook/ingest", null, Token);
        (await CodeOfAsync(nothing)).ShouldBe("knowledge.nothing_to_ingest");
        (await ada.AddAsync("handbook", "a.txt", "The gate closes at midnight.")).Text("change").ShouldBe("replaced");
        // Until it is read, the old words are not cited: they are no longer what the document says.
        (await ada.SearchAsync("handbook", "gate")).ShouldBeEmpty();
        await ada.IngestAsync("handbook");

        (await ada.SearchAsync("handbook", "noon")).ShouldBeEmpty();
        (await ada.SearchAsync("handbook", "gate closes")).ShouldHaveSingleItem().Text("text").ShouldContain("midnight");
        var blobs = Directory.GetFiles(Path.Combine(server.DataPath, "blobs"), "*", SearchOption.AllDirectories);
        blobs.Length.ShouldBe(2, "the content and the text of the present version are all that is kept");
    }

    [Fact]
    public async Task Whoever_is_not_among_the_readers_of_a_document_does_not_learn_of_it()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        var (carl, carls) = await server.AddAccountAsync(ada, "carl", "viewer", "knowledge:read");
        var (_, eves) = await server.AddAccountAsync(ada, "eve", "viewer", "knowledge:read");
        using var carlsClient = carls;
        using var evesClient = eves;
        await ada.MakeBaseAsync("handbook");
        var secret = await ada.AddAsync("handbook", "pay.txt", "The salary of the director is twelve.", $"&reader={carl}");
        await ada.AddAsync("handbook", "canteen.txt", "The director eats in the canteen.");
        await ada.IngestAsync("handbook");

        (await carls.SearchAsync("handbook", "director")).Count.ShouldBe(2);
        (await eves.SearchAsync("handbook", "director")).ShouldHaveSingleItem().Text("document").ShouldBe("canteen.txt");
        (await eves.SearchAsync("handbook", "salary")).ShouldBeEmpty();
        (await eves.DocumentsAsync("handbook")).ShouldHaveSingleItem().Text("name").ShouldBe("canteen.txt");
        var id = secret.GetProperty("document").Text("id");
        foreach (var path in new[] { "", "/text", "/file" })
        {
            using var answer = await eves.GetAsync($"{Bases}/handbook/documents/{id}{path}", Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        using var read = await carls.GetAsync($"{Bases}/handbook/documents/{id}/file", Token);
        (await read.Content.ReadAsStringAsync(Token)).ShouldContain("salary");
        read.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
    }

    [Fact]
    public async Task A_base_of_the_same_name_in_another_tenant_is_another_one()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        foreach (var (client, text) in new[] { (ada, "The password of the safe is tulip."), (bob, "The safe is empty.") })
        {
            await client.MakeBaseAsync("handbook");
            await client.AddAsync("handbook", "safe.txt", text);
            await client.IngestAsync("handbook");
        }

        (await bob.SearchAsync("handbook", "safe")).ShouldHaveSingleItem().Text("text").ShouldBe("The safe is empty.");
        (await bob.SearchAsync("handbook", "tulip")).ShouldBeEmpty();
        (await ada.SearchAsync("handbook", "tulip")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Searches_can_ask_for_what_is_said_of_documents()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddAsync("handbook", "a.txt", "The pump is green.", "&metadata=site=Oslo&metadata=year=2024");
        await ada.AddAsync("handbook", "b.txt", "The pump is blue.", "&metadata=site=Bergen&metadata=year=2025");
        await ada.IngestAsync("handbook");

        (await ada.SearchAsync("handbook", "pump", new { site = new[] { "Oslo" } }))
            .ShouldHaveSingleItem().Text("document").ShouldBe("a.txt");
        (await ada.SearchAsync("handbook", "pump", new { site = new[] { "Oslo", "Bergen" } })).Count.ShouldBe(2);
        (await ada.SearchAsync("handbook", "pump", new { site = new[] { "Oslo" }, year = new[] { "2025" } })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_of_a_document_lies_in_the_clear_and_a_deleted_base_takes_its_key_along()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddAsync("handbook", "a.txt", "Kanarienvogelfutter liegt im Keller.");
        await ada.AddAsync("handbook", "b.txt", "Something else.");
        await ada.IngestAsync("handbook");
        Blobs().ShouldNotBeEmpty();
        foreach (var blob in Blobs())
            File.ReadAllBytes(blob).AsSpan().IndexOf("Kanarienvogel"u8).ShouldBe(-1);
        var first = (await ada.DocumentsAsync("handbook"))[0].Text("id");
        using var gone = await ada.DeleteAsync($"{Bases}/handbook/documents/{first}", Token);
        gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ada.SearchAsync("handbook", "Kanarienvogelfutter")).ShouldBeEmpty();
        Blobs().Length.ShouldBe(2);

        using var unsure = await ada.DeleteAsync($"{Bases}/handbook?confirm=hand", Token);
        (await CodeOfAsync(unsure)).ShouldBe("knowledge.not_confirmed");
        using var deleted = await ada.DeleteAsync($"{Bases}/handbook?confirm=handbook", Token);

        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Blobs().ShouldBeEmpty();
        Directory.GetFiles(Path.Combine(server.DataPath, "index"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        var actions = (await ada.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=100", Token)).GetProperty("items")
            .EnumerateArray().Select(static entry => entry.Text("action")).ToList();
        actions.ShouldContain("knowledge.delete_base");
        actions.ShouldContain("keys.destroy_subject");
        using var again = await ada.GetAsync($"{Bases}/handbook", Token);
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        string[] Blobs() => Directory.GetFiles(Path.Combine(server.DataPath, "blobs"), "*", SearchOption.AllDirectories);
    }

    [Theory]
    [InlineData("?document=", "knowledge.bad_document_name")]
    [InlineData("?document=a%00b", "knowledge.bad_document_name")]
    [InlineData("?document=a&metadata=novalue", "knowledge.bad_metadata")]
    [InlineData("?document=a&metadata=a%20b=c", "knowledge.bad_metadata")]
    [InlineData("?document=a&reader=ada", "knowledge.bad_readers")]
    [InlineData("?document=a&at=yesterday", "platform.bad_request")]
    public async Task What_is_said_of_a_document_is_checked(string query, string code)
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        using var body = new StringContent("x");

        using var answer = await ada.PostAsync($"{Bases}/handbook/documents{query}", body, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await CodeOfAsync(answer)).ShouldBe(code);
    }

    [Fact]
    public async Task A_document_over_the_limit_is_refused_before_it_is_kept()
    {
        await using var server = await StartAsync("Knowledge:DocumentBytesMax=2000");
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        using var body = new ByteArrayContent(new byte[2_001]);

        using var answer = await ada.PostAsync($"{Bases}/handbook/documents?document=a.txt", body, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await CodeOfAsync(answer)).ShouldBe("knowledge.document_too_large");
        (await ada.DocumentsAsync("handbook")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tenant_has_no_more_bytes_of_documents_than_its_quota()
    {
        await using var server = await StartAsync("Knowledge:BytesPerTenantMax=1048576");
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.MakeBaseAsync("archive");
        await ada.AddAsync("handbook", "one.bin", new byte[700_000]);

        (await RefusalAsync("archive", "two.bin", 400_000)).ShouldBe(("platform.quota_exceeded", "knowledge_bytes"));
        (await RefusalAsync("handbook", "one.bin", 1_100_000)).ShouldBe(("platform.quota_exceeded", "knowledge_bytes"));
        var kept = (await ada.DocumentsAsync("handbook")).ShouldHaveSingleItem();
        (kept.GetProperty("version").GetInt32(), kept.GetProperty("sizeBytes").GetInt64()).ShouldBe((1, 700_000));
        (await ada.DocumentsAsync("archive")).ShouldBeEmpty();

        // What takes the place of something counts only by what it is larger.
        await ada.AddAsync("handbook", "one.bin", new byte[1_000_000]);
        await ada.AddAsync("handbook", "one.bin", new byte[500_000]);
        await ada.AddAsync("archive", "two.bin", new byte[400_000]);
        var quotas = await ada.GetFromJsonAsync<JsonElement>("/api/v1/quotas", Token);
        var quota = quotas.GetProperty("items").EnumerateArray().Single(static one => one.Text("name") == "knowledge_bytes");
        (quota.GetProperty("used").GetInt64(), quota.GetProperty("limit").GetInt64()).ShouldBe((900_000, 1_048_576));

        async Task<(string Code, string Quota)> RefusalAsync(string name, string document, int length)
        {
            using var content = new ByteArrayContent(new byte[length]);
            using var refused = await ada.PostAsync($"{Bases}/{name}/documents?document={document}", content, Token);
            refused.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
            return (problem.Text("code"), problem.Text("quota"));
        }
    }

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("code");

    private async Task<CodexServer> StartAsync(params string[] settings) =>
        await CodexServer.StartAsync(await database(), settings: settings, cancellationToken: Token);
}

/// <summary>On SQLite.</summary>
public sealed class KnowledgeOnSqliteTests() : KnowledgeTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class KnowledgeOnPostgresTests(PostgresCluster postgres)
    : KnowledgeTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
