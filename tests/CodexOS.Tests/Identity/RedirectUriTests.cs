using CodexOS.Identity.OAuth;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

/// <summary>Which addresses a client may register, and which of a request's are taken for one of them.</summary>
public sealed class RedirectUriTests
{
    private static readonly string[] s_registered =
        ["https://app.example/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:8080/cb", "com.example.app:/cb", "http://localhost:7000/cb"];

    [Theory]
    [InlineData("https://app.example/cb?x=1")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("http://127.0.0.1:1/cb")]
    [InlineData("http://127.0.0.1:65535/cb")]
    [InlineData("http://[::1]/cb")]
    [InlineData("http://[::1]:9090/cb")]
    [InlineData("com.example.app:/cb")]
    [InlineData("http://localhost:7000/cb")]
    public void An_address_to_the_letter_is_taken_and_of_loopback_any_port(string asked) =>
        RedirectUris.Allow(s_registered, asked).ShouldBeTrue();

    [Theory]
    [InlineData("https://app.example/cb")]
    [InlineData("https://app.example/cb?x=1&y=2")]
    [InlineData("https://app.example:444/cb?x=1")]
    [InlineData("https://APP.example/cb?x=1")]
    [InlineData("https://app.example/CB?x=1")]
    [InlineData("https://app.example/%63b?x=1")]
    [InlineData("https://app.example/cb?x=1#f")]
    [InlineData("http://127.0.0.1:1/cb/")]
    [InlineData("http://127.0.0.1:1/cb?x")]
    [InlineData("http://127.0.0.1:1/cb#x")]
    [InlineData("http://127.0.0.1:/cb")]
    [InlineData("http://127.0.0.1:123456/cb")]
    [InlineData("http://127.0.0.1:1:2/cb")]
    [InlineData("http://127.0.0.1:1@evil.example/cb")]
    [InlineData("http://127.0.0.1.evil.example/cb")]
    [InlineData("http://127.0.0.2/cb")]
    [InlineData("http://127.1/cb")]
    [InlineData("http://0x7f000001/cb")]
    [InlineData("https://127.0.0.1/cb")]
    [InlineData("http://localhost:7001/cb")]
    [InlineData("http://localhost/cb")]
    [InlineData("com.example.app:/cb/..")]
    [InlineData("")]
    public void Every_other_address_is_not(string asked) => RedirectUris.Allow(s_registered, asked).ShouldBeFalse();

    [Theory]
    [InlineData("https://app.example")]
    [InlineData("https://app.example:8443/cb?x=1")]
    [InlineData("http://localhost:3000/cb")]
    [InlineData("http://127.0.0.1/cb")]
    [InlineData("com.example.app:/cb")]
    public void What_is_reached_by_nobody_else_can_be_registered(string uri) => RedirectUris.ProblemOf(uri).ShouldBeNull();

    [Theory]
    [InlineData("/cb")]
    [InlineData("app.example/cb")]
    [InlineData("http://app.example/cb")]
    [InlineData("https://app.example/cb#f")]
    [InlineData("https://app.example/#")]
    [InlineData("https://*.example/cb")]
    [InlineData("https://user@app.example/cb")]
    [InlineData("https://app.example/c b")]
    [InlineData("https://app.example\\cb")]
    [InlineData("https://äpp.example/cb")]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("myapp://cb")]
    [InlineData("")]
    public void Everything_else_cannot(string uri) => RedirectUris.ProblemOf(uri).ShouldNotBeNull();

    [Fact]
    public void People_are_shown_where_they_are_sent()
    {
        RedirectUris.HostOf("https://app.example:8443/cb").ShouldBe("app.example");
        RedirectUris.HostOf("com.example.app:/cb").ShouldBe("com.example.app");
        RedirectUris.With("https://app.example/cb?x=1", [new("code", "a b"), new("state", null)])
            .ShouldBe("https://app.example/cb?x=1&code=a%20b");
    }
}
