using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.OpenApi;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Connections;

/// <summary>From a document to requests, without a network.</summary>
public sealed class OpenApiTests
{
    private const string Pets = """
        openapi: 3.1.0
        info: { title: Pets, version: "2" }
        servers: [{ url: "https://{region}.pets.test/v1", variables: { region: { default: eu } } }]
        security: [{ key: [] }]
        paths:
          /pets/{petId}:
            parameters:
              - { name: petId, in: path, required: true, schema: { type: string } }
            get: { operationId: getPet, summary: Gives a pet. }
            delete: { operationId: deletePet }
          /pets:
            get:
              operationId: listPets
              tags: [read]
              parameters:
                - { $ref: "#/components/parameters/page" }
                - { name: tags, in: query, schema: { type: array, items: { type: string } } }
                - { name: sizes, in: query, explode: false, schema: { type: array, items: { type: integer } } }
                - { name: filter, in: query, style: deepObject, schema: { type: object, properties: { kind: { type: string } } } }
                - { name: X-Trace, in: header, schema: { type: string } }
                - { name: session, in: cookie, schema: { type: string } }
            post:
              operationId: addPet
              requestBody:
                required: true
                content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } }
          /upload:
            post:
              operationId: upload
              requestBody: { required: true, content: { multipart/form-data: { schema: { type: object } } } }
          /labels/{a}:
            get:
              operationId: label
              parameters: [{ name: a, in: path, required: true, style: label, schema: { type: string } }]
          /form:
            post:
              operationId: form
              requestBody:
                content: { application/x-www-form-urlencoded: { schema: { type: object, properties: { a: { type: string } } } } }
        components:
          parameters:
            page: { name: page, in: query, schema: { type: integer } }
          securitySchemes:
            key: { type: apiKey, in: header, name: X-Key }
          schemas:
            Pet:
              type: object
              required: [name, id]
              properties:
                id: { type: integer, readOnly: true }
                name: { type: string }
                mother: { $ref: "#/components/schemas/Pet" }
        """;

    [Fact]
    public void Operations_become_tools_and_what_does_not_says_why()
    {
        var found = Read(Pets);
        found.Tools.Select(static tool => tool.Name).ShouldBe(
            ["pets_get_pet", "pets_delete_pet", "pets_list_pets", "pets_add_pet", "pets_form"]);
        found.Notes.Skipped.Select(static it => $"{it.Name}: {it.Reason}").ShouldBe(
            [
                "upload: it sends multipart/form-data, which cannot be written here",
                "label: 'a' is written in the style 'label', which is not supported",
            ]);
        found.Notes.Server!.Address.ShouldBe("https://eu.pets.test/v1");
        var list = Tool(found, "pets_list_pets");
        (list.Effect, list.Repeat, list.Asks).ShouldBe((EffectClass.Read, RepeatClass.Read, false));
        list.Notes.ShouldContain("Left out: 'session' goes into a place that is not supported (cookies are not).");
        list.Notes.ShouldContain("It wants credentials: a key in the header 'X-Key'. The connection names no secret.");
        foreach (var name in (string[])["pets_add_pet", "pets_delete_pet"])
        {
            var tool = Tool(found, name);
            (tool.Effect, tool.Repeat, tool.Asks).ShouldBe((EffectClass.Irreversible, RepeatClass.Unsafe, true));
        }

        var pet = Tool(found, "pets_add_pet").InputSchema.GetProperty("properties").GetProperty("body");
        pet.GetProperty("properties").TryGetProperty("id", out _).ShouldBeFalse("what only answers hold is not sent");
        pet.GetProperty("required").GetRawText().ShouldBe("""["name"]""");
    }

    [Fact]
    public void Tags_and_ids_choose_operations()
    {
        Read(Pets, new OpenApiSettings(Tags: ["read"])).Tools.Select(static tool => tool.Name).ShouldBe(["pets_list_pets"]);
        Read(Pets, new OpenApiSettings(Operations: ["addPet", "DELETE /pets/{petId}"])).Tools.Select(static tool => tool.Name)
            .ShouldBe(["pets_delete_pet", "pets_add_pet"]);
    }

    [Theory]
    [InlineData("pets_get_pet", """{ "petId": "a b/c" }""", "GET https://eu.pets.test/v1/pets/a%20b%2Fc")]
    [InlineData("pets_get_pet", """{ "petId": "?x=1#y@evil.test" }""", "GET https://eu.pets.test/v1/pets/%3Fx%3D1%23y%40evil.test")]
    [InlineData("pets_list_pets", """{ "page": 2, "tags": ["a", "b&c"], "sizes": [1, 2] }""", "GET https://eu.pets.test/v1/pets?page=2&tags=a&tags=b%26c&sizes=1,2")]
    [InlineData("pets_list_pets", """{ "filter": { "kind": "cat&dog=1" } }""", "GET https://eu.pets.test/v1/pets?filter%5Bkind%5D=cat%26dog%3D1")]
    [InlineData("pets_add_pet", """{ "body": { "name": "Rex" } }""", """POST https://eu.pets.test/v1/pets { "name": "Rex" }""")]
    [InlineData("pets_form", """{ "body": { "a": "b&c" } }""", "POST https://eu.pets.test/v1/form a=b%26c")]
    public async Task Arguments_are_written_where_they_belong_and_nowhere_else(string tool, string arguments, string expected)
    {
        using var request = ApiRequest.Of(ApiBinding.Of(Tool(Read(Pets), tool)), JsonElement.Parse(arguments)).Value;
        var body = request.Content is null ? "" : " " + await request.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        $"{request.Method} {request.RequestUri!.AbsoluteUri}{body}".ShouldBe(expected);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../admin")]
    [InlineData("a/../../admin")]
    [InlineData("..\\admin")]
    [InlineData("%2e%2e")]
    [InlineData("%2e%2e%2fadmin")]
    [InlineData("%252e%252e%252fadmin")]
    [InlineData("..;/admin")]
    [InlineData("")]
    [InlineData("a\r\nHost: evil.test")]
    [InlineData("a\0b")]
    public void No_value_leads_to_another_path(string value) => ApiRequest.Of(
        ApiBinding.Of(Tool(Read(Pets), "pets_get_pet")), JsonSerializer.SerializeToElement(new { petId = value }))
        .Fault.Code.ShouldBe("openapi.bad_value");

    [Theory]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\u0000")]
    [InlineData("ü")]
    public void No_value_ends_a_header(string value) => ApiRequest.Of(
        ApiBinding.Of(Tool(Read(Pets), "pets_list_pets")),
        JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["X-Trace"] = value })).Fault.Code.ShouldBe("openapi.bad_value");

    [Theory]
    [InlineData("swagger: '2.0'", "version 3.0 or 3.1")]
    [InlineData("openapi: 3.1.0\nservers: [{ url: http://api.test }]", "http://")]
    [InlineData("openapi: 3.1.0\nservers: [{ url: 'https://10.0.0.1/' }]", "name, never by address")]
    [InlineData("openapi: 3.1.0\nservers: [{ url: 'https://a.test@evil.test/' }]", "names a user")]
    [InlineData("openapi: 3.1.0\nservers: [{ url: 'https://{x}.test/' }]", "no address")]
    [InlineData("openapi: 3.1.0", "where the API is")]
    [InlineData("openapi: 3.1.0\npaths: [", "cannot be used")]
    [InlineData("{ \"openapi\": ", "not JSON")]
    [InlineData("openapi: 3.1.0\nopenapi: 3.0.0", "given twice")]
    [InlineData("openapi: !!python/object 3", "a tag")]
    [InlineData("", "empty")]
    public void A_document_that_cannot_be_used_is_refused_with_the_reason(string text, string says) =>
        ApiReader.Read(text, "pets", new OpenApiSettings(), new ConnectionOptions()).Fault.Message.ShouldContain(says);

    [Fact]
    public void Aliases_are_written_out_and_a_bomb_of_them_is_refused()
    {
        ApiText.Read("a: &x [1, 2]\nb: *x", new ConnectionOptions()).Value.GetProperty("b").GetRawText().ShouldBe("[1,2]");
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Join('\n', Enumerable.Range(1, 9).Select(static i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]"));
        ApiText.Read(bomb, new ConnectionOptions()).Fault.Message.ShouldContain("more than 500000 values");
    }

    [Theory]
    [InlineData("007", "\"007\"")]
    [InlineData("1.5", "1.5")]
    [InlineData("3.1.0", "\"3.1.0\"")]
    [InlineData("'200'", "\"200\"")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("true", "true")]
    [InlineData("~", "null")]
    [InlineData("-12", "-12")]
    [InlineData("1e400", "\"1e400\"")]
    public void Plain_words_are_read_as_json_means_them(string yaml, string json) =>
        ApiText.Read($"a: {yaml}", new ConnectionOptions()).Value.GetProperty("a").GetRawText().ShouldBe(json);

    private static Discovery Read(string text, OpenApiSettings? settings = null) =>
        ApiReader.Read(text, "pets", settings ?? new OpenApiSettings(), new ConnectionOptions()).Value;

    private static ToolDefinition Tool(Discovery found, string name) => found.Tools.Single(tool => tool.Name == name);
}
