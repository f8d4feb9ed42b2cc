using System.Text.Json;
using CodexOS.Cli.Verbs;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class QuestionFormTests
{
    private static readonly Question s_question = new("s", "Where to?",
    [
        new FormField("city", "text", true, []),
        new FormField("nights", "whole", true, []) { Default = JsonElement.Parse("2") },
        new FormField("price", "number", false, []),
        new FormField("late", "boolean", false, []),
        new FormField("extras", "choices", false, [new FormChoice("sauna"), new FormChoice("bike")]),
    ]);

    [Fact]
    public void Words_become_the_values_that_their_fields_hold_and_the_rest_is_as_usual() =>
        Read("city=Ulm=Donau", "price=1.5", "late=yes", "extras=sauna", "extras=bike")
            .ShouldBe("""{"city":"Ulm=Donau","price":1.5,"late":true,"extras":["sauna","bike"],"nights":2}""");

    [Fact]
    public void What_is_no_value_of_its_field_is_sent_as_it_is_so_that_the_server_says_why() =>
        Read("nights=two", "late=perhaps").ShouldBe("""{"nights":"two","late":"perhaps"}""");

    [Theory]
    [InlineData("town=Ulm")]
    [InlineData("city")]
    [InlineData("=Ulm")]
    public void A_word_that_names_no_field_is_refused_with_the_names(string word) =>
        Should.Throw<CodexOSException>(() => Read(word)).Message.ShouldContain("city, nights, price, late, extras");

    [Theory]
    [InlineData("text", 2.0, 80.0, "text, 2 to 80 characters")]
    [InlineData("whole", 1.0, 30.0, "whole number, 1 to 30")]
    [InlineData("number", null, 1.5, "number, at most 1.5")]
    [InlineData("choices", 1.0, null, "any of a, at least 1 choices")]
    [InlineData("boolean", null, null, "yes or no")]
    public void What_a_field_holds_is_said_with_its_limits(string kind, double? least, double? most, string words)
    {
        var isNumber = kind is "whole" or "number";
        var field = new FormField("it", kind, true, kind == "choices" ? [new FormChoice("a")] : [])
        {
            Minimum = isNumber ? least : null,
            Maximum = isNumber ? most : null,
            LengthMin = isNumber ? null : (int?)least,
            LengthMax = isNumber ? null : (int?)most,
        };

        QuestionForm.KindOf(field).ShouldBe(words);
    }

    private static string Read(params string[] words) => QuestionForm.Read(s_question, words).GetRawText();
}
