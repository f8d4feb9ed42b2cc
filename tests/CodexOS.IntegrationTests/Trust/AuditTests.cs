using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>The audit log through the real server, on both databases.</summary>
public sealed class AuditTests(PostgresCluster postgres)
{
    private const string Agent = "name: watched\nmodel: scripted:x\ninstructions: Help.\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_done_is_in_the_log_with_who_did_it(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        using (var policy = await PutAsync(world, "/policy", "trifecta: refuse\n")) policy.IsSuccessStatusCode.ShouldBeTrue();
        using var wrong = await world.Server.Client.PostAsJsonAsync(
            "/api/v1/auth/sign-in",
            new { email = CodexServer.AdministratorEmail, password = "not the password", transport = "body" },
            Token);
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var outcome = await world.Client.PostAsync("/api/v1/auth/sign-out", null, Token);

        using var again = await world.Server.SignInAsync(Token);
        var items = (await again.GetFromJsonAsync<JsonElement>("/api/v1/audit?limit=100", Token))
            .GetProperty("items").EnumerateArray().ToList();

        items.Select(static item => item.GetProperty("action").GetString()).ShouldBe(
            ["sessions.sign_in", "sessions.end", "sessions.sign_in", "policy.apply", "installation.set_up"]);
        items.Select(static item => item.GetProperty("outcome").GetString()).ShouldBe(
            ["done", "done", "failed", "done", "done"]);
        items.Select(static item => item.GetProperty("index").GetInt64()).ShouldBe([4, 3, 2, 1, 0]);
        var applied = items[3];
        applied.GetProperty("actor").GetRawText().ShouldBe($$"""{"kind":"user","id":"{{world.User}}"}""");
        applied.GetProperty("resource").GetRawText().ShouldBe("""{"type":"policy","id":"1"}""");
        applied.GetProperty("personal").GetProperty("actor_name").GetString().ShouldBe("Ada");
        items[2].GetProperty("actor").GetProperty("kind").GetString().ShouldBe("anonymous");
        items[2].GetProperty("details").GetProperty("code").GetString().ShouldBe("identity.bad_credentials");
        items[2].GetProperty("personal").GetProperty("address").GetString().ShouldBe("127.0.0.1");
        items[2].GetRawText().ShouldNotContain("not the password");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lists_are_filtered_and_paged(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await world.RecordAsync(7);

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await world.JsonAsync($"/audit?action=tests.*&limit=3{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(static item => item.GetProperty("resource").GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        seen.ShouldBe(["6", "5", "4", "3", "2", "1", "0"]);
        (await CountAsync("resource=test:4")).ShouldBe(1);
        (await CountAsync("resource=test")).ShouldBe(7);
        (await CountAsync("actor=codexos")).ShouldBe(7);
        (await CountAsync("outcome=failed")).ShouldBe(0);
        (await CountAsync("action=installation.set_up")).ShouldBe(1);
        (await CountAsync("from=2001-01-01T00:00:00Z&to=2002-01-01T00:00:00Z")).ShouldBe(0);
        (await CountAsync("from=2001-01-01T00:00:00Z")).ShouldBe(8);

        async Task<int> CountAsync(string filter) =>
            (await world.JsonAsync($"/audit?{filter}")).GetProperty("items").GetArrayLength();
    }

    [Theory]
    [InlineData("outcome=maybe", "trust.bad_outcome")]
    [InlineData("resource=:x", "trust.bad_resource")]
    [InlineData("action=%00", "trust.bad_filter")]
    [InlineData("cursor=abc", "platform.bad_cursor")]
    [InlineData("limit=0", "platform.bad_limit")]
    public async Task What_makes_no_sense_is_refused(string query, string code)
    {
        await using var world = await StartAsync(onPostgres: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/audit?{query}");
        (await world.SendAsync(request)).ShouldBe((HttpStatusCode.BadRequest, code));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_entry_has_a_proof_that_others_can_check(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await world.RecordAsync(10);

        var items = (await world.JsonAsync("/audit?limit=100")).GetProperty("items").EnumerateArray().ToList();
        foreach (var item in items)
        {
            var proof = await world.JsonAsync($"/audit/{item.GetProperty("id").GetString()}/proof");
            var leaf = Encoding.UTF8.GetBytes(proof.GetProperty("leaf").GetString()!);
            var root = Convert.FromBase64String(proof.GetProperty("checkpoint").GetString()!.Split('\n')[2]);
            MerkleVerifier.Includes(
                proof.GetProperty("index").GetInt64(),
                proof.GetProperty("treeSize").GetInt64(),
                Merkle.LeafHash(leaf),
                Hashes(proof),
                root).ShouldBeTrue();
        }

        var older = Convert.FromBase64String((await world.JsonAsync("/audit/log")).GetProperty("root").GetString()!);
        await world.RecordAsync(6);
        var newer = await world.JsonAsync("/audit/log");
        var grew = await world.JsonAsync($"/audit/consistency?from={items.Count}");
        MerkleVerifier.GrewInto(
            items.Count,
            newer.GetProperty("size").GetInt64(),
            older,
            Convert.FromBase64String(newer.GetProperty("root").GetString()!),
            Hashes(grew)).ShouldBeTrue();

        static List<byte[]> Hashes(JsonElement proof) =>
            [.. proof.GetProperty("hashes").EnumerateArray().Select(static hash => hash.GetBytesFromBase64())];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_export_proves_itself(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await world.RecordAsync(300);

        var lines = (await world.Client.GetStringAsync("/api/v1/audit/export", Token))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line)).ToList();

        var head = lines[0];
        var size = head.GetProperty("treeSize").GetInt64();
        var root = Convert.FromBase64String(head.GetProperty("checkpoint").GetString()!.Split('\n')[2]);
        lines.Count.ShouldBe((int)size + 1);
        foreach (var line in lines.Skip(1))
        {
            var text = line.GetProperty("leaf").GetString()!;
            MerkleVerifier.Includes(
                line.GetProperty("index").GetInt64(),
                size,
                Merkle.LeafHash(Encoding.UTF8.GetBytes(text)),
                [.. line.GetProperty("proof").EnumerateArray().Select(static hash => hash.GetBytesFromBase64())],
                root).ShouldBeTrue();
            foreach (var fact in line.GetProperty("personal").EnumerateObject())
            {
                AuditLeaf.CommitmentOf(fact.Value.GetProperty("salt").GetBytesFromBase64(), fact.Value.GetProperty("value").GetString()!)
                    .ShouldBe(JsonElement.Parse(text).GetProperty("personal").GetProperty(fact.Name).GetString());
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Entries_of_many_at_once_get_a_place_each_without_gaps(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres, "Audit:SequenceBatchMax=10");
        var others = Enumerable.Range(0, 3).Select(_ => TenantId.New(TimeProvider.System)).ToList();

        await Task.WhenAll(
            [.. Enumerable.Range(0, 4).Select(_ => world.RecordAsync(25)),
             .. others.Select(other => world.RecordAsync(10, other)),
             .. Enumerable.Range(0, 3).Select(_ => world.Get<AuditSequencer>().SequenceAllAsync(Token))]);
        await world.Get<AuditSequencer>().SequenceAllAsync(Token);

        var indices = await world.ChangeAsync(db =>
            db.Entries.OrderBy(row => row.LeafIndex).Select(row => row.LeafIndex).ToListAsync(Token));
        indices.ShouldBe(Enumerable.Range(0, 101).Select(static index => (long)index));
        (await world.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_entry_is_there_if_and_only_if_its_transaction_was_committed(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        foreach (var commit in (bool[])[false, true])
        {
            await using var connection = await world.Get<Database>().OpenAsync(Token);
            await using var transaction = await connection.BeginTransactionAsync(Token);
            using (world.Enter())
                await world.Get<IAuditLog>().RecordAsync(AuditEntry.Done("tests.commit").On("test", $"{commit}"), transaction, Token);
            if (commit) await transaction.CommitAsync(Token);
        }

        (await world.JsonAsync("/audit?action=tests.commit")).GetProperty("items").EnumerateArray()
            .ShouldHaveSingleItem().GetProperty("resource").GetProperty("id").GetString().ShouldBe("True");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_privileged_happens_while_the_log_cannot_be_written(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        await world.ExecuteAsync(
            "ALTER TABLE audit_pending RENAME TO audit_gone", "ALTER TABLE trust.audit_pending RENAME TO audit_gone");

        (await RefusalAsync("/agents", Agent)).ShouldBe((HttpStatusCode.ServiceUnavailable, "trust.audit_unavailable"));
        (await RefusalAsync("/policy", "trifecta: refuse\n")).ShouldBe((HttpStatusCode.ServiceUnavailable, "trust.audit_unavailable"));
        using var signIn = await world.Server.Client.PostAsJsonAsync(
            "/api/v1/auth/sign-in",
            new { email = CodexServer.AdministratorEmail, password = CodexServer.AdministratorPassword, transport = "body" },
            Token);
        signIn.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        await world.ExecuteAsync(
            "ALTER TABLE audit_gone RENAME TO audit_pending", "ALTER TABLE trust.audit_gone RENAME TO audit_pending");
        (await world.JsonAsync("/auth/sessions")).GetProperty("items").GetArrayLength().ShouldBe(1);
        (await world.JsonAsync("/policy/versions")).GetProperty("items").GetArrayLength().ShouldBe(0);
        using var missing = await world.Client.GetAsync("/api/v1/agents/watched", Token);
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var applied = await PutAsync(world, "/agents", Agent);
        applied.StatusCode.ShouldBe(HttpStatusCode.Created, await applied.Content.ReadAsStringAsync(Token));

        async Task<(HttpStatusCode, string?)> RefusalAsync(string path, string yaml)
        {
            using var answer = await PutAsync(world, path, yaml);
            return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Erasing_a_person_leaves_every_proof_as_it_was(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        using (var policy = await PutAsync(world, "/policy", "trifecta: refuse\n")) policy.IsSuccessStatusCode.ShouldBeTrue();
        await world.CheckpointAsync();

        using (world.Enter()) (await world.Get<IAuditErasure>().EraseAsync(world.User, Token)).ShouldBeGreaterThan(0);

        (await world.VerifyAsync()).Findings.ShouldBeEmpty();
        var items = (await world.JsonAsync("/audit")).GetProperty("items").EnumerateArray().ToList();
        items[0].GetProperty("action").GetString().ShouldBe("audit.erase_personal");
        items.ShouldAllBe(static item => item.GetProperty("personal").EnumerateObject()
            .All(static fact => fact.Value.ValueKind == JsonValueKind.Null));
        items[^1].GetProperty("personal").EnumerateObject().Count().ShouldBe(2);
    }

    [Fact]
    public async Task Another_tenants_entries_cannot_be_seen_or_proved()
    {
        await using var world = await StartAsync(onPostgres: false);
        var other = TenantId.New(TimeProvider.System);
        await world.RecordAsync(3, other);
        await world.CheckpointAsync(other);
        AuditEntryId theirs;
        using (world.Enter(other))
        {
            await using var db = await world.Get<IDbContextFactory<CodexOS.Trust.Storage.TrustDb>>().CreateDbContextAsync(Token);
            theirs = await db.Entries.Select(row => row.EntryId).FirstAsync(Token);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/audit/{theirs}/proof");
        (await world.SendAsync(request)).ShouldBe((HttpStatusCode.NotFound, "trust.entry_not_found"));
        (await world.JsonAsync("/audit?action=tests.*")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await world.JsonAsync("/audit/checkpoints")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    private Task<AuditWorld> StartAsync(bool onPostgres, params string[] settings) =>
        AuditWorld.StartAsync(onPostgres ? postgres : null, settings);

    private static async Task<HttpResponseMessage> PutAsync(AuditWorld world, string path, string yaml)
    {
        using var content = new StringContent(yaml, Encoding.UTF8, new MediaTypeHeaderValue("application/yaml"));
        return await world.Client.PutAsync($"/api/v1{path}", content, Token);
    }
}
