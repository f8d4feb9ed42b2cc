using System.Text.Json;
using CodexOS.Tools.Contracts;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{ "b": 1, "a": [ true, null ] }""", """{"a":[true,null],"b":1}""")]
    [InlineData("\"\\u0041\\u00e9\\/\\u0007\\n\\\"\"", "\"Aé/\\u0007\\n\\\"\"")]
    [InlineData("-0", "0")]
    [InlineData("-0.0", "0")]
    [InlineData("1.0", "1")]
    [InlineData("10e1", "100")]
    [InlineData("0.001", "0.001")]
    [InlineData("1e-6", "0.000001")]
    [InlineData("1e-7", "1e-7")]
    [InlineData("123e-9", "1.23e-7")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("1E21", "1e+21")]
    [InlineData("1e23", "1e+23")]
    [InlineData("123456789.5", "123456789.5")]
    [InlineData("-12.50", "-12.5")]
    [InlineData("4.50", "4.5")]
    [InlineData("2e-3", "0.002")]
    [InlineData("333333333.33333329", "333333333.3333333")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("9007199254740991", "9007199254740991")]
    [InlineData("9007199254740992", "9007199254740992")]
    [InlineData("-1.354E+18", "-1354000000000000000")]
    [InlineData("-1354000000000000000", "-1354000000000000000")]
    public void Each_value_has_one_spelling(string given, string canonical) =>
        CanonicalJson.Write(JsonElement.Parse(given)).Value.ShouldBe(canonical);

    [Fact]
    public void Members_are_sorted_by_utf16_code_units() => CanonicalJson
        .Write(JsonElement.Parse(
            """{ "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 }""")).Value
        .ShouldBe("{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}");

    [Theory]
    [InlineData("""{ "a": 1, "a": 1 }""")]
    [InlineData("""{ "a": 1, "\u0061": 2 }""")]
    [InlineData("""["\ud83d"]""")]
    [InlineData("""{ "\ud83d": 1 }""")]
    [InlineData("1e999")]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("1000000000000000000000")]
    public void What_has_no_single_meaning_is_refused(string given) =>
        CanonicalJson.Write(JsonElement.Parse(given)).Fault.Code.ShouldBe("tools.ambiguous_json");

    [Fact]
    public void The_canonical_spelling_is_json_means_the_same_and_is_its_own_canonical_spelling() => JsonGen.Any
        .Sample(json =>
        {
            if (!CanonicalJson.Write(json).TryGet(out var canonical, out _)) return;
            var read = JsonElement.Parse(canonical);
            CanonicalJson.Write(read).Value.ShouldBe(canonical);
            if (json.ValueKind is not JsonValueKind.Number) JsonElement.DeepEquals(read, json).ShouldBeTrue();
        }, iter: 5_000);

    [Fact]
    public void Every_double_reads_back_as_itself() => Gen.Double.Where(double.IsFinite).Sample(number =>
    {
        if (!CanonicalJson.Write(JsonSerializer.SerializeToElement(number)).TryGet(out var canonical, out _)) return;
        JsonElement.Parse(canonical).GetDouble().ShouldBe(number);
        CanonicalJson.Write(JsonElement.Parse(canonical)).Value.ShouldBe(canonical);
    }, iter: 20_000);
}
