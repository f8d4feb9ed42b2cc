using System.Net;
using System.Text.Json;
using CodexOS.IntegrationTests.Identity;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Which stores a base can choose, as whoever makes one is told.</summary>
public sealed class StoreChoiceTests
{
    private const string Stores = "/api/v1/knowledge-stores";

    [Fact]
    public async Task Whoever_makes_bases_is_told_which_stores_there_are_whether_or_not_they_answer()
    {
        await using var world = await ProjectWorld.StartAsync(
            null, "Knowledge:Stores:outside:Url=http://127.0.0.1:9", "Knowledge:Stores:far:Kind=pgvector",
            "Knowledge:Stores:far:ConnectionString=Host=127.0.0.1;Port=9;Database=vectors;Username=codexos");
        var grace = await world.JoinAsync("grace", "nothing");
        var victor = await world.JoinAsync("victor", "viewer");
        (string?, string?)[] all = [("embedded", null), ("far", "pgvector"), ("outside", "chroma")];

        Told(await world.DoAsync(HttpMethod.Get, Stores)).ShouldBe(all);
        (await world.RefusedAsync(victor, HttpMethod.Get, Stores)).ShouldBe((HttpStatusCode.Forbidden, "identity.not_allowed"));
        (await world.RefusedAsync(grace, HttpMethod.Get, Stores)).Status.ShouldBe(HttpStatusCode.Forbidden);

        await world.MakeProjectAsync("alpha");
        await world.SetMemberAsync("alpha", grace, "operator");
        Told(await world.DoAsync(grace, HttpMethod.Get, Stores)).ShouldBe(all);
        (await world.RefusedAsync(
            grace, HttpMethod.Post, "/api/v1/knowledge?project=alpha", new { name = "notes", store = "nowhere" })).Code
            .ShouldBe("knowledge.store_unknown");
        var made = await world.DoAsync(
            grace, HttpMethod.Post, "/api/v1/knowledge?project=alpha", new { name = "notes", store = "outside" });
        made.GetProperty("store").GetString().ShouldBe("outside");
    }

    private static List<(string?, string?)> Told(JsonElement list) =>
        [.. list.GetProperty("items").EnumerateArray().Select(static store =>
            (store.GetProperty("name").GetString(), store.GetProperty("kind").GetString()))];
}
