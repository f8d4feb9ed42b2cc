using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Knowledge.Sources;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;
using static CodexOS.IntegrationTests.Knowledge.KnowledgeApi;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Sources of knowledge bases: folders of the server, schedules, and what is refused.</summary>
public abstract class SourceTests(Func<Task<string?>> database) : IDisposable
{
    private readonly TempDirectory _files = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_is_kept_in_step_and_what_somebody_added_is_never_touched()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddAsync("handbook", "own.txt", "The spare key is with the caretaker.");
        await WriteAsync("pump.md", "# Pump\n\nThe relief valve opens at 12 bar.");
        await WriteAsync("deep/hours.txt", "Open on Sundays.");
        await WriteAsync("deep/skipped.log", "Nothing of this.");
        await WriteAsync(".hidden/secret.txt", "Nothing of this.");
        await ada.AddSourceAsync(
            "handbook", "manuals", new { folder = new { path = _files.Path }, exclude = new[] { "*.log" } });

        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 2, 0, 0, 0, 0));
        (await ada.NamesAsync("handbook")).ShouldBe(["manuals/deep/hours.txt", "manuals/pump.md", "own.txt"]);
        (await ada.SearchAsync("handbook", "relief valve"))[0].Text("document").ShouldBe("manuals/pump.md");
        (await ada.SearchAsync("handbook", "valve", new { source = new[] { "manuals" } })).ShouldNotBeEmpty();
        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 0, 0, 2, 0, 0));

        await WriteAsync("pump.md", "# Pump\n\nThe relief valve opens at 14 bar since spring.");
        File.Move(InFiles("deep/hours.txt"), InFiles("deep/times.txt"));
        await WriteAsync("new.txt", "The ladder is in the shed.");
        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 2, 1, 0, 1, 0));
        (await ada.NamesAsync("handbook")).ShouldBe(["manuals/deep/times.txt", "manuals/new.txt", "manuals/pump.md", "own.txt"]);
        (await ada.SearchAsync("handbook", "relief valve"))[0].Text("text").ShouldContain("14 bar");

        // Touched, and the same: the content tells.
        File.SetLastWriteTimeUtc(InFiles("new.txt"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 0, 0, 3, 0, 0));

        // Somebody deletes one by hand: the source still has it, so it comes back.
        var ladder = (await ada.DocumentsAsync("handbook")).Single(static one => one.Text("name") == "manuals/new.txt");
        ladder.Text("sourceId").ShouldStartWith("src_");
        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook/documents/{ladder.Text("id")}", null);
        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 1, 0, 2, 0, 0));

        // Somebody puts their own in its place: that one is left, and said so.
        await ada.AddAsync("handbook", "manuals/new.txt", "My own words on ladders.");
        await WriteAsync("new.txt", "The ladder is in the garage.");
        var taken = await ada.SyncAsync("handbook", "manuals");
        taken.Counts().ShouldBe(("completed", 0, 0, 2, 0, 1));
        taken.GetProperty("failures")[0].Text("item").ShouldBe("new.txt");
        taken.GetProperty("failures")[0].Text("code").ShouldBe("knowledge.name_taken");
        File.Delete(InFiles("new.txt"));
        (await ada.SyncAsync("handbook", "manuals")).Counts().ShouldBe(("completed", 0, 0, 2, 0, 0));
        (await ada.NamesAsync("handbook")).ShouldContain("manuals/new.txt");
    }

    [Fact]
    public async Task What_a_sync_kept_in_the_clear_goes_with_its_source_and_with_its_base()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        var kept = new List<string>();
        foreach (var name in new[] { "manuals", "papers" })
        {
            await ada.AddSourceAsync("handbook", name, new { folder = new { path = _files.Path } });
            kept.Add(Path.Combine(server.DataPath, "sources", (await ada.SourceAsync("handbook", name)).Text("id")));
            Directory.CreateDirectory(kept[^1]);
            await File.WriteAllTextAsync(Path.Combine(kept[^1], "pack"), "a sync that was cancelled left this", Token);
        }

        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook/sources/manuals", null);
        kept.Select(Directory.Exists).ShouldBe([false, true]);
        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook?confirm=handbook", null);
        kept.Select(Directory.Exists).ShouldBe([false, false]);
    }

    [Fact]
    public async Task Links_lead_nowhere_and_a_folder_that_is_not_allowed_or_is_gone_changes_nothing()
    {
        using var outside = new TempDirectory();
        await File.WriteAllTextAsync(Path.Combine(outside.Path, "secret.txt"), "The password is swordfish.", Token);
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await WriteAsync("docs/good.txt", "The gate closes at noon.");
        File.CreateSymbolicLink(InFiles("docs/link.txt"), Path.Combine(outside.Path, "secret.txt"));
        Directory.CreateSymbolicLink(InFiles("docs/folder"), outside.Path);
        Directory.CreateSymbolicLink(InFiles("way-out"), outside.Path);

        foreach (var path in new[] { outside.Path, InFiles("way-out"), InFiles("../"), "relative/path" })
        {
            using var refused = await ada.PostAsJsonAsync(
                $"{Bases}/handbook/sources", new { name = "x", place = new { folder = new { path } } }, Token);
            (await CodeOfAsync(refused)).ShouldBeOneOf("knowledge.folder_not_allowed", "knowledge.bad_source");
        }

        await ada.AddSourceAsync("handbook", "docs", new { folder = new { path = InFiles("docs") } });
        var result = await ada.SyncAsync("handbook", "docs");
        result.Counts().ShouldBe(("completed", 1, 0, 0, 0, 2));
        result.GetProperty("failures").EnumerateArray().Select(static one => one.Text("code")).Distinct()
            .ShouldBe(["knowledge.source_link"]);
        (await ada.NamesAsync("handbook")).ShouldBe(["docs/good.txt"]);

        // A disk that is not mounted is not an empty folder.
        Directory.Move(InFiles("docs"), InFiles("moved"));
        var gone = await ada.SyncAsync("handbook", "docs");
        (gone.Text("outcome"), gone.Text("faultCode")).ShouldBe(("failed", "knowledge.source_unreadable"));
        (await ada.NamesAsync("handbook")).ShouldBe(["docs/good.txt"]);
    }

    [Fact]
    public async Task Without_allowed_folders_none_is_read_and_bad_sources_are_named()
    {
        await using var server = await CodexServer.StartAsync(await database(), cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");

        await BadAsync(new { folder = new { path = _files.Path } }, null, "knowledge.folder_not_allowed");
        await BadAsync(new { }, null, "knowledge.bad_source");
        await BadAsync(new { web = new { pages = new[] { "https://a.example/" } }, git = new { url = "https://a.example/r" } }, null, "knowledge.bad_source");
        await BadAsync(new { web = new { pages = new[] { "https://127.0.0.1/" } } }, null, "knowledge.bad_source");
        await BadAsync(new { web = new { pages = new[] { "file:///etc/passwd" } } }, null, "knowledge.bad_source");
        await BadAsync(new { web = new { pages = Array.Empty<string>() } }, null, "knowledge.bad_source");
        await BadAsync(new { git = new { url = "https://a.example/r", branch = "--upload-pack=x" } }, null, "knowledge.bad_source");
        await BadAsync(new { git = new { url = "https://a.example/r", folder = "../x" } }, null, "knowledge.bad_source");
        await BadAsync(new { s3 = new { endpoint = "https://s3.example", bucket = "b/../c" } }, null, "knowledge.bad_source");
        await BadAsync(new { sitemap = new { url = "https://a.example/s.xml", secret = "none" } }, null, "knowledge.bad_source");
        var good = new { web = new { pages = new[] { "https://a.example/" } } };
        await BadAsync(good, new { cron = "every day" }, "knowledge.bad_source");
        await BadAsync(good, new { cron = "* * * * *" }, "knowledge.bad_source");
        await BadAsync(good, new { cron = "0 4 * * *", timeZone = "Mars/Olympus" }, "knowledge.bad_source");
        await BadAsync(good, new { everyMinutes = 1 }, "knowledge.bad_source");
        await BadAsync(good, new { cron = "0 4 * * *", everyMinutes = 60 }, "knowledge.bad_source");
        await ada.AddSourceAsync("handbook", "pages", good, new { cron = "0 4 * * *", timeZone = "Europe/Oslo" });
        using (var again = await ada.PostAsJsonAsync($"{Bases}/handbook/sources", new { name = "pages", place = good }, Token))
            (again.StatusCode, await CodeOfAsync(again)).ShouldBe((HttpStatusCode.Conflict, "knowledge.source_exists"));
        using (var missing = await ada.GetAsync($"{Bases}/handbook/sources/none", Token))
            (await CodeOfAsync(missing)).ShouldBe("knowledge.source_not_found");
        using (var wrong = await ada.DeleteAsync($"{Bases}/handbook/sources/pages?documents=burn", Token))
            (await CodeOfAsync(wrong)).ShouldBe("knowledge.bad_documents");

        async Task BadAsync(object place, object? schedule, string code)
        {
            using var refused = await ada.PostAsJsonAsync($"{Bases}/handbook/sources", new { name = "x", place, schedule }, Token);
            ((int)refused.StatusCode).ShouldBeInRange(400, 403);
            (await CodeOfAsync(refused)).ShouldBe(code, JsonSerializer.Serialize(new { place, schedule }));
        }
    }

    [Fact]
    public async Task A_source_goes_with_its_documents_or_leaves_them_and_a_base_goes_with_its_sources()
    {
        await using var server = await StartAsync();
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await WriteAsync("a/one.txt", "The gate closes at noon.");
        await WriteAsync("b/two.txt", "The ladder is in the shed.");
        foreach (var name in new[] { "a", "b", "c" }) await ada.AddSourceAsync("handbook", name, new { folder = new { path = InFiles(name == "c" ? "a" : name) } });
        foreach (var name in new[] { "a", "b", "c" }) await ada.SyncAsync("handbook", name);
        var page = await ada.GetFromJsonAsync<JsonElement>($"{Bases}/handbook/sources?limit=2", Token);
        page.GetProperty("items").EnumerateArray().Select(static one => one.Text("name")).ShouldBe(["a", "b"]);
        var rest = await ada.GetFromJsonAsync<JsonElement>($"{Bases}/handbook/sources?limit=2&cursor={page.Text("nextCursor")}", Token);
        rest.GetProperty("items").EnumerateArray().ShouldHaveSingleItem().GetProperty("documents").GetInt64().ShouldBe(1);

        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook/sources/a?documents=delete", null);
        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook/sources/b", null);

        var left = await ada.DocumentsAsync("handbook");
        left.ConvertAll(static one => one.Text("name")).ShouldBe(["b/two.txt", "c/one.txt"], ignoreOrder: true);
        left.Single(static one => one.Text("name") == "b/two.txt").GetProperty("sourceId").ValueKind.ShouldBe(JsonValueKind.Null);
        (await ada.SearchAsync("handbook", "ladder")).ShouldNotBeEmpty();
        await ada.DoneAsync(HttpMethod.Delete, $"{Bases}/handbook?confirm=handbook", null);
        var audit = await ada.GetStringAsync("/api/v1/audit?limit=100", Token);
        foreach (var entry in new[] { "knowledge.create_source", "knowledge.delete_source", "knowledge.withdraw_documents" })
            audit.ShouldContain(entry);
    }

    [Fact]
    public async Task A_schedule_starts_a_sync_once_when_it_is_due_and_rests_while_it_is_paused()
    {
        var clock = new StandingClock();
        await using var server = await CodexServer.StartAsync(
            await database(), [$"Knowledge:SourceFolders:0={_files.Path}", "Knowledge:SourceScheduleInterval=01:00:00"],
            services => services.AddSingleton<TimeProvider>(clock), cancellationToken: Token);
        var ada = await server.SignInAsync(Token);
        var timer = server.Services.GetRequiredService<SourceTimer>();
        await ada.MakeBaseAsync("handbook");
        await WriteAsync("one.txt", "The gate closes at noon.");
        await ada.AddSourceAsync("handbook", "docs", new { folder = new { path = _files.Path } }, new { everyMinutes = 30 });
        await ada.AddSourceAsync("handbook", "never", new { folder = new { path = _files.Path } });

        await timer.StartDueAsync(Token);
        (await ada.SourceAsync("handbook", "docs")).GetProperty("runId").ValueKind.ShouldBe(JsonValueKind.Null);
        await PassAsync(TimeSpan.FromMinutes(31));
        await Task.WhenAll(timer.StartDueAsync(Token), timer.StartDueAsync(Token), timer.StartDueAsync(Token));
        var started = await ada.SourceAsync("handbook", "docs");
        await ada.EndedAsync(started.Text("runId"));
        (await ada.SourceAsync("handbook", "docs")).GetProperty("lastResult").Counts().ShouldBe(("completed", 1, 0, 0, 0, 0));
        var runs = await ada.GetFromJsonAsync<JsonElement>("/api/v1/runs?kind=knowledge.sync", Token);
        runs.GetProperty("items").EnumerateArray().Count(static one => one.Text("kind") == "knowledge.sync").ShouldBe(1);
        started.GetProperty("nextAt").GetDateTimeOffset().ShouldBe(clock.GetUtcNow() + TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(1));
        (await ada.SourceAsync("handbook", "never")).GetProperty("runId").ValueKind.ShouldBe(JsonValueKind.Null);

        var rests = await ada.DoneAsync(
            HttpMethod.Patch, $"{Bases}/handbook/sources/docs", JsonContent.Create(new { isPaused = true }));
        (rests.Text("state"), rests.GetProperty("nextAt").ValueKind).ShouldBe(("paused", JsonValueKind.Null));
        await PassAsync(TimeSpan.FromHours(5));
        await timer.StartDueAsync(Token);
        (await ada.SourceAsync("handbook", "docs")).Text("runId").ShouldBe(started.Text("runId"));
        var resumed = await ada.DoneAsync(
            HttpMethod.Patch, $"{Bases}/handbook/sources/docs",
            JsonContent.Create(new { isPaused = false, schedule = new { cron = "0 4 * * *", timeZone = "Europe/Oslo" } }));
        resumed.GetProperty("nextAt").GetDateTimeOffset().Minute.ShouldBe(0);
        await PassAsync(TimeSpan.FromHours(25));
        await timer.StartDueAsync(Token);
        (await ada.SourceAsync("handbook", "docs")).Text("runId").ShouldNotBe(started.Text("runId"));
        ada.Dispose();

        // A session does not last that long.
        async Task PassAsync(TimeSpan time)
        {
            clock.Advance(time);
            ada.Dispose();
            ada = await server.SignInAsync(Token);
        }
    }

    [Fact]
    public async Task Another_tenant_sees_no_source_and_folders_can_be_for_one_tenant()
    {
        await using var server = await CodexServer.StartAsync(
            await database(), [$"Knowledge:SourceFolders:0=ten_00000000000000000000000000000000={_files.Path}"], cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        await ada.MakeBaseAsync("handbook");
        await bob.MakeBaseAsync("handbook");
        await ada.AddSourceAsync("handbook", "pages", new { web = new { pages = new[] { "https://a.example/" } } });
        using var refused = await ada.PostAsJsonAsync(
            $"{Bases}/handbook/sources", new { name = "x", place = new { folder = new { path = _files.Path } } }, Token);
        (await CodeOfAsync(refused)).ShouldBe("knowledge.folder_not_allowed");

        (await bob.GetFromJsonAsync<JsonElement>($"{Bases}/handbook/sources", Token)).GetProperty("items").GetArrayLength().ShouldBe(0);
        foreach (var (method, path) in new[] { (HttpMethod.Get, ""), (HttpMethod.Delete, ""), (HttpMethod.Post, "/sync") })
        {
            using var request = new HttpRequestMessage(method, $"{Bases}/handbook/sources/pages{path}");
            using var answer = await bob.SendAsync(request, Token);
            (answer.StatusCode, await CodeOfAsync(answer)).ShouldBe((HttpStatusCode.NotFound, "knowledge.source_not_found"));
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        GC.SuppressFinalize(this);
    }

    private static async Task<string> CodeOfAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).Text("code");

    private string InFiles(string name) => Path.Combine(_files.Path, name);

    private async Task WriteAsync(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(InFiles(name))!);
        await File.WriteAllTextAsync(InFiles(name), text, Token);
    }

    private async Task<CodexServer> StartAsync() => await CodexServer.StartAsync(
        await database(), [$"Knowledge:SourceFolders:0={_files.Path}"], cancellationToken: Token);
}

/// <summary>On SQLite.</summary>
public sealed class SourcesOnSqliteTests() : SourceTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL.</summary>
public sealed class SourcesOnPostgresTests(PostgresCluster postgres)
    : SourceTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
