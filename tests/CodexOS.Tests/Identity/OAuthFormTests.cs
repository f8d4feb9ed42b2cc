using System.Text;
using CodexOS.Identity.OAuth;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

/// <summary>How a request is read, and by whom it says it is made.</summary>
public sealed class OAuthFormTests
{
    [Fact]
    public void A_member_that_is_there_twice_makes_the_request_unreadable_and_an_empty_one_is_absent()
    {
        OAuthForm.TryRead([new("scope", new StringValues(["a", "b"]))], out _).ShouldBeFalse();
        OAuthForm.TryRead([new("scope", "a"), new("scope", "b")], out _).ShouldBeFalse();
        OAuthForm.TryRead([new("scope", ""), new("state", "x")], out var form).ShouldBeTrue();
        form["scope"].ShouldBeNull();
        form["state"].ShouldBe("x");
    }

    [Theory]
    [InlineData("app", "s3cret", "app:s3cret")]
    [InlineData("app", "with:colon", "app:with:colon")]
    [InlineData("a b", "ü/+%", "a+b:%C3%BC%2F%2B%25")]
    public void Id_and_secret_come_in_the_header_as_the_RFC_encodes_them(string id, string secret, string pair) =>
        Of([], Basic(pair)).ShouldBe((id, secret));

    [Fact]
    public void Id_and_secret_come_in_the_form_otherwise()
    {
        Of([new("client_id", "app")]).ShouldBe(("app", (string?)null));
        Of([new("client_id", "app"), new("client_secret", "s3cret")]).ShouldBe(("app", "s3cret"));
        Of([new("client_id", "app")], Basic("app:s3cret")).ShouldBe(("app", "s3cret"));
    }

    [Fact]
    public void Whoever_says_it_twice_differently_or_not_in_order_is_nobody()
    {
        Of([]).ShouldBeNull();
        Of([new("client_id", "other")], Basic("app:s3cret")).ShouldBeNull();
        Of([new("client_secret", "s3cret")], Basic("app:s3cret")).ShouldBeNull();
        foreach (var header in (string[])["Basic", "Basic ", "Basic !!!", Basic("app"), "Bearer app:s3cret"])
            Of([new("client_id", "app")], header).ShouldBeNull(header);
    }

    private static (string Id, string? Secret)? Of(KeyValuePair<string, StringValues>[] members, string? header = null)
    {
        OAuthForm.TryRead(members, out var form).ShouldBeTrue();
        var context = new DefaultHttpContext();
        if (header is not null) context.Request.Headers.Authorization = header;
        return form.Credentials(context);
    }

    private static string Basic(string pair) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))}";
}
