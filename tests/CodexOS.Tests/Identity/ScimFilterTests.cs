using CodexOS.Identity.Scim.Protocol;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class ScimFilterTests
{
    private static readonly string[] s_attributes = ["id", "userName", "externalId", "emails.value", "active"];

    [Theory]
    [InlineData("userName eq \"ada@example.org\"", "userName", "ada@example.org")]
    [InlineData("USERNAME EQ \"Ada\"", "userName", "Ada")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ada\"", "userName", "ada")]
    [InlineData("emails.value eq \"a\"", "emails.value", "a")]
    [InlineData("emails eq \"a\"", "emails.value", "a")]
    [InlineData("emails[type eq \"work\"].value eq \"a\"", "emails.value", "a")]
    [InlineData("emails[primary eq true].value eq \"a\"", "emails.value", "a")]
    [InlineData("  externalId   eq   \"a \\\"b\\\" \\u0041\"  ", "externalId", "a \"b\" A")]
    public void What_providers_ask_is_understood(string filter, string attribute, string text)
    {
        var (found, condition) = ScimFilter.Parse(filter, s_attributes).Value.ShouldHaveSingleItem();
        found.ShouldBe(attribute);
        condition.Text.ShouldBe(text);
    }

    private static readonly string[] s_pieces =
    [
        "userName", "emails", "active", " eq ", " and ", "\"", "\\", "[", "]", ".", "(", "true", "value", ":", "urn:", "\0", " ",
    ];

    [Fact]
    public void Conditions_are_joined_by_and()
    {
        var conditions = ScimFilter.Parse("userName eq \"a\" and active eq true AND active eq \"False\"", s_attributes).Value;
        conditions.Select(static one => one.Attribute).ShouldBe(["userName", "active", "active"]);
        conditions.Skip(1).Select(static one => ScimFilter.FlagOf(one.Condition)).ShouldBe([true, false]);
        ScimFilter.Parse(null, s_attributes).Value.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("userName")]
    [InlineData("userName eq")]
    [InlineData("userName eq ada")]
    [InlineData("userName eq \"ada")]
    [InlineData("userName eq \"ada\\\"")]
    [InlineData("userName eq 'ada'")]
    [InlineData("userName eq null")]
    [InlineData("userName eq 1")]
    [InlineData("userName ne \"ada\"")]
    [InlineData("userName co \"ada\"")]
    [InlineData("userName pr")]
    [InlineData("not (userName eq \"ada\")")]
    [InlineData("(userName eq \"ada\")")]
    [InlineData("userName eq \"ada\" or active eq true")]
    [InlineData("userName eq \"ada\" and")]
    [InlineData("userName eq \"ada\"and active eq true")]
    [InlineData("userName eq \"ada\" active eq true")]
    [InlineData("userName.value.more eq \"ada\"")]
    [InlineData("userName[type eq \"work\"] eq \"ada\"")]
    [InlineData("emails[type eq \"work\" and primary eq true].value eq \"a\"")]
    [InlineData("emails[type eq \"work\"].type eq \"a\"")]
    [InlineData("emails[emails[type eq \"work\"] eq \"a\"].value eq \"a\"")]
    [InlineData("password eq \"secret\"")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"a\"")]
    [InlineData("eq eq eq")]
    [InlineData("userName eq \"\\ud800\"")]
    [InlineData("userName eq \"a\\u0000\"")]
    public void Whatever_else_is_refused_as_a_filter(string filter)
    {
        var fault = ScimFilter.Parse(filter, s_attributes).Fault;
        fault.Code.ShouldBe("identity.scim_bad_filter");
        fault.Details["scimType"].ShouldBe("invalidFilter");
    }

    [Fact]
    public void A_filter_has_limits()
    {
        var condition = "active eq true";
        string Joined(int count) => string.Join(" and ", Enumerable.Repeat(condition, count));
        ScimFilter.Parse(Joined(ScimFilter.ConditionsMax), s_attributes).IsOk.ShouldBeTrue();
        ScimFilter.Parse(Joined(ScimFilter.ConditionsMax + 1), s_attributes).IsOk.ShouldBeFalse();
        ScimFilter.Parse($"userName eq \"{new string('a', ScimFilter.LengthMax)}\"", s_attributes).IsOk.ShouldBeFalse();
    }

    [Fact]
    public void Any_text_in_quotes_comes_out_as_it_went_in() => Gen.String[Gen.Char[' ', '\ud7ff'], 0, 100].Sample(text =>
        ScimFilter.Parse($"userName eq {System.Text.Json.JsonSerializer.Serialize(text)}", s_attributes) is var read
        && (read.IsOk ? read.Value[0].Condition.Text == text : text.Length > 100));

    [Fact]
    public void Nothing_that_is_sent_breaks_it() => Gen.Int[0, s_pieces.Length - 1].Array[0, 30].Sample(parts =>
        {
            var text = string.Concat(parts.Select(part => s_pieces[part]));
            _ = ScimFilter.Parse(text, s_attributes).IsOk;
            _ = ScimPath.TryParse(text, out _);
        });

    [Theory]
    [InlineData("members", "members", null)]
    [InlineData("name.givenName", "name", "givenname")]
    [InlineData("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "name", "familyname")]
    [InlineData("emails[type eq \"work\"].value", "emails", "value")]
    [InlineData("members[value eq \"usr_1\"]", "members", null)]
    [InlineData(
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager.value", null)]
    public void A_path_leads_to_an_attribute_or_a_part(string text, string attribute, string? part)
    {
        ScimPath.TryParse(text, out var path).ShouldBeTrue();
        (path!.Attribute, path.Part).ShouldBe((attribute, part));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("members[")]
    [InlineData("members[]")]
    [InlineData("members[value]")]
    [InlineData("members[value eq \"a\"")]
    [InlineData("members[value eq \"a\"]x")]
    [InlineData("members[value eq \"a\"].b.c")]
    [InlineData("name.givenName[a eq \"b\"]")]
    [InlineData("a b")]
    [InlineData("urn:")]
    [InlineData("a:b")]
    public void What_is_no_path_is_not_read(string text) => ScimPath.TryParse(text, out _).ShouldBeFalse();
}
