using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.Scim;

/// <summary>Versions of users and groups, and the order of lists, on both databases.</summary>
public sealed class ScimVersionTests(PostgresCluster postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_that_somebody_else_changed_is_not_changed_and_one_that_is_known_is_not_sent(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        var config = await tenant.DoAsync(HttpMethod.Get, "/ServiceProviderConfig");
        config.GetProperty("etag").GetProperty("supported").GetBoolean().ShouldBeTrue();
        config.GetProperty("sort").GetProperty("supported").GetBoolean().ShouldBeTrue();
        var hedy = await tenant.MakeUserAsync("hedy@example.org");
        var group = await tenant.MakeGroupAsync("Makers", hedy);

        foreach (var path in (string[])[$"/Users/{hedy}", $"/Groups/{group}"])
        {
            using var read = await SendAsync(tenant, HttpMethod.Get, path);
            var version = read.Headers.ETag!.ToString();
            read.Headers.ETag.IsWeak.ShouldBeTrue();
            VersionOf(await tenant.DoAsync(HttpMethod.Get, path)).ShouldBe(version);
            using (var known = await SendAsync(tenant, HttpMethod.Get, path, ifNoneMatch: version))
            {
                known.StatusCode.ShouldBe(HttpStatusCode.NotModified);
                (await known.Content.ReadAsStringAsync(Cancellation)).ShouldBeEmpty();
            }

            // As a provider that read it changes it, and another one that read it before.
            var name = path[1] is 'U' ? "displayName" : "externalId";
            using (var changed = await SendAsync(tenant, HttpMethod.Patch, path, Set(name, "one"), version))
                changed.IsSuccessStatusCode.ShouldBeTrue(await changed.Content.ReadAsStringAsync(Cancellation));
            using (var late = await SendAsync(tenant, HttpMethod.Patch, path, Set(name, "two"), version))
                (await CodeOfAsync(late)).ShouldBe((HttpStatusCode.PreconditionFailed, "identity.scim_changed"));
            using (var gone = await SendAsync(tenant, HttpMethod.Delete, path, ifMatch: version))
                (await CodeOfAsync(gone)).ShouldBe((HttpStatusCode.PreconditionFailed, "identity.scim_changed"));
            using (var garbage = await SendAsync(tenant, HttpMethod.Delete, path, ifMatch: "not a version"))
                (await CodeOfAsync(garbage)).ShouldBe((HttpStatusCode.PreconditionFailed, "identity.scim_changed"));
            var now = await tenant.DoAsync(HttpMethod.Get, path);
            now.GetProperty(name).GetString().ShouldBe("one");
            VersionOf(now).ShouldNotBe(version);
            using (var renewed = await SendAsync(tenant, HttpMethod.Get, path, ifNoneMatch: version))
                renewed.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var any = await SendAsync(tenant, HttpMethod.Patch, path, Set(name, "three"), "*");
            any.IsSuccessStatusCode.ShouldBeTrue();
        }

        // Lists tell the same versions, with the people of groups or without; who leaves the tenant changes the group.
        var listed = VersionOf((await tenant.DoAsync(HttpMethod.Get, "/Groups?excludedAttributes=members")).GetProperty("Resources")[0]);
        listed.ShouldBe(VersionOf(await tenant.DoAsync(HttpMethod.Get, $"/Groups/{group}")));
        await tenant.DoAsync(HttpMethod.Delete, $"/Users/{hedy}");
        VersionOf(await tenant.DoAsync(HttpMethod.Get, $"/Groups/{group}")).ShouldNotBe(listed);
        var last = VersionOf(await tenant.DoAsync(HttpMethod.Get, $"/Groups/{group}"));
        using var put = await SendAsync(tenant, HttpMethod.Put, $"/Groups/{group}", ScimTenant.GroupOf("Builders"), last);
        put.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var deleted = await SendAsync(tenant, HttpMethod.Delete, $"/Groups/{group}", ifMatch: put.Headers.ETag!.ToString());
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lists_come_in_the_order_that_is_asked_for(bool onPostgres)
    {
        await using var tenant = await ScimTenant.StartAsync(onPostgres ? postgres : null);
        foreach (var (email, name) in ((string, string)[])[("mia@example.org", "beth"), ("anna@example.org", "Carl"), ("zoe@example.org", "Adam")])
            await tenant.MakeUserAsync(email, $$""","displayName":"{{name}}" """);
        const string filter = "count=10";

        (await NamesAsync("/Users", $"{filter}&sortBy=userName", "userName"))[^3..]
            .ShouldBe(["anna@example.org", "mia@example.org", "zoe@example.org"]);
        (await NamesAsync("/Users", $"{filter}&sortBy=USERNAME&sortOrder=descending", "userName"))[..3]
            .ShouldBe(["zoe@example.org", "mia@example.org", "anna@example.org"]);
        (await NamesAsync("/Users", "sortBy=displayName&startIndex=2&count=2", "displayName")).Count.ShouldBe(2);
        (await NamesAsync("/Users", $"{filter}&sortBy=name.formatted", "displayName"))
            .Where(static name => name is "Adam" or "beth" or "Carl").ShouldBe(["Adam", "beth", "Carl"]);
        foreach (var by in (string[])["id", "emails", "active", "meta.created", "meta.lastModified"])
            (await NamesAsync("/Users", $"{filter}&sortBy={by}", "userName")).Count.ShouldBe(4);

        await tenant.MakeGroupAsync("b");
        await tenant.DoAsync(
            HttpMethod.Post, "/Groups", $$"""{"schemas":["{{ScimTenant.GroupSchema}}"],"displayName":"a","externalId":"x"}""");
        (await NamesAsync("/Groups", "sortBy=displayName", "displayName")).ShouldBe(["a", "b"]);
        (await NamesAsync("/Groups", "sortBy=displayName&sortOrder=descending", "displayName")).ShouldBe(["b", "a"]);
        // What has no value comes last, and first the other way round.
        (await NamesAsync("/Groups", "sortBy=externalId", "displayName")).ShouldBe(["a", "b"]);
        (await NamesAsync("/Groups", "sortBy=externalId&sortOrder=descending", "displayName")).ShouldBe(["b", "a"]);
        foreach (var by in (string[])["id", "meta.created", "meta.lastModified"])
            (await NamesAsync("/Groups", $"sortBy={by}", "displayName")).Count.ShouldBe(2);

        foreach (var bad in (string[])["/Users?sortBy=externalId", "/Groups?sortBy=members", "/Users?sortBy=userName&sortOrder=up"])
        {
            (await tenant.RefusedAsync(HttpMethod.Get, bad))
                .ShouldBe((HttpStatusCode.BadRequest, "identity.scim_bad_value", "invalidValue"), bad);
        }

        async Task<List<string>> NamesAsync(string path, string query, string member) =>
        [
            .. (await tenant.DoAsync(HttpMethod.Get, $"{path}?{query}")).GetProperty("Resources").EnumerateArray()
                .Select(one => one.GetProperty(member).GetString()!),
        ];
    }

    private static string Set(string name, string value) =>
        ScimTenant.Patch($$"""{"op":"replace","path":"{{name}}","value":"{{value}}"}""");

    private static string? VersionOf(JsonElement entry) => entry.GetProperty("meta").GetProperty("version").GetString();

    private static async Task<HttpResponseMessage> SendAsync(
        ScimTenant tenant, HttpMethod method, string path, string? body = null, string? ifMatch = null,
        string? ifNoneMatch = null)
    {
        using var request = new HttpRequestMessage(method, ScimTenant.Base + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tenant.Key);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (ifNoneMatch is not null) request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/scim+json");
        return await tenant.Server.Server.Client.SendAsync(request, Cancellation);
    }

    private static async Task<(HttpStatusCode, string?)> CodeOfAsync(HttpResponseMessage answer) => (
        answer.StatusCode,
        JsonElement.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).GetProperty("code").GetString());
}
