using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Cli.Evidence;
using CodexOS.IntegrationTests.Trust;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>Signed bundles of evidence through the real server, on both databases.</summary>
public sealed class EvidenceTests(PostgresCluster postgres)
{
    private const string Bundles = "/api/v1/evidence/bundles";

    private static readonly string[] s_documents =
    [
        "access-review", "audit-changes", "audit-checkpoints", "key-rotations", "key-versions", "legal-holds", "privacy-counts",
        "retention", "roles", "sign-in-policy", "single-sign-on",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bundle_is_complete_proves_itself_and_is_nobody_elses(bool onPostgres)
    {
        await using var world = await AuditWorld.StartAsync(onPostgres ? postgres : null);
        using var other = await world.Server.AddTenantAsync(world.Client, "other", Token);
        await MakeRoleAsync(world.Client, "own-role");
        await MakeRoleAsync(other, "their-role");
        using (var agent = new StringContent("name: one\ninstructions: Help.\nmodel: scripted:x\n", Encoding.UTF8, "application/yaml"))
        using (var applied = await world.Client.PutAsync("/api/v1/agents", agent, Token))
            applied.EnsureSuccessStatusCode();
        // What people do all day is no change.
        (await world.Server.SignInAsync(Token)).Dispose();
        await world.CheckpointAsync();
        (await world.RunAsync("/keys/rotate")).GetProperty("status").GetString().ShouldBe("completed");

        var (run, archive) = await MakeAsync(world.Client);
        var (_, theirs) = await MakeAsync(other);

        var files = await ReadAsync(archive);
        var manifest = JsonElement.Parse(files["manifest.json"]);
        manifest.GetProperty("tenant").GetString().ShouldBe(world.Tenant.ToString());
        manifest.GetProperty("run").GetString().ShouldBe(run);
        manifest.GetProperty("files").EnumerateArray().Select(static file => file.GetProperty("document").GetString())
            .ShouldBe(s_documents, ignoreOrder: true);
        manifest.GetProperty("notRecorded").EnumerateArray().Select(static one => one.GetProperty("document").GetString())
            .ShouldBe(["backup-proofs", "restore-proofs"]);
        foreach (var file in manifest.GetProperty("files").EnumerateArray())
        {
            files[file.GetProperty("path").GetString()!].Count(static one => one == '\n')
                .ShouldBe(file.GetProperty("entries").GetInt32());
        }

        Lines(files, "access-review").Select(static line => line.GetProperty("email").GetString()).ShouldBe([CodexServer.AdministratorEmail]);
        Lines(files, "roles").Select(static line => line.GetProperty("name").GetString()).ShouldContain("own-role");
        var actions = Lines(files, "audit-changes").Select(static line => JsonElement.Parse(line.GetProperty("leaf").GetString()!))
            .Select(static leaf => leaf.GetProperty("action").GetString()!).ToList();
        actions.Where(static action => action != "agents.apply").TakeLast(4)
            .ShouldBe(["roles.create", "keys.rotate", "keys.rotate", "keys.finish_rotation"]);
        actions.ShouldContain("agents.apply");
        actions.ShouldAllBe(static action => !action.StartsWith("sessions."));
        Lines(files, "key-rotations").ShouldHaveSingleItem().GetProperty("report").GetProperty("after").GetProperty("data").GetInt32().ShouldBe(2);
        Lines(files, "key-versions").Count(static line => line.GetProperty("purpose").GetString() == "data").ShouldBe(2);
        Lines(files, "audit-checkpoints").Count.ShouldBeGreaterThan(0);
        files.Values.ShouldAllBe(static text => !text.Contains("their-role") && !text.Contains("other@example.org"));
        (await ReadAsync(theirs)).Values.ShouldAllBe(text =>
            !text.Contains("own-role") && !text.Contains(CodexServer.AdministratorEmail) && !text.Contains(world.Tenant.ToString()));

        var report = await CheckAsync(archive, await KeyAsync(world.Client));
        report.Findings.ShouldBeEmpty();
        (report.Intact, report.Entries, report.Tenant)
            .ShouldBe((true, Lines(files, "audit-changes").Count, world.Tenant.ToString()));
        (await CheckAsync(archive, await KeyAsync(other))).Findings.ShouldHaveSingleItem().Code.ShouldBe("signature_wrong");
        (await CheckAsync(theirs, await KeyAsync(other))).Intact.ShouldBeTrue();

        using (var foreign = await other.GetAsync($"{Bundles}/{run}/file", Token))
            foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await world.JsonAsync("/audit?action=evidence.*")).GetProperty("items").EnumerateArray()
            .Select(static entry => entry.GetProperty("action").GetString()).ShouldBe(["evidence.download", "evidence.create"]);
        (await world.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task Whatever_is_changed_in_a_bundle_is_found()
    {
        await using var world = await AuditWorld.StartAsync(null);
        await MakeRoleAsync(world.Client, "one-role");
        var (_, archive) = await MakeAsync(world.Client);
        var key = await KeyAsync(world.Client);
        var files = await ReadAsync(archive);
        (await CheckAsync(await PackAsync(files), key)).Intact.ShouldBeTrue();

        (await CodesAsync(files, key, "data/roles.jsonl", static text => text!.Replace("one-role", "two-role")))
            .ShouldBe(["file_changed"]);
        (await CodesAsync(files, key, "data/access-review.jsonl", static text => text![(text!.IndexOf('\n', StringComparison.Ordinal) + 1)..]))
            .ShouldBe(["file_changed"]);
        (await CodesAsync(files, key, "data/audit-changes.jsonl", static text => text!.Replace("roles.create", "roles.delete")))
            .ShouldBe(["entry_changed", "file_changed"], ignoreOrder: true);
        (await CodesAsync(files, key, "data/retention.jsonl", _ => files["data/roles.jsonl"])).ShouldBe(["file_changed"]);
        (await CodesAsync(files, key, "data/retention.jsonl", static _ => null)).ShouldBe(["file_missing"]);
        (await CodesAsync(files, key, "data/more.jsonl", static _ => "{}\n")).ShouldBe(["file_unknown"]);
        (await CodesAsync(files, key, "manifest.json", static text => text!.Replace("\"entries\": 1", "\"entries\": 2")))
            .ShouldBe(["manifest_changed"]);
        (await CodesAsync(files, key, "manifest.note", static text => text!.Replace("codexos evidence", "codexos  evidence")))
            .ShouldBe(["signature_wrong"]);
        (await CodesAsync(files, key, "manifest.note", static _ => null)).ShouldBe(["manifest_missing"]);

        // The manifest of another bundle of the same server does not fit either.
        var (_, second) = await MakeAsync(world.Client);
        var foreign = await ReadAsync(second);
        (await CodesAsync(files, key, "manifest.note", _ => foreign["manifest.note"])).ShouldBe(["manifest_changed"]);
        // Another server is believed as little.
        await using var another = await AuditWorld.StartAsync(null);
        var (_, made) = await MakeAsync(another.Client);
        (await CheckAsync(made, key)).Findings.ShouldHaveSingleItem().Code.ShouldBe("signature_wrong");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bundle_whose_server_stops_in_the_middle_goes_on_and_ends(bool onPostgres)
    {
        using var data = new TempDirectory();
        var database = onPostgres ? await postgres.CreateDatabaseAsync(Token) : null;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string run;
        await using (var first = await StartAsync(database, data, token => HeldAsync(reached, token)))
        {
            using var client = await first.SignInAsync(Token);
            var now = TimeProvider.System.GetUtcNow();
            run = await PostAsync(client, now.AddDays(-1), now.AddSeconds(-1));
            await reached.Task.WaitAsync(Token);
        }

        await using var second = await StartAsync(database, data, static token => Numbers(250));
        using var again = await second.SignInAsync(Token);
        var ended = await EndOfAsync(again, run);
        ended.GetProperty("status").GetString().ShouldBe("completed", ended.ToString());
        var archive = await again.GetByteArrayAsync($"{Bundles}/{run}/file", Token);
        (await CheckAsync(archive, await KeyAsync(again))).Findings.ShouldBeEmpty();
        // Of a document with more lines than a file may have, there are several files.
        var files = await ReadAsync(archive);
        new[] { "data/numbers.jsonl", "data/numbers.2.jsonl", "data/numbers.3.jsonl" }
            .Select(path => files[path].Count(static one => one == '\n')).ShouldBe([100, 100, 50]);
    }

    [Fact]
    public async Task A_bundle_that_is_too_large_or_one_too_many_or_of_no_period_is_refused()
    {
        using var data = new TempDirectory();
        await using var server = await StartAsync(
            null, data, static token => Numbers(200_000), "Privacy:EvidenceBytesMax=1048576", "Privacy:EvidenceMax=1");
        using var client = await server.SignInAsync(Token);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var (from, to) in new[] { (now, now.AddDays(-1)), (now.AddDays(-1), now.AddDays(1)), (now.AddDays(-400), now) })
        {
            using var refused = await client.PostAsJsonAsync(Bundles, new { from, to }, Token);
            (refused.StatusCode, (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString())
                .ShouldBe((HttpStatusCode.BadRequest, "evidence.bad_period"));
        }

        using (var empty = await client.PostAsJsonAsync(Bundles, new { }, Token))
            empty.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var failed = await EndOfAsync(client, await PostAsync(client, now.AddDays(-1), now.AddSeconds(-1)));
        failed.GetProperty("fault").GetProperty("code").GetString().ShouldBe("evidence.too_large");
        using (var none = await client.GetAsync($"{Bundles}/{failed.GetProperty("id").GetString()}/file", Token))
            none.StatusCode.ShouldBe(HttpStatusCode.Conflict);

        await using var world = await AuditWorld.StartAsync(null, "Privacy:EvidenceMax=1");
        var (run, _) = await MakeAsync(world.Client);
        var period = new { from = now.AddDays(-1), to = now.AddSeconds(-1) };
        using (var full = await world.Client.PostAsJsonAsync(Bundles, period, Token))
            (await full.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString().ShouldBe("evidence.too_many");
        using (var gone = await world.Client.DeleteAsync($"{Bundles}/{run}", Token))
            gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using (var expired = await world.Client.GetAsync($"{Bundles}/{run}/file", Token))
            expired.StatusCode.ShouldBe(HttpStatusCode.Gone);
        await MakeAsync(world.Client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_bundle_is_for_owners_and_auditors_and_for_a_while_and_goes_with_its_key(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (grace, _) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "admin");
        var (eve, _) = await world.Server.JoinAsync(world.Owner, "eve@example.org", "auditor");
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var now = world.Server.Clock.GetUtcNow();
        var period = new { from = now.AddDays(-1), to = now };
        var denied = (HttpStatusCode.Forbidden, "identity.not_allowed");
        (await world.Server.RefusedAsync(HttpMethod.Post, Bundles, grace.AccessToken, period)).ShouldBe(denied);
        (await world.Server.RefusedAsync(HttpMethod.Get, Bundles, grace.AccessToken)).ShouldBe(denied);

        var made = await world.RunAsync(Bundles, period, eve.AccessToken);
        made.GetProperty("status").GetString().ShouldBe("completed", made.ToString());
        var file = $"{Bundles}/{made.GetProperty("id").GetString()}/file";
        (await world.Server.RefusedAsync(HttpMethod.Get, file, grace.AccessToken)).ShouldBe(denied);
        using (var answer = await world.Server.GetAsync(file, eve.AccessToken)) answer.IsSuccessStatusCode.ShouldBeTrue();
        (await world.Server.JsonAsync(Bundles, world.Owner)).GetProperty("items").GetArrayLength().ShouldBe(1);

        await world.PassAsync(TimeSpan.FromDays(31));

        (await world.Server.RefusedAsync(HttpMethod.Get, file, world.Owner)).ShouldBe((HttpStatusCode.Gone, "evidence.expired"));
        (await world.Server.JsonAsync(Bundles, world.Owner)).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { })).GetProperty("status").GetString().ShouldBe("completed");
        (await world.AuditAsync()).Select(static one => one.GetProperty("action").GetString())
            .ShouldContain("evidence.remove");
        (await world.AuditAsync()).Select(static one => one.GetProperty("action").GetString())
            .ShouldContain("keys.destroy_subject");
    }

    [Fact]
    public async Task Erasing_a_person_removes_the_bundles_that_show_them()
    {
        await using var world = await PrivacyWorld.StartAsync(null);
        var (_, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "developer");
        await world.PassAsync(TimeSpan.FromMinutes(1));
        var now = world.Server.Clock.GetUtcNow();
        var made = await world.RunAsync(Bundles, new { from = now.AddDays(-1), to = now });
        made.GetProperty("status").GetString().ShouldBe("completed", made.ToString());

        (await world.EraseAsync(id, "grace@example.org")).GetProperty("status").GetString().ShouldBe("completed");

        (await world.Server.JsonAsync(Bundles, world.Owner)).GetProperty("items").GetArrayLength().ShouldBe(0);
        var again = await world.RunAsync(Bundles, new { from = now.AddDays(-1), to = now });
        using var answer = await world.Server.GetAsync($"{Bundles}/{again.GetProperty("id").GetString()}/file", world.Owner);
        (await ReadAsync(await answer.Content.ReadAsByteArrayAsync(Token))).Values
            .ShouldAllBe(static text => !text.Contains("grace@example.org"));
    }

    private static Task<CodexServer> StartAsync(
        string? database, TempDirectory data, Func<CancellationToken, IAsyncEnumerable<object>> read, params string[] settings) =>
        CodexServer.StartAsync(
            database, ["Privacy:EvidenceEntriesPerFile=100", .. settings],
            services => services.AddSingleton<IEvidenceSource>(new OneSource(read)), data.Path, Token);

    private static async IAsyncEnumerable<object> HeldAsync(
        TaskCompletionSource reached,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new { number = 1 };
        reached.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
    }

    private static async IAsyncEnumerable<object> Numbers(int count)
    {
        await Task.CompletedTask;
        for (var number = 0; number < count; number++) yield return new { number };
    }

    /// <summary>Makes a bundle of the last day, and downloads it.</summary>
    private static async Task<(string Run, byte[] Archive)> MakeAsync(HttpClient client)
    {
        // The clock of a period is that of the server, in whole milliseconds: what was done before is before its end.
        var now = TimeProvider.System.GetUtcNow();
        var run = await PostAsync(client, now.AddDays(-1), now);
        var ended = await EndOfAsync(client, run);
        ended.GetProperty("status").GetString().ShouldBe("completed", ended.ToString());
        return (run, await client.GetByteArrayAsync($"{Bundles}/{run}/file", Token));
    }

    private static async Task<string> PostAsync(HttpClient client, DateTimeOffset from, DateTimeOffset to)
    {
        using var answer = await client.PostAsJsonAsync(Bundles, new { from, to }, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement> EndOfAsync(HttpClient client, string run)
    {
        await foreach (var line in RunLines.ReadAsync(client, run, Token)) line.ShouldNotBeNull();
        return await client.GetFromJsonAsync<JsonElement>($"/api/v1/runs/{run}", Token);
    }

    private static async Task MakeRoleAsync(HttpClient client, string name)
    {
        using var made = await client.PostAsJsonAsync(
            "/api/v1/roles", new { name, description = "For a test", permissions = new[] { "agents:read" } }, Token);
        made.IsSuccessStatusCode.ShouldBeTrue(await made.Content.ReadAsStringAsync(Token));
    }

    private static async Task<VerifierKey> KeyAsync(HttpClient client)
    {
        var log = await client.GetFromJsonAsync<JsonElement>("/api/v1/audit/log", Token);
        VerifierKey.TryParse(log.GetProperty("verifierKey").GetString()!, out var key).ShouldBeTrue();
        return key!;
    }

    private static async Task<EvidenceReport> CheckAsync(byte[] archive, VerifierKey key)
    {
        using var stream = new MemoryStream(archive);
        return await new BundleCheck(key).RunAsync(stream, Token);
    }

    /// <summary>What is found when one file is another one, or gone.</summary>
    private static async Task<IEnumerable<string>> CodesAsync(
        Dictionary<string, string> files, VerifierKey key, string path, Func<string?, string?> change)
    {
        var changed = new Dictionary<string, string>(files, StringComparer.Ordinal);
        if (change(files.GetValueOrDefault(path)) is { } text) changed[path] = text;
        else changed.Remove(path);
        var report = await CheckAsync(await PackAsync(changed), key);
        report.Intact.ShouldBeFalse();
        return report.Findings.Select(static finding => finding.Code);
    }

    private static async Task<byte[]> PackAsync(Dictionary<string, string> files)
    {
        using var bytes = new MemoryStream();
        await using (var archive = await ZipArchive.CreateAsync(bytes, ZipArchiveMode.Create, leaveOpen: true, null, Token))
        {
            foreach (var (path, text) in files)
            {
                await using var entry = await archive.CreateEntry(path).OpenAsync(Token);
                await entry.WriteAsync(Encoding.UTF8.GetBytes(text), Token);
            }
        }

        return bytes.ToArray();
    }

    private static async Task<Dictionary<string, string>> ReadAsync(byte[] bytes)
    {
        using var archive = new ZipArchive(new MemoryStream(bytes));
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            using var text = new StreamReader(await entry.OpenAsync(Token), Encoding.UTF8);
            files[entry.FullName] = await text.ReadToEndAsync(Token);
        }

        return files;
    }

    private static List<JsonElement> Lines(Dictionary<string, string> files, string document) =>
        [.. files[$"data/{document}.jsonl"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line))];

    private sealed class OneSource(Func<CancellationToken, IAsyncEnumerable<object>> read) : IEvidenceSource
    {
        public IReadOnlyList<EvidenceDocument> Documents =>
            [EvidenceDocument.Of<object>("numbers", "Numbers.", (_, cancellationToken) => read(cancellationToken))];
    }
}
