using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.Docs;
using CodexOS.IntegrationTests.Identity;
using CodexOS.IntegrationTests.Knowledge;
using CodexOS.Testing.Passkeys;
using CodexOS.Testing.Postgres;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Tenancy;

/// <summary>
/// Every endpoint of the API document that takes something in its path, called with another tenant's. The document is made from
/// the running server, so an endpoint that is added without a word here fails this test.
/// </summary>
public abstract class CrossTenantTests(Func<Task<string?>> database)
{
    /// <summary>What a placeholder stands for.</summary>
    private enum Kind
    {
        /// <summary>An id that is one of a kind: another tenant's is not found, and the attempt is recorded.</summary>
        Id,

        /// <summary>A name that each tenant gives by itself: another tenant's means nothing.</summary>
        Name,

        /// <summary>A person, or a thing of one, who belong to no tenant: where they are no member, they are not found.</summary>
        Person,

        /// <summary>A part of what stands before it.</summary>
        Part,

        /// <summary>Belongs to the installation; other tenants lack the permission, whatever they name.</summary>
        Installation,
    }

    private const string PetsApi =
        """{"openapi":"3.1.0","info":{"title":"Pets","version":"1"},"servers":[{"url":"https://pets.example"}],"paths":{"/pets":{"get":{"operationId":"listPets","responses":{"200":{"description":"Pets."}}}}}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_an_endpoint_is_given_of_another_tenant_it_does_not_find_and_the_attempt_is_on_record()
    {
        await using var server = await CodexServer.StartAsync(
            await database(), [PasskeyCalls.PublicUrl], ApiDocumentText.AddGenerator, cancellationToken: Token);
        using var device = new SoftwareAuthenticator();
        using var ada = await server.SignInAsync(Token);
        using var bob = await server.AddTenantAsync(ada, "bob", Token);
        var calls = new OpenApiCalls(await ApiDocumentText.MakeAsync(server.Services, Token));
        var hers = await MakeAsync(ada, device);
        var operations = calls.WithPlaces().ToList();
        operations.Count.ShouldBeGreaterThan(35);
        operations.SelectMany(operation => operation.Places).Where(place => !hers.ContainsKey(place)).Distinct()
            .ShouldBeEmpty("Say in MakeAsync what these stand for, and make one of each.");

        // It is there for her: what he does not find is not missing because it was not made.
        foreach (var operation in operations.Where(operation => operation.Method == HttpMethod.Get && !IsPart(operation)))
        {
            using var answer = await ada.SendAsync(
                calls.RequestOf(operation, place => hers[place].Value), HttpCompletionOption.ResponseHeadersRead, Token);
            ((int)answer.StatusCode).ShouldBeLessThan(404, $"{operation.Id} does not find what was made for it.");
        }

        var wrong = new List<string>();
        var attempts = new List<(string Method, string Id)>();
        foreach (var operation in operations)
        {
            using var answer = await bob.SendAsync(calls.RequestOf(operation, place => hers[place].Value), Token);
            var body = await answer.Content.ReadAsStringAsync(Token);
            var kinds = operation.Places.Select(place => hers[place].Kind).ToList();
            if (!IsAsExpected(operation, kinds, answer.StatusCode) || body.Contains("platform.no_such_route", StringComparison.Ordinal))
                wrong.Add($"{operation.Method} {operation.Path}: {(int)answer.StatusCode} {body}");
            if (answer.StatusCode is HttpStatusCode.NotFound)
            {
                attempts.AddRange(operation.Places.Where(place => hers[place].Kind is Kind.Id)
                    .Select(place => (operation.Method.Method, hers[place].Value)));
            }
        }

        wrong.ShouldBeEmpty();
        (await RecordedAsync(bob)).Order().ShouldBe(attempts.Order());
        (await RecordedAsync(ada)).ShouldBeEmpty();
        // What is hers is as it was, secrets of the same name included.
        var prompt = await DoneAsync(ada, $"{PasskeyCalls.StepUp}/options", new { });
        await DoneAsync(ada, PasskeyCalls.StepUp, new { passkey = PasskeyCalls.AnswerOf(prompt, device) });
        using var secret = await ada.PostAsync("/api/v1/secrets/token/reveal", null, Token);
        (await secret.Content.ReadAsStringAsync(Token)).ShouldContain("hers");

        bool IsPart(ApiOperation operation) => operation.Places.Any(place => hers[place].Kind is Kind.Part);
    }

    private static bool IsAsExpected(ApiOperation operation, List<Kind> kinds, HttpStatusCode status)
    {
        if (kinds.Contains(Kind.Installation)) return status is HttpStatusCode.Forbidden;
        if (status is HttpStatusCode.NotFound) return true;
        // A name that is free in one's own tenant can be given there, and taken back.
        var isOwn = operation.Method == HttpMethod.Put || operation.Method == HttpMethod.Delete;
        return kinds.TrueForAll(kind => kind is Kind.Name) && isOwn && (int)status < 300;
    }

    /// <summary>One of everything, made by its owner.</summary>
    private static async Task<Dictionary<string, (Kind Kind, string Value)>> MakeAsync(
        HttpClient owner, SoftwareAuthenticator device)
    {
        using var yaml = new StringContent("name: one\ninstructions: Help.\nmodel: scripted:repo-engineer\n", Encoding.UTF8, "application/yaml");
        (await owner.PutAsync("/api/v1/agents", yaml, Token)).IsSuccessStatusCode.ShouldBeTrue();
        var agent = await TextAsync(owner, "/api/v1/agents/one", "id");
        var run = await MadeAsync(owner, $"/api/v1/agents/{agent}/runs", new { input = "x" });
        var workspace = await MadeAsync(owner, "/api/v1/workspaces", new { sample = "calc" });
        var export = await MadeAsync(owner, $"/api/v1/workspaces/{workspace}/exports", new { });
        var standing = await MadeAsync(
            owner, "/api/v1/standing-approvals", new { agent = "one", tool = "read_file", usesMax = 1, lastsSeconds = 3_600 });
        (await owner.PutAsJsonAsync("/api/v1/secrets/token", new { value = "hers" }, Token)).IsSuccessStatusCode.ShouldBeTrue();
        var session = await FirstAsync(owner, "/api/v1/auth/sessions");
        var entry = await FirstAsync(owner, "/api/v1/audit");
        var me = await owner.GetFromJsonAsync<JsonElement>("/api/v1/auth/me", Token);
        var tenant = me.GetProperty("tenant").GetProperty("id").GetString()!;
        var user = me.GetProperty("user").GetProperty("id").GetString()!;
        var account = await MadeAsync(owner, "/api/v1/service-accounts", new { name = "nightly", role = "viewer" });
        var grant = await MadeAsync(
            owner, "/api/v1/grants", new { subject = account, resource = "agent:one", permission = "runs:start" });
        var invitation = await MadeAsync(
            owner, "/api/v1/invitations", new { email = "eve@example.org", role = "viewer" });
        await DoneAsync(owner, "/api/v1/roles", new { name = "reader", description = "Reads.", permissions = new[] { "agents:read" } });
        await DoneAsync(owner, "/api/v1/api-keys", new { name = "mine", scopes = new[] { "agents:read" } });
        var key = await FirstAsync(owner, "/api/v1/api-keys");
        var client = (await DoneAsync(
            owner, "/api/v1/clients", new { name = "app", redirectUris = new[] { "https://app.example/" }, scopes = new[] { "agents:read" } }))
            .GetProperty("client").GetProperty("id").GetString()!;
        var sso = await MadeAsync(
            owner, "/api/v1/sso/connections", new { name = "Staff", issuer = "https://login.example", clientId = "c", clientSecret = "s" });
        await DoneAsync(owner, "/api/v1/sso/domains", new { domain = "example.org", connection = sso });
        var group = await MadeAsync(owner, "/api/v1/scim/v2/Groups", new { displayName = "Makers" });
        var copy = await EndedAsync(owner, "/api/v1/privacy/exports", new { subject = user });
        var erasure = await EraseAsync(owner);
        var rotation = await EndedAsync(owner, "/api/v1/keys/rotate", new { });
        // After the erasure, which removes the bundles that are there.
        var now = TimeProvider.System.GetUtcNow();
        var bundle = await EndedAsync(owner, "/api/v1/evidence/bundles", new { from = now.AddDays(-1), to = now });
        var hold = await MadeAsync(owner, "/api/v1/privacy/holds", new { kind = "run", target = run, reason = "Case 7" });
        await DoneAsync(owner, "/api/v1/projects", new { name = "alpha", title = "Hers." });
        await DoneAsync(owner, "/api/v1/connections", new { name = "pets", openApi = new { document = PetsApi } });
        await owner.MakeBaseAsync("handbook");
        var document = (await owner.AddAsync("handbook", "a.txt", "The gate closes at noon.")).GetProperty("document").GetProperty("id")
            .GetString()!;
        await owner.IngestAsync("handbook");
        await DoneAsync(
            owner, "/api/v1/knowledge/handbook/sources",
            new { name = "pages", place = new { web = new { pages = new[] { "https://example.org/" } } } });
        // The last, since who has one is asked for it before what is grave.
        var prompt = await DoneAsync(
            owner, $"{PasskeyCalls.Own}/options", new { password = CodexServer.AdministratorPassword });
        var passkey = await MadeAsync(owner, PasskeyCalls.Own, PasskeyCalls.NewOf(prompt, device));
        return new Dictionary<string, (Kind, string)>(StringComparer.Ordinal)
        {
            ["agents/{agent}"] = (Kind.Id, agent),
            ["versions/{version}"] = (Kind.Part, "1"),
            ["runs/{id}"] = (Kind.Id, run),
            ["approvals/{approvalId}"] = (Kind.Part, $"apr_{new string('0', 32)}"),
            ["signals/{signal}"] = (Kind.Part, "go"),
            ["steps/{step}"] = (Kind.Part, "s1"),
            ["workspaces/{id}"] = (Kind.Id, workspace),
            ["workspaces/exports/{runId}"] = (Kind.Id, export),
            ["standing-approvals/{id}"] = (Kind.Id, standing),
            ["auth/sessions/{id}"] = (Kind.Id, session),
            ["auth/passkeys/{id}"] = (Kind.Person, passkey),
            ["audit/{id}"] = (Kind.Id, entry),
            ["api-keys/{id}"] = (Kind.Id, key),
            ["clients/{client}"] = (Kind.Id, client),
            ["auth/applications/{id}"] = (Kind.Id, session),
            ["grants/{id}"] = (Kind.Id, grant),
            ["invitations/{id}"] = (Kind.Id, invitation),
            ["service-accounts/{account}"] = (Kind.Id, account),
            ["members/{id}"] = (Kind.Person, user),
            ["projects/{project}"] = (Kind.Name, "alpha"),
            ["members/{subject}"] = (Kind.Person, user),
            ["things/{thing}"] = (Kind.Part, "agent:one"),
            ["roles/{role}"] = (Kind.Name, "reader"),
            ["connections/{name}"] = (Kind.Name, "pets"),
            ["knowledge/{name}"] = (Kind.Name, "handbook"),
            ["documents/{id}"] = (Kind.Id, document),
            ["sources/{source}"] = (Kind.Name, "pages"),
            ["secrets/{name}"] = (Kind.Name, "token"),
            ["tenants/{tenant}"] = (Kind.Installation, tenant),
            ["sso/connections/{connection}"] = (Kind.Id, sso),
            ["sso/domains/{domain}"] = (Kind.Name, "example.org"),
            ["sso-domains/{domain}"] = (Kind.Part, "example.org"),
            ["scim/v2/Users/{id}"] = (Kind.Person, user),
            ["scim/v2/Groups/{id}"] = (Kind.Id, group),
            ["quotas/{quota}"] = (Kind.Part, "agents"),
            ["privacy/exports/{runId}"] = (Kind.Id, copy),
            ["privacy/erasures/{runId}"] = (Kind.Id, erasure),
            ["keys/rotations/{runId}"] = (Kind.Id, rotation),
            ["evidence/bundles/{runId}"] = (Kind.Id, bundle),
            ["privacy/holds/{holdId}"] = (Kind.Id, hold),
            ["privacy/retention/{kind}"] = (Kind.Name, "sessions"),
        };
    }

    /// <summary>Erases somebody of whom only the audit log knows.</summary>
    private static async Task<string> EraseAsync(HttpClient owner)
    {
        var leaver = await MadeAsync(owner, "/api/v1/service-accounts", new { name = "leaver", role = "admin" });
        var key = await DoneAsync(
            owner, $"/api/v1/service-accounts/{leaver}/api-keys", new { name = "last", scopes = new[] { "secrets:write" } });
        using var set = new HttpRequestMessage(HttpMethod.Put, "/api/v1/secrets/left");
        set.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        set.Content = JsonContent.Create(new { value = "behind" });
        using var client = new HttpClient { BaseAddress = owner.BaseAddress };
        using var answer = await client.SendAsync(set, Token);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Token));
        return await EndedAsync(owner, "/api/v1/privacy/erasures", new { subject = leaver, confirm = leaver });
    }

    /// <summary>Starts a run and follows it to its end.</summary>
    private static async Task<string> EndedAsync(HttpClient owner, string path, object body)
    {
        var run = await MadeAsync(owner, path, body);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var events = await owner.SendAsync(request, Token);
        events.IsSuccessStatusCode.ShouldBeTrue();
        return run;
    }

    private static async Task<string> MadeAsync(HttpClient owner, string path, object body) =>
        (await DoneAsync(owner, path, body)).GetProperty("id").GetString()!;

    private static async Task<JsonElement> DoneAsync(HttpClient owner, string path, object body)
    {
        using var answer = await owner.PostAsJsonAsync(path, body, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        answer.IsSuccessStatusCode.ShouldBeTrue($"{path}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task<string> TextAsync(HttpClient owner, string path, string member) =>
        (await owner.GetFromJsonAsync<JsonElement>(path, Token)).GetProperty(member).GetString()!;

    private static async Task<string> FirstAsync(HttpClient owner, string path) =>
        (await owner.GetFromJsonAsync<JsonElement>(path, Token)).GetProperty("items")[0].GetProperty("id").GetString()!;

    private static async Task<List<(string Method, string Id)>> RecordedAsync(HttpClient client)
    {
        var recorded = new List<(string, string)>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<JsonElement>(
                $"/api/v1/audit?action=tenants.reach_across&limit=100{(cursor is null ? "" : $"&cursor={cursor}")}", Token);
            foreach (var entry in page.GetProperty("items").EnumerateArray())
            {
                entry.GetProperty("outcome").GetString().ShouldBe("denied");
                recorded.Add((
                    entry.GetProperty("details").GetProperty("method").GetString()!,
                    entry.GetProperty("resource").GetProperty("id").GetString()!));
            }

            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        return recorded;
    }
}

/// <summary>On SQLite, where the server's queries keep tenants apart.</summary>
public sealed class CrossTenantOnSqliteTests() : CrossTenantTests(() => Task.FromResult<string?>(null));

/// <summary>On PostgreSQL, where the database does so too.</summary>
public sealed class CrossTenantOnPostgresTests(PostgresCluster postgres)
    : CrossTenantTests(async () => await postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken));
