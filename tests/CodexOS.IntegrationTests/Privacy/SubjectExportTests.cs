using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Platform.Blobs;
using CodexOS.Privacy.Storage;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;
using NJsonSchema;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>Exports of persons' data: complete, valid, and nobody else's, on both databases.</summary>
public sealed class SubjectExportTests(PostgresCluster postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_export_has_all_data_of_one_person_by_schema_and_nobody_elses(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "admin");
        var (zoltan, zoltanId) = await world.Server.JoinAsync(world.Owner, "zoltan@example.org", "developer");
        await DoThingsAsync(world, grace.AccessToken, "grace");
        await DoThingsAsync(world, zoltan.AccessToken, "zoltan");
        await world.Server.DoAsync(
            HttpMethod.Put, "/api/v1/secrets/billing", grace.AccessToken, new { value = "a secret of hers" });
        await world.Server.DoAsync(
            HttpMethod.Post, "/api/v1/grants", world.Owner, new { subject = id, resource = "agent:one", permission = "runs:start" });
        await world.Server.DoAsync(
            HttpMethod.Post, "/api/v1/invitations", grace.AccessToken, new { email = "mallory@example.org", role = "viewer" });
        await world.Server.DoAsync(HttpMethod.Patch, $"/api/v1/members/{id}", world.Owner, new { role = "developer" });
        using var hers = new SoftwareAuthenticator();
        using var his = new SoftwareAuthenticator();
        await world.Server.AddPasskeyAsync(grace.AccessToken, hers, "her laptop");
        await world.Server.AddPasskeyAsync(zoltan.AccessToken, his);
        using (await world.Server.SignInAsync("grace@example.org", "not her passphrase")) { }
        var owner = (await world.Server.JsonAsync("/api/v1/auth/me", world.Owner)).GetProperty("user").GetProperty("id").GetString()!;

        var files = await world.ExportAsync(id);

        var manifest = JsonElement.Parse(files["manifest.json"]);
        manifest.GetProperty("subject").GetString().ShouldBe(id);
        var documents = manifest.GetProperty("files").EnumerateArray().ToList();
        (documents.Count * 2).ShouldBe(files.Count - 1);
        foreach (var document in documents)
        {
            var data = files[document.GetProperty("path").GetString()!];
            document.GetProperty("sha256").GetString()
                .ShouldBe(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data))));
            var schema = await JsonSchema.FromJsonAsync(files[document.GetProperty("schema").GetString()!], Token);
            schema.Validate(data).Select(static error => error.ToString()).ShouldBeEmpty(document.ToString());
            JsonElement.Parse(data).GetArrayLength().ShouldBe((int)document.GetProperty("items").GetInt64());
        }

        One(files, "account").GetProperty("email").GetString().ShouldBe("grace@example.org");
        One(files, "account").GetProperty("role").GetString().ShouldBe("developer");
        Items(files, "sessions").Count.ShouldBe(1);
        One(files, "passkeys").GetProperty("name").GetString().ShouldBe("her laptop");
        One(files, "passkeys").GetProperty("credentialId").GetString().ShouldBe(hers.CredentialId);
        One(files, "api-keys").GetProperty("name").GetString().ShouldBe("grace-key");
        One(files, "grants").GetProperty("resourceName").GetString().ShouldBe("one");
        One(files, "secrets").GetProperty("name").GetString().ShouldBe("billing");
        var run = One(files, "runs");
        run.GetProperty("kind").GetString().ShouldBe("runs.retention");
        Items(files, "run-events").Select(one => one.GetProperty("kind").GetString()).ShouldContain("run.completed");
        Items(files, "run-events").ShouldAllBe(one => one.GetProperty("runId").GetString() == run.GetProperty("id").GetString());
        var entries = Items(files, "audit-entries");
        var actions = entries.ConvertAll(static one => one.GetProperty("action").GetString());
        actions.ShouldBeSubsetOf([
            "invitations.create", "members.join", "sessions.sign_in", "api_keys.create", "secrets.create", "members.update",
            "grants.create", "passkeys.add"]);
        actions.ShouldContain("members.update");
        Facts("sessions.sign_in", "done").GetProperty("address").GetString().ShouldBe("127.0.0.1");
        Facts("sessions.sign_in", "failed").EnumerateObject().ShouldBeEmpty("Who tried is not known, so where from is not hers.");
        var invited = entries.Where(static one => one.GetProperty("action").GetString() == "invitations.create").ToList();
        // Whom she invited is not her data, and her own invitation is.
        invited.SelectMany(static one => one.GetProperty("personal").EnumerateObject())
            .Select(static fact => $"{fact.Name} {fact.Value}")
            .ShouldBe(["email grace@example.org", "actor_name grace"], ignoreOrder: true);
        entries.Single(static one => one.GetProperty("action").GetString() == "members.update")
            .GetProperty("actor").GetString().ShouldBe("another person");

        var all = string.Concat(files.Where(static file => file.Key.StartsWith("data/", StringComparison.Ordinal)).Select(static file => file.Value));
        foreach (var foreign in (string[])["zoltan", "mallory", zoltanId, IdentityServer.Email, owner, "Ada", "a secret of hers", IdentityServer.Password])
            all.ShouldNotContain(foreign, Case.Sensitive);

        JsonElement Facts(string action, string outcome) => entries.Single(one =>
            one.GetProperty("action").GetString() == action && one.GetProperty("outcome").GetString() == outcome)
            .GetProperty("personal");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_identity_provider_said_of_a_person_is_in_their_export_and_erased_with_them(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (_, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "developer");
        var said = new { externalId = "ext-4711", name = new { givenName = "Grace", familyName = "Hopper" } };
        await world.Server.DoAsync(
            HttpMethod.Patch, $"/api/v1/scim/v2/Users/{id}", world.Owner,
            new { Operations = new[] { new { op = "replace", value = said } } });
        await world.Server.DoAsync(
            HttpMethod.Post, "/api/v1/scim/v2/Groups", world.Owner,
            new { displayName = "Navy", members = new[] { new { value = id } } });

        var exported = One(await world.ExportAsync(id), "provisioning");

        exported.GetProperty("externalId").GetString().ShouldBe("ext-4711");
        exported.GetProperty("familyName").GetString().ShouldBe("Hopper");
        exported.GetProperty("groups")[0].GetString().ShouldBe("Navy");
        (await world.EraseAsync(id, "grace@example.org")).GetProperty("status").GetString().ShouldBe("completed");
        await world.Server.ChangeAsync(async db =>
        {
            (await db.ScimUsers.IgnoreQueryFilters().CountAsync(Token)).ShouldBe(0);
            (await db.ScimGroupMembers.IgnoreQueryFilters().CountAsync(Token)).ShouldBe(0);
        });
    }

    [Fact]
    public async Task An_archive_is_for_those_who_may_have_it_and_for_a_while_and_each_download_is_on_record()
    {
        await using var world = await PrivacyWorld.StartAsync(null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "developer");
        (await world.Server.RefusedAsync(HttpMethod.Post, PrivacyWorld.Exports, grace.AccessToken, new { subject = id }))
            .ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));
        (await world.Server.RefusedAsync(HttpMethod.Post, PrivacyWorld.Exports, world.Owner, new { subject = $"usr_{new string('0', 32)}" }))
            .ShouldBe((HttpStatusCode.NotFound, "privacy.subject_not_found"));
        var run = (await world.RunAsync(PrivacyWorld.Exports, new { subject = id })).GetProperty("id").GetString();
        var file = $"{PrivacyWorld.Exports}/{run}/file";
        (await world.Server.RefusedAsync(HttpMethod.Get, file, grace.AccessToken)).Status.ShouldBe(HttpStatusCode.Forbidden);
        using (var answer = await world.Server.GetAsync(file, world.Owner)) answer.IsSuccessStatusCode.ShouldBeTrue();
        (await world.AuditAsync()).Select(static one => one.GetProperty("action").GetString()).Take(2)
            .ShouldBe(["privacy.download_export", "privacy.export"]);
        var archive = (await world.Server.JsonAsync(PrivacyWorld.Exports, world.Owner)).GetProperty("items")[0];
        var hash = archive.GetProperty("sha256").GetString()!;
        Path.GetFileName(BlobFiles(world).ShouldHaveSingleItem()).ShouldNotBe(hash, "It lies encrypted.");

        await world.PassAsync(TimeSpan.FromDays(8));

        (await world.Server.RefusedAsync(HttpMethod.Get, file, world.Owner)).ShouldBe((HttpStatusCode.Gone, "privacy.export_expired"));
        (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { })).GetProperty("status").GetString().ShouldBe("completed");
        BlobFiles(world).ShouldBeEmpty();
        (await world.Server.JsonAsync(PrivacyWorld.Exports, world.Owner)).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_archive_lies_sealed_under_the_key_of_its_person_and_is_lost_with_it(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (_, id) = await world.Server.JoinAsync(world.Owner, "grace@example.org", "developer");
        var run = (await world.RunAsync(PrivacyWorld.Exports, new { subject = id })).GetProperty("id").GetString();
        var file = $"{PrivacyWorld.Exports}/{run}/file";
        var archive = await FileAsync(world, file);
        var path = BlobFiles(world).ShouldHaveSingleItem();
        var encrypted = await File.ReadAllBytesAsync(path, Token);
        encrypted.AsSpan().IndexOf("manifest.json"u8).ShouldBe(-1);
        archive.AsSpan().IndexOf("manifest.json"u8).ShouldBeGreaterThan(0);
        using var entered = world.Enter();
        await using var db = await world.Get<IDbContextFactory<PrivacyDb>>().CreateDbContextAsync(Token);
        var row = await db.Exports.AsNoTracking().SingleAsync(Token);

        // One from before archives were sealed is read as it lies.
        await world.Get<IBlobStore>().WriteAsync(world.Tenant, archive, Token);
        await db.Exports.ExecuteUpdateAsync(
            set => set.SetProperty(static one => one.Blob, (string?)null)
                .SetProperty(static one => one.ContentKey, (Sealed?)null),
            Token);
        (await FileAsync(world, file)).ShouldBe(archive);
        await db.Exports.ExecuteDeleteAsync(Token);
        db.Exports.Add(row);
        await db.SaveChangesAsync(Token);
        (await FileAsync(world, file)).ShouldBe(archive);

        (await world.EraseAsync(id, "grace@example.org")).GetProperty("status").GetString().ShouldBe("completed");
        File.Exists(path).ShouldBeFalse();
        // As a backup brings both back.
        await File.WriteAllBytesAsync(path, encrypted, Token);
        db.ChangeTracker.Clear();
        db.Exports.Add(row);
        await db.SaveChangesAsync(Token);
        (await world.Server.RefusedAsync(HttpMethod.Get, file, world.Owner)).ShouldBe((HttpStatusCode.Gone, "trust.key_destroyed"));
    }

    private static async Task<byte[]> FileAsync(PrivacyWorld world, string file)
    {
        using var answer = await world.Server.GetAsync(file, world.Owner);
        answer.IsSuccessStatusCode.ShouldBeTrue();
        return await answer.Content.ReadAsByteArrayAsync(Token);
    }

    private static string[] BlobFiles(PrivacyWorld world) =>
        Directory.GetFiles(Path.Combine(world.Server.Server.DataPath, "blobs"), "*", SearchOption.AllDirectories);

    private static async Task DoThingsAsync(PrivacyWorld world, string token, string name)
    {
        await world.Server.DoAsync(
            HttpMethod.Post, "/api/v1/api-keys", token, new { name = $"{name}-key", scopes = new[] { "agents:read" } });
        (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, token)).GetProperty("status").GetString().ShouldBe("completed");
    }

    private static List<JsonElement> Items(Dictionary<string, string> files, string document) =>
        [.. JsonElement.Parse(files[$"data/{document}.json"]).EnumerateArray()];

    private static JsonElement One(Dictionary<string, string> files, string document) =>
        Items(files, document).ShouldHaveSingleItem();
}
