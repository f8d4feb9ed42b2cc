using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Ids;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>Secrets through the real server, on both databases.</summary>
public sealed class SecretTests(PostgresCluster postgres)
{
    private const string Value = "ghp_a-very-secret-token";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_is_set_listed_without_its_value_replaced_revealed_and_removed(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        (await SetAsync(world, "github", Value)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SetAsync(world, "github", "another value")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var listed = await world.JsonAsync("/secrets");
        var secret = listed.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        secret.GetProperty("revision").GetInt32().ShouldBe(2);
        secret.GetProperty("hosts")[0].GetString().ShouldBe("api.example.com");
        listed.GetRawText().ShouldNotContain("another value");

        using (var revealed = await world.Client.PostAsync("/api/v1/secrets/github/reveal", null, Token))
            (await revealed.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("value").GetString().ShouldBe("another value");
        using (var removed = await world.Client.DeleteAsync("/api/v1/secrets/github", Token))
            removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using (var missing = await world.Client.PostAsync("/api/v1/secrets/github/reveal", null, Token))
            missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);

        var audited = (await world.JsonAsync("/audit?resource=secret:github")).GetProperty("items").EnumerateArray()
            .Select(static item => item.GetProperty("action").GetString());
        audited.ShouldBe(["secrets.remove", "secrets.reveal", "secrets.update", "secrets.create"]);
        (await world.JsonAsync("/audit")).GetRawText().ShouldNotContain("another value");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_is_nowhere_in_the_database_in_the_clear(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        using var set = await SetAsync(world, "github", Value);

        var stored = await world.ChangeAsync(db => db.Secrets.AsNoTracking().SingleAsync(Token));

        stored.Value.ShouldNotBeNull();
        Encoding.Latin1.GetString(stored.Value.Bytes).ShouldNotContain("secret-token");
        if (onPostgres) return;
        foreach (var file in Directory.GetFiles(world.Server.DataPath, "codexos.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(open, Encoding.Latin1);
            (await reader.ReadToEndAsync(Token)).ShouldNotContain("secret-token");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_that_was_moved_to_another_row_or_changed_is_refused(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        (await SetAsync(world, "one", Value)).Dispose();
        (await SetAsync(world, "two", "something else")).Dispose();
        await world.ChangeAsync(async db =>
        {
            var theirs = (await db.Secrets.AsNoTracking().SingleAsync(row => row.Name == "one", Token)).Value;
            return await db.Secrets.Where(row => row.Name == "two")
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.Value, theirs), Token);
        });

        using var moved = await world.Client.PostAsync("/api/v1/secrets/two/reveal", null, Token);
        (await moved.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString().ShouldBe("trust.sealed_damaged");
        (await ReadAsync(world, "two")).ShouldBe("trust.sealed_damaged");
        (await world.JsonAsync("/audit?action=secrets.reveal")).GetProperty("items")[0].GetProperty("outcome").GetString()
            .ShouldBe("failed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_of_runs_are_given_a_secret_where_it_may_go_and_nowhere_else(bool onPostgres)
    {
        await using var world = await StartAsync(onPostgres);
        (await SetAsync(world, "github", Value)).Dispose();
        (await SetAsync(world, "lines", "one\ntwo")).Dispose();

        (await ReadAsync(world, "github")).ShouldBe($"Authorization: Bearer {Value}");
        (await ReadAsync(world, "github", host: "evil.example.org")).ShouldBe("egress.secret_unavailable");
        (await ReadAsync(world, "github", isEncrypted: false)).ShouldBe("egress.secret_unavailable");
        (await ReadAsync(world, "github", tenant: TenantId.New(TimeProvider.System))).ShouldBe("egress.secret_unavailable");
        (await ReadAsync(world, "lines")).ShouldBe("egress.secret_unavailable");
        (await ReadAsync(world, "configured")).ShouldBe("X-Key: from the operator");

        using var removed = await world.Client.DeleteAsync("/api/v1/secrets/github", Token);
        (await ReadAsync(world, "github")).ShouldBe("egress.secret_unavailable");
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused()
    {
        await using var world = await StartAsync(onPostgres: false, "Vault:SecretsMax=2", "Vault:SecretBytesMax=16");

        (await CodeAsync(world, "Bad_Name", new { value = "x" })).ShouldBe("secrets.bad_name");
        (await CodeAsync(world, "configured", new { value = "x" })).ShouldBe("secrets.name_taken");
        (await CodeAsync(world, "a", new { value = new string('x', 17) })).ShouldBe("secrets.bad_secret");
        (await CodeAsync(world, "a", new { value = "x", hosts = (string[])["not a host"] })).ShouldBe("secrets.bad_secret");
        (await CodeAsync(world, "a", new { value = "x", header = "Host" })).ShouldBe("secrets.bad_secret");
        (await CodeAsync(world, "a", new { value = "" })).ShouldBe("platform.invalid_fields");
        (await CodeAsync(world, "a", new { value = "x" })).ShouldBeNull();
        (await CodeAsync(world, "b", new { value = "x" })).ShouldBeNull();
        (await CodeAsync(world, "c", new { value = "x" })).ShouldBe("secrets.too_many");
    }

    [Fact]
    public async Task The_command_line_takes_values_from_its_input_only()
    {
        await using var world = await StartAsync(onPostgres: false);

        (await RunAsync(world, Value + "\n", "secrets", "set", "github", "--host", "api.example.com")).Exit.ShouldBe(0);
        (await RunAsync(world, "", "secrets", "list")).Out.ShouldContain("api.example.com");
        (await RunAsync(world, "", "secrets", "reveal", "github")).Out.ShouldBe(Value + "\n");
        (await RunAsync(world, "", "keys", "rotate")).Exit.ShouldBe(0);
        (await RunAsync(world, "", "keys", "list")).Out.ShouldContain("retiring");
        (await RunAsync(world, "", "secrets", "reveal", "github")).Out.ShouldBe(Value + "\n");
        (await RunAsync(world, "", "secrets", "rm", "github")).Exit.ShouldBe(0);
        (await RunAsync(world, "", "secrets", "reveal", "github")).Exit.ShouldBe(5);
    }

    private Task<AuditWorld> StartAsync(bool onPostgres, params string[] settings) => AuditWorld.StartAsync(
        onPostgres ? postgres : null,
        [
            "Egress:Secrets:configured:Value=from the operator", "Egress:Secrets:configured:Header=X-Key",
            "Egress:Secrets:configured:Prefix=", "Egress:Secrets:configured:Hosts:0=api.example.com", .. settings,
        ]);

    private static Task<HttpResponseMessage> SetAsync(AuditWorld world, string name, string value) => world.Client.PutAsJsonAsync(
        $"/api/v1/secrets/{name}", new { value, hosts = (string[])["api.example.com"] }, Token);

    private static async Task<string?> CodeAsync(AuditWorld world, string name, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/secrets/{name}") { Content = JsonContent.Create(body) };
        return (await world.SendAsync(request)).Code;
    }

    private static async Task<string> ReadAsync(
        AuditWorld world, string name, string host = "api.example.com", bool isEncrypted = true, TenantId? tenant = null)
    {
        var read = await world.Get<ISecretSource>().ReadAsync(
            name, tenant ?? world.Tenant, HostName.Parse(host).Value, isEncrypted, Token);
        return read.TryGet(out var header, out var fault) ? $"{header.Name}: {header.Value}" : fault.Code;
    }

    private static async Task<(int Exit, string Out, string Error)> RunAsync(AuditWorld world, string input, params string[] args)
    {
        using var terminal = new FakeTerminal(world.Server.Url) { Input = input };
        terminal.Environment["CODEXOS_TOKEN"] = world.Client.DefaultRequestHeaders.Authorization!.Parameter!;
        var exit = await terminal.RunAsync(args);
        return (exit, terminal.Out, terminal.Error);
    }
}
