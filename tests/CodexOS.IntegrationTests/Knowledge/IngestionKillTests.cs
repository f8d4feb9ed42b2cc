using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>A server process that is killed again and again while a folder of a thousand files becomes documents.</summary>
public sealed class IngestionKillTests : IAsyncDisposable
{
    private const int FilesCount = 1_000;
    private const int BatchMax = 25;
    private const int BatchesAtOnceMax = 2;

    private static readonly string[] s_fetches = ["fetch.12"];
    private static readonly string[] s_reads = ["read.4", "read.19"];

    private readonly TempDirectory _data = new();
    private readonly TempDirectory _files = new();
    private ServerProcess? _server;
    private HttpClient _client = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        _files.Dispose();
        _data.Dispose();
    }

    [Fact]
    public async Task Of_a_thousand_files_each_is_a_document_once_whenever_the_server_is_killed()
    {
        var names = Enumerable.Range(0, FilesCount).Select(WriteFile).ToList();
        await StartAsync();
        await _client.MakeBaseAsync("handbook");
        await _client.AddSourceAsync("handbook", "docs", new { folder = new { path = _files.Path } });
        var sync = (await _client.DoneAsync(HttpMethod.Post, $"{KnowledgeApi.Bases}/handbook/sources/docs/sync", null)).Text("id");
        foreach (var step in s_fetches) await KillAfterAsync(sync, step);
        var ingestion = await IngestionAsync();
        foreach (var step in s_reads) await KillAfterAsync(ingestion, step);

        var ended = await _client.EndedAsync(sync);
        ended.Text("status").ShouldBe("completed", ended.ToString());
        (await _client.SourceAsync("handbook", "docs")).GetProperty("lastResult").Counts()
            .ShouldBe(("completed", FilesCount, 0, 0, 0, 0));

        // Nothing is lost, and nothing is there twice.
        var documents = await AllDocumentsAsync();
        documents.Select(static one => one.Text("name")).Order(StringComparer.Ordinal)
            .ShouldBe(names.Select(static name => $"docs/{name}").Order(StringComparer.Ordinal));
        documents.ShouldAllBe(static one => one.Text("state") == "indexed" && one.GetProperty("version").GetInt32() == 1);
        var counts = await _client.GetFromJsonAsync<JsonElement>($"{KnowledgeApi.Bases}/handbook", Token);
        (Count("documents"), Count("pending"), Count("failed")).ShouldBe((FilesCount, 0, 0));
        Count("passages").ShouldBe(documents.Sum(static one => one.GetProperty("passages").GetInt64()));
        (await LostAsync(names)).ShouldBeEmpty();
        (await RepeatedStepsAsync(sync)).ShouldBeEmpty();
        (await RepeatedStepsAsync(ingestion)).ShouldBeEmpty();
        await _server!.StopAsync(Token);
        await CheckBlobsAsync();

        long Count(string member) => counts.GetProperty(member).GetInt64();
    }

    /// <summary>Kills the server when a step of a run has ended, which is amid the next, and starts another.</summary>
    private async Task KillAfterAsync(string run, string step)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using (var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
            while (true)
            {
                var line = (await reader.ReadLineAsync(Token)).ShouldNotBeNull($"The run ended before {step}.");
                if (!line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
                var happened = JsonElement.Parse(line["data: ".Length..]);
                if (happened.Text("kind") == "step.completed" && happened.GetProperty("data").Text("step") == step) break;
            }

            await _server!.KillAsync();
        }

        await StartAsync();
    }

    /// <summary>The ingestion that the sync starts once everything is fetched.</summary>
    private async Task<string> IngestionAsync()
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        while (true)
        {
            var runs = await _client.GetFromJsonAsync<JsonElement>("/api/v1/runs?kind=knowledge.ingest&subject=handbook", Token);
            if (runs.GetProperty("items").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } run) return run.Text("id");
            await tick.WaitForNextTickAsync(Token);
        }
    }

    /// <summary>Batches of a run that were said to be done more than once.</summary>
    private async Task<List<string>> RepeatedStepsAsync(string run) =>
    [
        .. (await _client.EventsAsync(run)).Where(static happened => happened.Text("kind") == "step.completed")
            .CountBy(static happened => happened.GetProperty("data").Text("step"))
            .Where(static step => step.Value > 1 && step.Key.Contains('.', StringComparison.Ordinal))
            .Select(static step => step.Key),
    ];

    private async Task<List<JsonElement>> AllDocumentsAsync()
    {
        var documents = new List<JsonElement>();
        for (string? cursor = null; ;)
        {
            var page = await _client.GetFromJsonAsync<JsonElement>(
                $"{KnowledgeApi.Bases}/handbook/documents?limit=100{(cursor is null ? "" : $"&cursor={cursor}")}", Token);
            documents.AddRange(page.GetProperty("items").EnumerateArray());
            if ((cursor = page.GetProperty("nextCursor").GetString()) is null) return documents;
        }
    }

    /// <summary>Files that are not found by the word that they alone have, or are found more than once.</summary>
    private async Task<IReadOnlyCollection<string>> LostAsync(List<string> names)
    {
        var lost = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            names.Index(), new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Token },
            async (file, _) =>
            {
                var found = await _client.SearchAsync("handbook", $"+{WordOf(file.Index)}");
                if (found.Count != 1 || found[0].Text("document") != $"docs/{file.Item}") lost.Enqueue(file.Item);
            });
        return lost;
    }

    /// <summary>
    /// Everything that a document names is kept; what nobody names is what was under way when the server was killed.
    /// </summary>
    private async Task CheckBlobsAsync()
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        await using (var database = new SqliteConnection($"Data Source={_data.In("codexos.db")};Pooling=False"))
        {
            await database.OpenAsync(Token);
            await using var command = database.CreateCommand();
            command.CommandText = "SELECT content_blob FROM documents UNION ALL SELECT text_blob FROM documents";
            await using var rows = await command.ExecuteReaderAsync(Token);
            while (await rows.ReadAsync(Token)) named.Add(rows.GetString(0)).ShouldBeTrue("two documents name one blob");
        }

        named.Count.ShouldBe(2 * FilesCount);
        var kept = Directory.GetFiles(_data.In("blobs"), "*", SearchOption.AllDirectories).Select(static file => Path.GetFileName(file))
            .ToHashSet(StringComparer.Ordinal);
        named.Except(kept, StringComparer.Ordinal).ShouldBeEmpty();
        kept.Except(named, StringComparer.Ordinal).Count().ShouldBeLessThanOrEqualTo(
            s_fetches.Length + (s_reads.Length * BatchMax * BatchesAtOnceMax));
    }

    private async Task StartAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = await ServerProcess.StartAsync(
            _data.Path,
            settings:
            [
                $"Knowledge:SourceFolders:0={_files.Path}", $"Knowledge:BatchDocumentsMax={BatchMax}",
                $"Knowledge:BatchesAtOnceMax={BatchesAtOnceMax}", "Runs:SweepInterval=00:00:01", "RateLimits:PerAddress=0",
                "RateLimits:PerAccount=0", "RateLimits:PerTenant=0",
            ],
            cancellationToken: Token);
        _client.Dispose();
        _client = await _server.SignInAsync(_data.Path, Token);
    }

    private static string WordOf(int number) => string.Create(CultureInfo.InvariantCulture, $"machine{number}x");

    /// <summary>Writes a file in one of ten formats, with a word that no other has, and returns its name.</summary>
    private string WriteFile(int number)
    {
        var sentence = $"The {WordOf(number)} needs oil every day.";
        var (ending, text) = (number % 10) switch
        {
            0 => ("txt", sentence),
            1 => ("md", $"# Oil\n\n{sentence}\n"),
            2 => ("html", $"<html><body><h1>Oil</h1><p>{sentence}</p></body></html>"),
            3 => ("csv", $"what,says\npump,{sentence}\nvalve,nothing\n"),
            4 => ("json", $$"""{"what": "pump", "says": "{{sentence}}"}"""),
            5 => ("jsonl", $$"""{"what": "pump", "says": "{{sentence}}"}""" + "\n"),
            6 => ("eml", $"From: ada@example.org\r\nTo: eve@example.org\r\nSubject: Oil\r\nContent-Type: text/plain\r\n\r\n{sentence}\r\n"),
            7 => ("rtf", $$"""{\rtf1\ansi {{sentence}}\par}"""),
            8 => ("vtt", $"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{sentence}\n"),
            _ => ("docx", sentence),
        };
        var name = string.Create(CultureInfo.InvariantCulture, $"{number:0000}.{ending}");
        if (ending == "docx") WriteWord(_files.In(name), text);
        else File.WriteAllText(_files.In(name), text);
        return name;
    }

    private static void WriteWord(string path, string sentence)
    {
        const string types = """
            <?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels"
            ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml"
            ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>
            """;
        const string links = """
            <?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
            Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>
            """;
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Add("[Content_Types].xml", types);
        Add("_rels/.rels", links);
        Add("word/document.xml", $"""
            <?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>
            <w:t>{sentence}</w:t></w:r></w:p></w:body></w:document>
            """);

        void Add(string name, string text)
        {
            using var part = new StreamWriter(archive.CreateEntry(name).Open());
            part.Write(text);
        }
    }
}
