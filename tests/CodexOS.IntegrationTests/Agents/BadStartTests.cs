using System.Net.Http.Json;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>What is refused before a run exists.</summary>
public sealed class BadStartTests(AgentsOnSqliteTests.Fixture agents) : IClassFixture<AgentsOnSqliteTests.Fixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("repo-engineer", """{}""", 400, "platform.invalid_fields")]
    [InlineData("repo-engineer", """{ "input": "" }""", 400, "platform.invalid_fields")]
    [InlineData("repo-engineer", """{ "input": "  " }""", 400, null)]
    [InlineData("repo-engineer", """{ "input": "x", "version": 0 }""", 400, "platform.invalid_fields")]
    [InlineData("repo-engineer", """{ "input": 7 }""", 400, "platform.malformed_json")]
    [InlineData("repo-engineer", """{ "input": """, 400, "platform.malformed_json")]
    [InlineData("repo-engineer", """{ "input": "x" }""", 400, "agents.needs_workspace")]
    [InlineData("repo-engineer", """{ "input": "x", "workspace": {} }""", 400, "agents.bad_workspace")]
    [InlineData("repo-engineer", """{ "input": "x", "workspace": { "id": "a", "sample": "b" } }""", 400,
        "agents.bad_workspace")]
    [InlineData("repo-engineer", """{ "input": "x", "workspace": { "id": "../x" } }""", 400, "agents.bad_workspace")]
    [InlineData(
        "repo-engineer", """{ "input": "x", "workspace": { "sample": "nope" } }""", 404, "sandbox.workspace_not_found")]
    [InlineData(
        "repo-engineer",
        """{ "input": "x", "workspace": { "id": "wsp_0198c0de00007000800000000000dead" } }""",
        404,
        "sandbox.workspace_not_found")]
    [InlineData("repo-engineer", """{ "input": "x", "model": "nope" }""", 400, "inference.bad_model_name")]
    [InlineData("repo-engineer", """{ "input": "x", "model": "openai:x" }""", 503, "inference.not_configured")]
    [InlineData("repo-engineer", """{ "input": "x", "version": 9 }""", 404, "agents.version_not_found")]
    [InlineData("nobody", """{ "input": "x" }""", 404, "agents.not_found")]
    public async Task A_bad_start_is_a_problem_with_a_code(string agent, string body, int status, string? code)
    {
        var server = agents.Shared;
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var answer = await server.Client.PostAsync($"/api/v1/agents/{agent}/runs", content, Token);

        ((int)answer.StatusCode).ShouldBe(status);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        if (code is not null) problem.GetProperty("code").GetString().ShouldBe(code);
    }
}
