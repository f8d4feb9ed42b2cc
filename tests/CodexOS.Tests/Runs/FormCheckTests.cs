using System.Text.Json;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Core;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Runs;

public sealed class FormCheckTests
{
    [Theory]
    [InlineData(FormTextFormat.Email, "a@b.example", true)]
    [InlineData(FormTextFormat.Email, "Ada <a@b.example>", false)]
    [InlineData(FormTextFormat.Email, "a", false)]
    [InlineData(FormTextFormat.Uri, "https://a.example/x", true)]
    [InlineData(FormTextFormat.Uri, "x", false)]
    [InlineData(FormTextFormat.Date, "2026-02-28", true)]
    [InlineData(FormTextFormat.Date, "2026-02-30", false)]
    [InlineData(FormTextFormat.Date, "28.2.2026", false)]
    [InlineData(FormTextFormat.DateTime, "2026-02-28T12:00:00Z", true)]
    [InlineData(FormTextFormat.DateTime, "2026-02-28T12:00:00.5+02:00", true)]
    [InlineData(FormTextFormat.DateTime, "2026-02-28T12:00:00", false)]
    public void A_text_has_the_form_that_its_format_says(FormTextFormat format, string text, bool fits) =>
        (Field(FormFieldKind.Text) with { Format = format }).WhatIsWrong(JsonSerializer.SerializeToElement(text))
            .ShouldBe(fits ? null : format switch
            {
                FormTextFormat.Email => "an e-mail address",
                FormTextFormat.Uri => "an absolute URI",
                FormTextFormat.Date => "a date such as 2026-07-28",
                _ => "a time with its offset such as 2026-07-28T12:00:00Z",
            });

    [Fact]
    public void Characters_are_counted_as_people_count_them_and_not_as_UTF_16_does()
    {
        var field = Field(FormFieldKind.Text) with { LengthMax = 2 };
        field.WhatIsWrong(JsonSerializer.SerializeToElement("😀😀")).ShouldBeNull();
        field.WhatIsWrong(JsonSerializer.SerializeToElement("😀😀😀")).ShouldBe("a text of at most 2 characters");
        field.WhatIsWrong(JsonElement.Parse("\"\\ud800\"")).ShouldBe("a text");
    }

    [Theory]
    [InlineData("1", null)]
    [InlineData("1.0", null)]
    [InlineData("1.5", "a whole number")]
    [InlineData("1e400", "a whole number")]
    [InlineData("\"1\"", "a whole number")]
    [InlineData("0", "at least 1")]
    [InlineData("10", "at most 9.5")]
    public void A_number_lies_between_its_bounds(string value, string? wrong) =>
        (Field(FormFieldKind.Whole) with { Minimum = 1, Maximum = 9.5 }).WhatIsWrong(JsonElement.Parse(value)).ShouldBe(wrong);

    [Theory]
    [InlineData("""{ "a": true }""", null)]
    [InlineData("""{}""", "'a' is missing")]
    [InlineData("""{ "a": true, "a": true }""", "'a' is given twice")]
    [InlineData("""{ "a": true, "b": 1 }""", "it has a member that is no field of the form")]
    [InlineData("""{ "a": null }""", "'a' must be true or false")]
    [InlineData("null", "content must be an object with the form's fields")]
    public void An_answer_has_the_fields_of_its_form_and_no_others(string content, string? wrong) =>
        FormCheck.WhatIsWrong([Field(FormFieldKind.Boolean)], JsonElement.Parse(content), 100).ShouldBe(wrong);

    [Fact]
    public void An_answer_is_bounded() =>
        FormCheck
            .WhatIsWrong([Field(FormFieldKind.Text)], JsonSerializer.SerializeToElement(new { a = new string('x', 100) }), 100)
            .ShouldBe("it has more than 100 bytes (Runs:AnswerBytesMax)");

    private static FormField Field(FormFieldKind kind) => new("a", kind, IsRequired: true, []);
}
