using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

/// <summary>
/// Every list of the API document that goes on from a cursor says so when it is given one that is not its own, rather than to
/// begin anew, which would let a client go round forever.
/// </summary>
public sealed class PagingTests
{
    private const string Nonsense = "bm9uc2Vuc2U"; // "nonsense", which could be a name
    private const string Nul = "AA";

    // What they go by is a name, and any name may be gone on from.
    private static readonly string[] s_byName =
    [
        "ListAgents", "ListConnections", "ListConnectionTools", "ListKnowledgeBases", "ListProjects", "ListRoles", "ListSecrets",
        "ListServiceAccounts", "ListSources",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cursor_that_is_not_the_list_s_own_is_a_bad_request()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using (var made = await ada.PostAsJsonAsync("/api/v1/service-accounts", new { name = "robot", role = "viewer" }, Token))
            made.StatusCode.ShouldBe(HttpStatusCode.Created);

        var wrong = new List<string>();
        var lists = Lists().ToList();
        lists.Count.ShouldBeGreaterThan(25);
        foreach (var (operation, path) in lists)
        {
            foreach (var cursor in s_byName.Contains(operation) ? (string[])[Nul] : [Nul, Nonsense])
            {
                using var answer = await ada.GetAsync($"{path}{(path.Contains('?') ? '&' : '?')}cursor={cursor}", Token);
                var text = await answer.Content.ReadAsStringAsync(Token);
                if (answer.StatusCode is not HttpStatusCode.BadRequest || !text.Contains("\"platform.bad_cursor\""))
                    wrong.Add($"{operation} {path} {cursor}: {(int)answer.StatusCode} {text}");
            }
        }

        wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_limit_that_is_no_number_is_named()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        using (var made = await ada.PostAsJsonAsync("/api/v1/service-accounts", new { name = "robot", role = "viewer" }, Token))
            made.StatusCode.ShouldBe(HttpStatusCode.Created);

        foreach (var (operation, path) in Lists())
        {
            using var answer = await ada.GetAsync($"{path}{(path.Contains('?') ? '&' : '?')}limit=ten", Token);
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
            problem.GetProperty("code").GetString().ShouldBe("platform.bad_request", operation);
            problem.GetProperty("detail").GetString().ShouldBe("'ten' is not a valid limit.", operation);
        }
    }

    /// <summary>Each list with a cursor, and where it is.</summary>
    private static IEnumerable<(string Operation, string Path)> Lists()
    {
        var document = JsonElement.Parse(File.ReadAllText(Repository.In("openapi", "codexos.json")));
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            if (!path.Value.TryGetProperty("get", out var get) || !get.TryGetProperty("parameters", out var parameters)) continue;
            if (!parameters.EnumerateArray().Any(static one => one.TryGetProperty("name", out var name) && name.ValueEquals("cursor")))
                continue;
            var at = path.Name.Replace("{id}", $"run_{new string('0', 32)}").Replace("{agent}", "repo-engineer")
                .Replace("{account}", "robot").Replace("{name}", "none");
            yield return (
                get.GetProperty("operationId").GetString()!, at == "/api/v1/access" ? $"{at}?permission=runs:start" : at);
        }
    }
}
