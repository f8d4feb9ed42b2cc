using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Http;

public sealed class RefusalTests
{
    [Theory]
    [InlineData("email", "email")]
    [InlineData("workspace.id", "workspace.id")]
    [InlineData("headers[Authorization: s3cret]", "headers[]")]
    [InlineData("items[12].name", "items[].name")]
    [InlineData("", null)]
    [InlineData("ada@example.org", null)]
    [InlineData("two words", null)]
    [InlineData("line\nbreak", null)]
    public void A_name_is_kept_and_what_a_caller_chose_is_not(string field, string? kept)
    {
        var context = new DefaultHttpContext();
        Refusal.Note(context, "platform.invalid_fields", field);
        Refusal.Of(context).ShouldNotBeNull().Fields.ShouldBe(kept is null ? [] : [kept]);
    }

    [Fact]
    public void Names_have_a_limit_in_length_and_in_number()
    {
        var context = new DefaultHttpContext();
        Refusal.Note(context, "a.b", [new string('x', 65), .. Enumerable.Range(0, 100).Select(static i => $"f{i}")]);
        Refusal.Of(context).ShouldNotBeNull().Fields.Count.ShouldBe(Refusal.FieldsMax);
        Refusal.Of(context)!.Fields.ShouldAllBe(static name => name.StartsWith('f'));
    }
}
