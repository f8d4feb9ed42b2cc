using System.Text.Json;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Mcp;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Connections;

public sealed class NamesAndTextsTests
{
    [Theory]
    [InlineData("search", "docs_search")]
    [InlineData("getUser", "docs_get_user")]
    [InlineData("GET-user", "docs_get_user")]
    [InlineData("admin.tools.list", "docs_admin_tools_list")]
    [InlineData("GET /pets/{id}", "docs_get_pets_id")]
    [InlineData("HTTPServer2", "docs_httpserver2")]
    [InlineData("--", null)]
    [InlineData("", null)]
    [InlineData("se\u0430rch", null)]
    [InlineData("sear\u200bch", null)]
    [InlineData("search\n", null)]
    public void A_strangers_name_becomes_a_plain_one_or_none(string given, string? name) => ToolNames.Of("docs", given).ShouldBe(name);

    [Fact]
    public void A_long_name_ends_in_a_hash_of_the_whole()
    {
        var (one, other) = (ToolNames.Of("docs", new string('a', 100) + "1")!, ToolNames.Of("docs", new string('a', 100) + "2")!);
        one.Length.ShouldBeLessThanOrEqualTo(64);
        one.ShouldNotBe(other);
        ToolNames.IsName(one).ShouldBeTrue();
    }

    [Theory]
    [InlineData("plain\nlines\tstay", "plain\nlines\tstay", 0)]
    [InlineData("zero\u200bwidth", "zerowidth", 1)]
    [InlineData("\u202eright to left\u2066", "right to left", 2)]
    [InlineData("tags\udb40\udc48\udb40\udc49", "tags", 2)]
    [InlineData("variation\ufe0f\udb40\udd00", "variation", 2)]
    [InlineData("bell\u0007", "bell", 1)]
    public void What_people_do_not_see_is_taken_out_and_counted(string given, string clean, int hidden) =>
        PlainText.Clean(given).ShouldBe((clean, hidden));

    [Theory]
    [InlineData("""{ "a": "\ud800" }""")]
    [InlineData("""{ "\udc00": 1 }""")]
    [InlineData("""{ "a": """)]
    [InlineData("")]
    public void Json_with_half_characters_is_no_json(string json) =>
        JsonReading.Parse(System.Text.Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    [Fact]
    public void Bytes_that_are_no_utf8_are_no_json() => JsonReading.Parse([0x22, 0xff, 0xfe, 0x22]).ShouldBeNull();

    [Theory]
    [InlineData("us-west1", "us-west1")]
    [InlineData("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?=")]
    [InlineData(" padded ", "=?base64?IHBhZGRlZCA=?=")]
    [InlineData("line1\nline2", "=?base64?bGluZTEKbGluZTI=?=")]
    [InlineData("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=")]
    public void A_value_never_ends_its_header(string value, string header) => McpHeaders.Encode(value).ShouldBe(header);

    [Fact]
    public void Arguments_are_repeated_in_headers_only_where_the_protocol_allows_it()
    {
        var headers = McpParameterHeaders.Read(JsonElement.Parse("""
            { "properties": { "region": { "type": "string", "x-mcp-header": "Region" },
              "deep": { "type": "object", "properties": { "n": { "type": "integer", "x-mcp-header": "N" } } } } }
            """)).Value;
        McpParameterHeaders.Of(headers, JsonElement.Parse("""{ "region": "eu", "deep": { "n": 7 } }""")).ShouldBe([new("Region", "eu"), new("N", "7")]);
        McpParameterHeaders.Of(headers, JsonElement.Parse("""{ "deep": {} }""")).ShouldBeEmpty();

        foreach (var bad in (string[])
            [
                """{ "properties": { "a": { "type": "string", "x-mcp-header": "A B" } } }""",
                """{ "properties": { "a": { "type": "string", "x-mcp-header": "A\r\nEvil" } } }""",
                """{ "properties": { "a": { "type": "number", "x-mcp-header": "A" } } }""",
                """{ "properties": { "a": { "type": "string", "x-mcp-header": "A" }, "b": { "type": "string", "x-mcp-header": "a" } } }""",
                """{ "properties": { "a": { "type": "array", "items": { "type": "string", "x-mcp-header": "A" } } } }""",
            ])
        {
            McpParameterHeaders.Read(JsonElement.Parse(bad)).Fault.Code.ShouldBe("mcp.bad_header", bad);
        }
    }
}
