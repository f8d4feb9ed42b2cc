using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

public sealed class BadInputTests(OwnedServer owned) : IClassFixture<OwnedServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("token", """ "" """)]
    [InlineData("email", """ "nobody" """)]
    [InlineData("displayName", """ "" """)]
    [InlineData("password", "null")]
    public async Task A_setup_with_a_bad_field_is_refused_by_the_field_s_name(string field, string value)
    {
        var body = new JsonObject
        {
            ["token"] = "x",
            ["email"] = "ada@example.org",
            ["displayName"] = "Ada",
            ["password"] = "a long enough passphrase",
            [field] = JsonNode.Parse(value),
        };
        using var answer = await owned.Running.PostAsync("/api/v1/setup", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        problem.GetProperty("errors").EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe(field);
    }

    [Theory]
    [InlineData("""{"email":"ada@example.org","transport":"body"}""")]
    [InlineData("""{"password":"x","transport":"body"}""")]
    [InlineData("""{"email":"ada@example.org","password":"x","transport":"pigeon"}""")]
    [InlineData("""{"email":"ada@example.org","password":"x","transport":1}""")]
    [InlineData("""{"email":5,"password":"x"}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    public async Task A_bad_sign_in_is_a_bad_request(string body)
    {
        using var answer = await owned.Running.PostAsync(
            "/api/v1/auth/sign-in", JsonSerializer.Deserialize<JsonElement>(body));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await IdentityServer.CodeOfAsync(answer)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_password_or_body_over_its_limit_is_refused_before_it_is_hashed()
    {
        using var longPassword = await owned.Running.SignInAsync(password: new string('x', 129));
        longPassword.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var longBody = await owned.Running.SignInAsync(password: new string('x', 10_000));
        longBody.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData(null, "identity.not_signed_in")]
    [InlineData("Bearer nonsense", "identity.bad_token")]
    [InlineData("Bearer ", "identity.bad_token")]
    [InlineData("Basic YWRhOnNlY3JldA==", "identity.bad_token")]
    public async Task Without_a_valid_token_nothing_is_answered_but_why(string? authorization, string code)
    {
        (string, string)[] headers = authorization is null ? [] : [("Authorization", authorization)];
        using var answer = await owned.Running.SendAsync(HttpMethod.Get, "/api/v1/auth/me", null, null, headers);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().Scheme.ShouldBe("Bearer");
        (await IdentityServer.CodeOfAsync(answer)).ShouldBe(code);
    }

    [Fact]
    public async Task Members_of_a_body_that_its_type_does_not_have_set_nothing()
    {
        await using var world = await ProjectWorld.StartAsync(null);
        var (victim, forged) = (await world.JoinAsync("grace", "nothing"), "ten_00000000000000000000000000000001");
        var me = await world.DoAsync(HttpMethod.Get, "/api/v1/auth/me");

        var made = await world.DoAsync(
            HttpMethod.Post, "/api/v1/projects",
            new { name = "alpha", tenantId = forged, projectId = "prj_1", createdBy = victim.Id, thingsCount = 7 });

        made.GetProperty("createdBy").GetString().ShouldBe(me.GetProperty("user").GetProperty("id").GetString());
        made.GetProperty("thingsCount").GetInt32().ShouldBe(0);
        (await world.DoAsync(HttpMethod.Get, "/api/v1/projects/alpha")).GetProperty("createdBy").GetString().ShouldNotBe(victim.Id);
    }
}
