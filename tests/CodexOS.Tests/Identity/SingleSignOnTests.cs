using System.Text.Json;
using CodexOS.Identity.SingleSignOn.Connections;
using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.SingleSignOn.Providers;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class SingleSignOnTests
{
    [Theory]
    [InlineData("makers", "developer")]
    [InlineData("staff makers", "developer")]
    [InlineData("staff", "viewer")]
    [InlineData("Makers", null)]
    [InlineData("", null)]
    public void The_first_entry_whose_group_somebody_is_in_gives_the_role(string groups, string? role)
    {
        GroupRole[] roles = [new() { Group = "makers", Role = "developer" }, new() { Group = "staff", Role = "viewer" }];
        var mine = groups.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        GroupRoles.RoleOf(GroupRoles.Read(GroupRoles.Write(roles)), mine, null).ShouldBe(role);
        GroupRoles.RoleOf(roles, mine, "operator").ShouldBe(role ?? "operator");
    }

    [Fact]
    public void What_the_signed_token_says_stays_and_userinfo_adds_the_rest()
    {
        var token = ProviderClaims.Of(Json("""{"sub":"s","email":"a@x.example","groups":"one"}"""), "groups");
        token.IsEmailVerified.ShouldBeFalse();
        token.Groups.ShouldBe(["one"]);

        token.With(Json("""{"email":"b@x.example","email_verified":true}"""), "groups").IsEmailVerified.ShouldBeFalse();
        var told = token.With(Json("""{"email":"a@x.example","email_verified":"true","name":"Ada","groups":["two"]}"""), "groups");
        told.IsEmailVerified.ShouldBeTrue();
        told.Name.ShouldBe("Ada");
        told.Groups.ShouldBe(["one"]);
    }

    [Theory]
    [InlineData("""{"amr":["pwd","mfa"]}""", true)]
    [InlineData("""{"amr":"mfa"}""", true)]
    [InlineData("""{"acr":"gold"}""", true)]
    [InlineData("""{"amr":["pwd","otp"],"acr":"silver"}""", false)]
    [InlineData("{}", false)]
    public void A_second_factor_is_what_the_provider_calls_so(string claims, bool hasOne) =>
        ProviderClaims.Of(Json(claims), "groups").HasSecondFactor("gold").ShouldBe(hasOne);

    [Theory]
    [InlineData("ada@Example.ORG", "example.org")]
    [InlineData("ada@evil.example@example.org ", "example.org")]
    [InlineData("ada@127.0.0.1", null)]
    [InlineData("ada", null)]
    [InlineData("@example.org", null)]
    public void The_domain_of_an_address_is_what_stands_after_the_last_at(string email, string? domain) =>
        DomainStore.DomainOf(email).ShouldBe(domain);

    [Fact]
    public void An_attempt_is_known_by_its_cookie_alone_and_tells_nothing_of_it()
    {
        var attempt = SsoAttempt.New();
        SsoAttempt.TryParse(attempt.Reveal(), out var again).ShouldBeTrue();
        again!.IsOf(attempt.State).ShouldBeTrue();
        (again.Nonce, again.Verifier).ShouldBe((attempt.Nonce, attempt.Verifier));
        new[] { attempt.State, attempt.Nonce, attempt.Verifier, attempt.Challenge, attempt.Reveal() }.ShouldBeUnique();
        SsoAttempt.New().IsOf(attempt.State).ShouldBeFalse();
        again.IsOf(null).ShouldBeFalse();
        SsoAttempt.TryParse("short", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://login.example.org/realms/staff", false, true)]
    [InlineData("http://login.example.org", false, false)]
    [InlineData("http://login.example.org", true, true)]
    [InlineData("https://login.example.org?tenant=1", false, false)]
    [InlineData("https://somebody@login.example.org", false, false)]
    [InlineData("https://192.168.7.1", false, false)]
    [InlineData("login.example.org", false, false)]
    public void An_issuer_is_a_web_address_of_a_named_host(string issuer, bool allowPlainHttp, bool isOne) =>
        (ProviderAddress.ProblemOfIssuer(issuer, allowPlainHttp) is null).ShouldBe(isOne);

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
