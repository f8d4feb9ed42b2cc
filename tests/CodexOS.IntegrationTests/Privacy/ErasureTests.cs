using System.Net;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>Erasing persons: in the database, in a backup of it, and with the proof that it was done.</summary>
public sealed class ErasureTests(PostgresCluster postgres)
{
    private const string Email = "grace@example.org";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_erased_person_is_unknown_unreadable_and_signed_out_and_the_log_is_as_provable_as_before(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, Email, "developer");
        using var device = new SoftwareAuthenticator();
        await world.Server.AddPasskeyAsync(grace.AccessToken, device);
        var kept = (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, grace.AccessToken)).GetProperty("id").GetString();
        var (place, value) = await SealAsync(world, id);
        (await TextOfAsync(world, await FactsOfAsync(world, id))).ShouldContain("127.0.0.1");

        (await world.AuditAsync()).ShouldContain(static one => one.ToString().Contains(Email), "Her invitation is on record.");

        var copy = (await world.RunAsync(PrivacyWorld.Exports, new { subject = id })).GetProperty("id").GetString();

        var run = await world.EraseAsync(id, Email);

        run.GetProperty("status").GetString().ShouldBe("completed", run.ToString());
        (await world.Server.RefusedAsync(HttpMethod.Get, $"{PrivacyWorld.Exports}/{copy}/file", world.Owner))
            .ShouldBe((HttpStatusCode.Gone, "privacy.export_expired"));
        (await world.Get<IVault>().OpenAsync(place, value, Token)).Fault.Code.ShouldBe("trust.key_destroyed");
        (await FactsOfAsync(world, id)).ShouldBeEmpty();
        (await world.Server.MeFaultAsync(grace.AccessToken)).ShouldBe("identity.session_ended");
        using (var again = await world.Server.SignInAsync(Email))
            (await IdentityServer.CodeOfAsync(again)).ShouldBe("identity.bad_credentials");
        (await world.Server.RefusedEntryAsync(device)).ShouldBe("identity.bad_passkey");
        await world.Server.ChangeAsync(async db => (await db.Passkeys.CountAsync(Token)).ShouldBe(0));
        (await world.Server.JsonAsync("/api/v1/members", world.Owner)).ToString().ShouldNotContain("grace");
        (await world.Server.RefusedAsync(HttpMethod.Post, PrivacyWorld.Exports, world.Owner, new { subject = id })).Code
            .ShouldBe("privacy.subject_not_found");
        var entries = await world.AuditAsync();
        entries.Where(one => one.GetProperty("actor").GetProperty("id").GetString() == id).ShouldAllBe(
            one => one.GetProperty("personal").EnumerateObject().All(fact => fact.Value.ValueKind == JsonValueKind.Null));
        entries.ShouldAllBe(static one => !one.ToString().Contains(Email), "Neither is her invitation's address left.");
        entries.Select(static one => one.GetProperty("action").GetString()).Take(5).ShouldBe(
            ["privacy.erase", "keys.destroy_subject", "audit.erase_personal", "members.erase", "privacy.begin_erasure"], ignoreOrder: true);
        (await world.VerifyAsync()).GetProperty("findings").GetArrayLength().ShouldBe(0);
        // What she started is the tenant's, and is kept unless it is asked for.
        (await world.Server.JsonAsync($"{PrivacyWorld.Runs}/{kept}", world.Owner)).GetProperty("status").GetString().ShouldBe("completed");
        // Her address is free: whoever has it now is somebody else.
        (await world.Server.JoinAsync(world.Owner, Email, "viewer")).Id.ShouldNotBe(id);

        var erasure = await world.Server.JsonAsync($"{PrivacyWorld.Erasures}/{run.GetProperty("id").GetString()}", world.Owner);
        var receipt = Verified(erasure.GetProperty("receipt").GetString()!, erasure.GetProperty("verifierKey").GetString()!);
        receipt.GetProperty("subject").GetString().ShouldBe(id);
        receipt.GetProperty("keysDestroyed").GetInt32().ShouldBe(1);
        receipt.ToString().ShouldNotContain(Email);
        receipt.GetProperty("parts").EnumerateArray().SelectMany(static part => part.GetProperty("kept").EnumerateArray())
            .Select(static one => one.GetProperty("what").GetString()).ShouldContain("audit_entries");
    }

    [Fact]
    public async Task A_backup_that_is_put_back_does_not_bring_an_erased_person_back()
    {
        using var data = new TempDirectory();
        var backup = Path.Combine(data.Path, "backup.db");
        string id;
        SealedPlace place;
        Sealed value;
        await using (var world = await PrivacyWorld.StartAsync(null, data.Path))
        {
            (_, id) = await world.Server.JoinAsync(world.Owner, Email, "developer");
            (place, value) = await SealAsync(world, id);
            await using (var connection = await world.Get<Database>().OpenAsync(Token))
            {
                await using var copy = connection.CreateCommand();
                copy.CommandText = $"VACUUM INTO '{backup}'";
                await copy.ExecuteNonQueryAsync(Token);
            }

            (await world.EraseAsync(id, Email)).GetProperty("status").GetString().ShouldBe("completed");
        }

        SqliteConnection.ClearAllPools();
        foreach (var file in Directory.GetFiles(data.Path, "codexos.db*")) File.Delete(file);
        File.Move(backup, Path.Combine(data.Path, "codexos.db"));

        await using var restored = await IdentityServer.StartAsync(null, data.Path);
        var owner = (await restored.SignedInAsync()).AccessToken;
        var vault = restored.Server.Services.GetRequiredService<IVault>();
        (await vault.OpenAsync(place, value, Token)).Fault.Code.ShouldBe("trust.key_destroyed");
        (await restored.JsonAsync("/api/v1/members", owner)).ToString().ShouldNotContain("grace");
        using (var again = await restored.SignInAsync(Email))
            (await IdentityServer.CodeOfAsync(again)).ShouldBe("identity.bad_credentials");
        var entries = (await restored.JsonAsync("/api/v1/audit?limit=100", owner)).GetProperty("items").EnumerateArray().ToList();
        entries.ShouldContain(static one => one.GetProperty("action").GetString() == "privacy.erase_again");
        entries.Where(one => one.GetProperty("actor").GetProperty("id").GetString() == id).ShouldAllBe(
            one => one.GetProperty("personal").EnumerateObject().All(fact => fact.Value.ValueKind == JsonValueKind.Null));
        (await restored.JsonAsync(PrivacyWorld.Erasures, owner)).GetProperty("items")[0].GetProperty("subject").GetString().ShouldBe(id);
    }

    [Fact]
    public async Task The_last_owner_somebody_on_hold_and_whoever_was_not_confirmed_are_not_erased()
    {
        await using var world = await PrivacyWorld.StartAsync(null);
        var owner = (await world.Server.JsonAsync("/api/v1/auth/me", world.Owner)).GetProperty("user").GetProperty("id").GetString()!;
        var (grace, id) = await world.Server.JoinAsync(world.Owner, Email, "admin");

        (await ErasureRefusedAsync(world, owner, IdentityServer.Email)).ShouldBe((HttpStatusCode.Conflict, "identity.last_owner"));
        (await ErasureRefusedAsync(world, id, "grace@example.com")).ShouldBe((HttpStatusCode.BadRequest, "privacy.not_confirmed"));
        (await world.Server.RefusedAsync(
            HttpMethod.Post, PrivacyWorld.Erasures, grace.AccessToken, new { subject = id, confirm = Email })).Status
            .ShouldBe(HttpStatusCode.Forbidden);
        var hold = (await world.Server.DoAsync(
            HttpMethod.Post, PrivacyWorld.Holds, world.Owner, new { kind = "subject", target = id, reason = "Case 7" }))
            .GetProperty("id").GetString()!;
        using (var refused = await world.Server.SendAsync(
            HttpMethod.Post, PrivacyWorld.Erasures, world.Owner, new { subject = id, confirm = Email }))
        {
            var problem = JsonElement.Parse(await refused.Content.ReadAsStringAsync(Token));
            problem.GetProperty("code").GetString().ShouldBe("privacy.on_hold");
            problem.GetProperty("detail").GetString()!.ShouldContain(hold);
        }

        await world.Server.DoAsync(HttpMethod.Delete, $"{PrivacyWorld.Holds}/{hold}", world.Owner);
        (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, grace.AccessToken)).GetProperty("status").GetString()
            .ShouldBe("completed");
        (await world.EraseAsync(id, Email, deleteRuns: true)).GetProperty("status").GetString().ShouldBe("completed");
        (await world.Server.JsonAsync($"{PrivacyWorld.Runs}?kind=runs.retention", world.Owner)).GetProperty("items").GetArrayLength()
            .ShouldBe(0);
        (await world.AuditAsync()).Select(static one => one.GetProperty("action").GetString())
            .Intersect(["privacy.place_hold", "privacy.lift_hold"]).Count().ShouldBe(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_is_erased_from_one_tenant_is_who_they_were_in_another(bool onPostgres)
    {
        await using var world = await PrivacyWorld.StartAsync(onPostgres ? postgres : null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, Email, "developer");
        var made = await world.Server.DoAsync(HttpMethod.Post, "/api/v1/tenants", world.Owner, new { name = "Branch" });
        using var setUp = await world.Server.PostAsync("/api/v1/setup", new
        {
            token = made.GetProperty("ownerLink").GetProperty("path").GetString()!.Split("#token=")[^1],
            email = "branch@example.org",
            displayName = "Branch",
            password = IdentityServer.Password,
            transport = "body",
        });
        var branch = (await IdentityServer.TokensOfAsync(setUp)).AccessToken;
        await world.Server.DoAsync(HttpMethod.Post, "/api/v1/invitations", branch, new { email = Email, role = "viewer" });
        using (await world.Server.PostAsync(
            "/api/v1/invitations/accept", new { token = world.Server.Letters.LastToken, password = IdentityServer.Password })) { }

        (await world.EraseAsync(id, Email)).GetProperty("status").GetString().ShouldBe("completed");

        (await world.Server.MeFaultAsync(grace.AccessToken)).ShouldBe("identity.session_ended");
        (await world.Server.JsonAsync("/api/v1/members", world.Owner)).ToString().ShouldNotContain("grace");
        (await world.AuditAsync()).ShouldAllBe(static one => !one.ToString().Contains(Email));
        (await world.Server.JsonAsync("/api/v1/members", branch)).ToString().ShouldContain(Email);
        (await world.Server.JsonAsync("/api/v1/audit?limit=100", branch)).ToString().ShouldContain(Email);
        using var again = await world.Server.SignInAsync(Email);
        var me = await world.Server.JsonAsync("/api/v1/auth/me", (await IdentityServer.TokensOfAsync(again)).AccessToken);
        me.GetProperty("user").GetProperty("id").GetString().ShouldBe(id);
        me.GetProperty("tenant").GetProperty("name").GetString().ShouldBe("Branch");
        (await world.Server.JsonAsync(PrivacyWorld.Erasures, world.Owner)).GetProperty("items")[0].GetProperty("receipt").GetString()!
            .ShouldContain("They belong to other tenants too");
    }

    [Fact]
    public async Task A_hold_on_the_tenant_keeps_everybody_and_one_on_a_run_keeps_that_run()
    {
        await using var world = await PrivacyWorld.StartAsync(null);
        var (grace, id) = await world.Server.JoinAsync(world.Owner, Email, "developer");
        var run = (await world.RunAsync($"{PrivacyWorld.Runs}/retention", new { }, grace.AccessToken)).GetProperty("id").GetString();
        var whole = await HoldAsync(new { kind = "tenant", reason = "Case 8" });
        (await ErasureRefusedAsync(world, id, Email)).ShouldBe((HttpStatusCode.Conflict, "privacy.on_hold"));
        await world.Server.DoAsync(HttpMethod.Delete, $"{PrivacyWorld.Holds}/{whole}", world.Owner);

        await HoldAsync(new { kind = "run", target = run, reason = "Case 9" });
        (await world.Server.RefusedAsync(
            HttpMethod.Post, PrivacyWorld.Erasures, world.Owner, new { subject = id, confirm = Email, deleteRuns = true }))
            .ShouldBe((HttpStatusCode.Conflict, "privacy.on_hold"));
        (await world.EraseAsync(id, Email)).GetProperty("status").GetString().ShouldBe("completed");
        (await world.Server.JsonAsync($"{PrivacyWorld.Runs}/{run}", world.Owner)).GetProperty("status").GetString().ShouldBe("completed");

        async Task<string?> HoldAsync(object body) =>
            (await world.Server.DoAsync(HttpMethod.Post, PrivacyWorld.Holds, world.Owner, body)).GetProperty("id").GetString();
    }

    private static Task<(HttpStatusCode, string?)> ErasureRefusedAsync(PrivacyWorld world, string subject, string confirm) =>
        world.Server.RefusedAsync(HttpMethod.Post, PrivacyWorld.Erasures, world.Owner, new { subject, confirm });

    /// <summary>A value that speaks of a person, as a module would seal it.</summary>
    private static async Task<(SealedPlace, Sealed)> SealAsync(PrivacyWorld world, string subject)
    {
        var place = new SealedPlace(world.Tenant, "notes", "text", "1") { Subject = UserId.Parse(subject, null) };
        return (place, await world.Get<IVault>().SealAsync(place, "about her"u8.ToArray(), Token));
    }

    private static async Task<List<AuditPersonalRow>> FactsOfAsync(PrivacyWorld world, string subject)
    {
        using var entered = world.Enter();
        await using var db = await world.Get<IDbContextFactory<TrustDb>>().CreateDbContextAsync(Token);
        return await db.Personal.AsNoTracking().Where(row => row.Subject == subject).ToListAsync(Token);
    }

    /// <summary>The facts, opened with the person's key.</summary>
    private static async Task<string> TextOfAsync(PrivacyWorld world, List<AuditPersonalRow> facts)
    {
        var text = new StringBuilder();
        foreach (var fact in facts)
        {
            var row = SealedColumns.RowOf([fact.EntryId.Value, fact.Field]);
            var place = new SealedPlace(world.Tenant, TrustDb.PersonalTable, "fact", row) { Subject = UserId.Parse(fact.Subject, null) };
            var opened = await world.Get<IVault>().OpenAsync(place, fact.Fact, Token);
            text.AppendLine(Encoding.UTF8.GetString(opened.Value.AsSpan(AuditLeaf.SaltBytes)));
        }

        return text.ToString();
    }

    /// <summary>What a signed note says, if its signature is right; written from the specification of signed notes.</summary>
    private static JsonElement Verified(string note, string verifier)
    {
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal) + 1;
        var text = Encoding.UTF8.GetBytes(note[..end]);
        var signature = Convert.FromBase64String(note[(end + 1)..].Trim().Split(' ')[^1])[4..];
        var key = Convert.FromBase64String(verifier.Split('+', 3)[^1])[1..];
        var check = new Ed25519Signer();
        check.Init(forSigning: false, new Ed25519PublicKeyParameters(key));
        check.BlockUpdate(text, 0, text.Length);
        check.VerifySignature(signature).ShouldBeTrue();
        var lines = note[..end].Split('\n');
        lines[0].ShouldBe("codexos erasure receipt");
        return JsonElement.Parse(lines[1]);
    }
}
