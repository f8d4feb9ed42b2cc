using System.Net;
using CodexOS.Testing.Postgres;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>What callers are told that they may do with one thing is what they may do with it.</summary>
public sealed class OwnAccessTests(PostgresCluster postgres)
{
    private const string Own = "/api/v1/auth/access";
    private const string Bases = "/api/v1/knowledge";

    private static readonly string[] s_both = ["knowledge:read", "knowledge:write"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Callers_are_told_what_they_may_do_with_one_thing_and_it_is_what_they_may_do(bool onPostgres)
    {
        await using var world = await ProjectWorld.StartAsync(onPostgres ? postgres : null);
        var grace = await world.JoinAsync("grace", "nothing");
        var victor = await world.JoinAsync("victor", "viewer");
        foreach (var name in (string[])["handbook", "payroll", "prices"]) await world.MakeBaseAsync(name);
        await world.MakeProjectAsync("alpha", "knowledge:handbook");
        await world.MakeProjectAsync("beta", "knowledge:prices");
        await world.SetMemberAsync("alpha", grace, "operator");
        await world.SetMemberAsync("beta", grace, "viewer");

        (await HeldAsync(grace, "knowledge:handbook")).ShouldBe(s_both);
        (await HeldAsync(grace, "knowledge:prices")).ShouldBe(["knowledge:read"]);
        (await HeldAsync(grace, "knowledge:payroll")).ShouldBeEmpty();
        (await HeldAsync(grace, "knowledge:nothing")).ShouldBeEmpty();
        (await HeldAsync(grace, "project:alpha")).ShouldBe(["projects:read"]);
        (await HeldAsync(victor, "knowledge:payroll")).ShouldBe(["knowledge:read"]);
        await world.DoAsync(
            HttpMethod.Post, "/api/v1/grants",
            new { subject = victor.Id, permission = "knowledge:write", resource = "knowledge:payroll" });
        (await HeldAsync(victor, "knowledge:payroll")).ShouldBe(s_both);
        (await HeldAsync(victor, "knowledge:handbook")).ShouldBe(["knowledge:read"]);
        (await HeldAsync(victor, "agent:any")).ShouldBe(["agents:read", "runs:read"]);

        foreach (var who in (Person[])[grace, victor])
        {
            foreach (var name in (string[])["handbook", "payroll", "prices"])
            {
                using var answer = await world.Server.SendAsync(
                    HttpMethod.Patch, $"{Bases}/{name}", who.Token, new { description = "Changed." });
                (answer.StatusCode is HttpStatusCode.OK)
                    .ShouldBe((await HeldAsync(who, $"knowledge:{name}")).Contains("knowledge:write"), name);
            }
        }

        async Task<List<string?>> HeldAsync(Person who, string resource) =>
            [.. (await world.DoAsync(who, HttpMethod.Get, $"{Own}?resource={resource}")).GetProperty("permissions").EnumerateArray()
                .Select(static each => each.GetString())];
    }

    [Fact]
    public async Task What_names_nothing_is_refused_and_whoever_is_not_signed_in_is_told_nothing()
    {
        await using var world = await ProjectWorld.StartAsync(null);
        foreach (var resource in (string[])["handbook", "planet:earth", "knowledge:", "knowledge:a%20b"])
        {
            (await world.RefusedAsync(HttpMethod.Get, $"{Own}?resource={resource}"))
                .ShouldBe((HttpStatusCode.BadRequest, "identity.bad_resource"), resource);
        }

        (await world.RefusedAsync(HttpMethod.Get, Own)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await world.RefusedAsync(new Person("", "none"), HttpMethod.Get, $"{Own}?resource=knowledge:handbook")).Status
            .ShouldBe(HttpStatusCode.Unauthorized);
    }
}
