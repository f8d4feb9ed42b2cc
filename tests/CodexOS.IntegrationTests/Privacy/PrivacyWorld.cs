using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Privacy;

/// <summary>A real server with an owner, and with people whose data is asked for.</summary>
internal sealed class PrivacyWorld : IAsyncDisposable
{
    public const string Runs = "/api/v1/runs";
    public const string Exports = "/api/v1/privacy/exports";
    public const string Erasures = "/api/v1/privacy/erasures";
    public const string Holds = "/api/v1/privacy/holds";
    public const string Retention = "/api/v1/privacy/retention";

    private PrivacyWorld(IdentityServer server, string owner) => (Server, Owner) = (server, owner);

    public IdentityServer Server { get; }

    /// <summary>The owner's access token.</summary>
    public string Owner { get; private set; }

    public required TenantId Tenant { get; init; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PrivacyWorld> StartAsync(PostgresCluster? postgres, string? dataPath = null)
    {
        var server = await IdentityServer.StartAsync(postgres, dataPath, "Audit:SequenceInterval=00:01:00", PasskeyCalls.PublicUrl);
        using var answer = await server.SetUpAsync(server.Links.Token);
        var owner = (await IdentityServer.TokensOfAsync(answer)).AccessToken;
        var me = await server.JsonAsync("/api/v1/auth/me", owner);
        return new PrivacyWorld(server, owner)
        {
            Tenant = TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null),
        };
    }

    public T Get<T>()
        where T : notnull => Server.Server.Services.GetRequiredService<T>();

    public IDisposable Enter() => Get<TenantContext>().Enter(Tenant);

    /// <summary>Lets time pass, after which the owner signs in again.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        Server.Clock.Advance(time);
        Owner = (await Server.SignedInAsync()).AccessToken;
    }

    /// <summary>Posts as the owner what starts a run, and follows the run to its end.</summary>
    public async Task<JsonElement> RunAsync(string path, object body, string? by = null)
    {
        var token = by ?? Owner;
        var run = (await Server.DoAsync(HttpMethod.Post, path, token, body)).GetProperty("id").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Runs}/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var events = await Server.Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        events.EnsureSuccessStatusCode();
        using var stream = new StreamReader(await events.Content.ReadAsStreamAsync(Token));
        while (await stream.ReadLineAsync(Token) is not null)
        {
            // The stream ends with the run.
        }

        return await Server.JsonAsync($"{Runs}/{run}", token);
    }

    /// <summary>Exports a person's data, and reads the archive by the names of its files.</summary>
    public async Task<Dictionary<string, string>> ExportAsync(string subject)
    {
        var run = await RunAsync(Exports, new { subject });
        run.GetProperty("status").GetString().ShouldBe("completed", run.ToString());
        using var answer = await Server.GetAsync($"{Exports}/{run.GetProperty("id").GetString()}/file", Owner);
        answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/zip");
        using var archive = new ZipArchive(await answer.Content.ReadAsStreamAsync(Token));
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in archive.Entries)
        {
            using var text = new StreamReader(entry.Open(), Encoding.UTF8);
            files[entry.FullName] = await text.ReadToEndAsync(Token);
        }

        return files;
    }

    public Task<JsonElement> EraseAsync(string subject, string email, bool deleteRuns = false) =>
        RunAsync(Erasures, new { subject, confirm = email, deleteRuns });

    /// <summary>All entries of the audit log, newest first.</summary>
    public async Task<List<JsonElement>> AuditAsync() =>
        [.. (await Server.JsonAsync("/api/v1/audit?limit=100", Owner)).GetProperty("items").EnumerateArray()];

    public async Task<JsonElement> VerifyAsync() =>
        await Server.DoAsync(HttpMethod.Post, "/api/v1/audit/verify", Owner, new { checkpoints = Array.Empty<string>() });

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
