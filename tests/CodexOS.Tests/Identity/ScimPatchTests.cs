using System.Text.Json;
using CodexOS.Identity.Scim.Groups;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Identity.Scim.Users;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class ScimPatchTests
{
    private static readonly UserId s_ada = UserId.New(TimeProvider.System);
    private static readonly UserId s_grace = UserId.New(TimeProvider.System);

    private static UserWish Ada { get; } = new()
    {
        UserName = "ada@example.org",
        ExternalId = "e1",
        DisplayName = "Ada Lovelace",
        GivenName = "Ada",
        FamilyName = "Lovelace",
        Active = true,
    };

    private static GroupWish Makers { get; } = new("Makers", "g1", [s_ada]);

    [Theory]
    [InlineData("""{"op":"replace","value":{"active":false}}""")]
    [InlineData("""{"op":"Replace","path":"active","value":"False"}""")]
    [InlineData("""{"OP":"REPLACE","Path":"urn:ietf:params:scim:schemas:core:2.0:User:active","Value":false}""")]
    [InlineData("""{"op":"add","path":"active","value":"false"}""")]
    [InlineData("""{"op":"replace","value":{"id":"usr_x","schemas":[],"Active":"False"}}""")]
    public void Each_way_in_which_providers_suspend_somebody_does(string operation)
    {
        var after = Patched(operation).Value;
        after.Active.ShouldBe(false);
        (after.UserName, after.ExternalId, after.ShownAs).ShouldBe((Ada.UserName, Ada.ExternalId, Ada.ShownAs));
    }

    [Theory]
    [InlineData("""{"op":"replace","path":"name.familyName","value":"Byron"}""", "Ada Byron")]
    [InlineData("""{"op":"replace","value":{"name.givenName":"Augusta","name.familyName":"Byron"}}""", "Augusta Byron")]
    [InlineData("""{"op":"add","path":"name","value":{"givenName":"Augusta"}}""", "Augusta Lovelace")]
    [InlineData("""{"op":"replace","path":"name.formatted","value":"Countess"}""", "Countess")]
    [InlineData("""{"op":"replace","value":{"displayName":"The Countess","name":{"formatted":"Countess"}}}""", "The Countess")]
    [InlineData("""{"op":"remove","path":"displayName"}""", "Ada Lovelace")]
    [InlineData("""{"op":"remove","path":"name"}""", "ada")]
    [InlineData("""{"op":"replace","path":"displayName","value":"a\u0007b"}""", "ab")]
    public void Names_are_taken_as_they_come(string operation, string shown) => Patched(operation).Value.ShownAs.ShouldBe(shown);

    [Fact]
    public void A_display_name_of_its_own_does_not_follow_the_parts() =>
        Patched(Ada with { DisplayName = "Countess" }, """{"op":"replace","path":"name.familyName","value":"Byron"}""")
            .Value.ShownAs.ShouldBe("Countess");

    [Theory]
    [InlineData("""{"op":"replace","path":"title","value":"Analyst"}""")]
    [InlineData("""{"op":"add","path":"emails[type eq \"work\"].value","value":"x@example.org"}""")]
    [InlineData("""{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Engines"}""")]
    [InlineData("""{"op":"replace","value":{"password":"secret","phoneNumbers":[{"value":"1"}]}}""")]
    [InlineData("""{"op":"remove","path":"addresses[type eq \"work\"]"}""")]
    public void What_is_not_kept_here_is_passed_over(string operation)
    {
        var after = Patched(operation).Value;
        (after.UserName, after.ShownAs, after.Active).ShouldBe((Ada.UserName, Ada.ShownAs, Ada.Active));
    }

    [Theory]
    [InlineData("""{"op":"remove"}""", "noTarget")]
    [InlineData("""{"op":"remove","path":"userName"}""", "invalidValue")]
    [InlineData("""{"op":"remove","path":"active"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"active","value":"no"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"active","value":[false]}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"userName","value":"nobody"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"userName","value":"a b@example.org"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"externalId","value":5}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"externalId","value":"a\u0000"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"name","value":"Ada"}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"active"}""", "invalidValue")]
    [InlineData("""{"op":"replace","value":false}""", "invalidValue")]
    [InlineData("""{"op":"replace","path":"id","value":"usr_x"}""", "mutability")]
    [InlineData("""{"op":"add","path":"groups","value":[]}""", "mutability")]
    [InlineData("""{"op":"replace","path":"a[b","value":1}""", "invalidPath")]
    [InlineData("""{"op":"replace","path":7,"value":1}""", "invalidPath")]
    [InlineData("""{"op":"replace","value":{"a b":1}}""", "invalidPath")]
    [InlineData("""{"op":"move","path":"active","value":false}""", "invalidSyntax")]
    [InlineData("""{"path":"active","value":false}""", "invalidSyntax")]
    [InlineData("7", "invalidSyntax")]
    public void What_cannot_be_done_is_told_in_scim_s_words(string operation, string scimType)
    {
        var fault = Patched(operation).Fault;
        fault.Kind.ShouldBe(FaultKind.Invalid);
        fault.Details["scimType"].ShouldBe(scimType);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Operations":[]}""")]
    [InlineData("""{"Operations":{}}""")]
    [InlineData("""{"Operations":null}""")]
    [InlineData("[]")]
    public void A_patch_without_operations_is_none(string body) =>
        ScimPatch.Parse(JsonElement.Parse(body), 10).Fault.Details["scimType"].ShouldBe("invalidSyntax");

    [Fact]
    public void A_patch_has_limits()
    {
        var operation = """{"op":"replace","path":"active","value":true}""";
        string Body(int count) => $$"""{"Operations":[{{string.Join(',', Enumerable.Repeat(operation, count))}}]}""";
        ScimPatch.Parse(JsonElement.Parse(Body(10)), 10).Value.Count.ShouldBe(10);
        ScimPatch.Parse(JsonElement.Parse(Body(11)), 10).Fault.Kind.ShouldBe(FaultKind.TooLarge);
        var members = string.Join(',', Enumerable.Range(0, 11).Select(static i => $"\"a{i}\":1"));
        ScimPatch.Parse(JsonElement.Parse($$$"""{"Operations":[{"op":"add","value":{{{{members}}}}}]}"""), 10)
            .Fault.Kind.ShouldBe(FaultKind.TooLarge);
    }

    [Fact]
    public void Members_come_and_go_in_every_form()
    {
        foreach (var value in (string[])[$$"""[{"value":"{{s_grace}}","display":"Grace"}]""", $$"""{"value":"{{s_grace}}"}""", $"\"{s_grace}\""])
        {
            Patched(Makers, $$"""{"op":"Add","path":"members","value":{{value}}}""").Value.Members
                .ShouldBe([s_ada, s_grace], ignoreOrder: true);
        }

        Patched(Makers, $$$"""{"op":"add","value":{"members":[{"value":"{{{s_grace}}}"}]}}""").Value.Members.Count.ShouldBe(2);
        Patched(Makers, $$"""{"op":"replace","path":"members","value":[{"value":"{{s_grace}}"}]}""").Value.Members.ShouldBe([s_grace]);
        var both = Makers with { Members = [s_ada, s_grace] };
        Patched(both, $$"""{"op":"remove","path":"members[value eq \"{{s_ada}}\"]"}""").Value.Members.ShouldBe([s_grace]);
        Patched(both, $$"""{"op":"Remove","path":"members","value":[{"value":"{{s_ada}}"}]}""").Value.Members.ShouldBe([s_grace]);
        Patched(both, """{"op":"remove","path":"members[value eq \"somebody\"]"}""").Value.Members.Count.ShouldBe(2);
        Patched(both, """{"op":"remove","path":"members"}""").Value.Members.ShouldBeEmpty();
        Patched(both, """{"op":"replace","value":{"id":"grp_x","displayName":"Makers 2"}}""").Value
            .ShouldBe(both with { DisplayName = "Makers 2" });
    }

    [Theory]
    [InlineData("""{"op":"add","path":"members","value":[{"value":"somebody"}]}""")]
    [InlineData("""{"op":"add","path":"members","value":[{}]}""")]
    [InlineData("""{"op":"add","path":"members","value":7}""")]
    [InlineData("""{"op":"remove","path":"displayName"}""")]
    [InlineData("""{"op":"replace","path":"displayName","value":""}""")]
    [InlineData("""{"op":"remove","path":"members[display eq \"Ada\"]"}""")]
    [InlineData("""{"op":"add","path":"members[value eq \"x\"]","value":[]}""")]
    public void A_group_is_not_changed_into_nonsense(string operation) =>
        Patched(Makers, operation).Fault.Kind.ShouldBe(FaultKind.Invalid);

    [Fact]
    public void Adding_and_removing_anybody_in_any_order_ends_with_whoever_came_last()
    {
        var people = Enumerable.Range(0, 5).Select(static _ => UserId.New(TimeProvider.System)).ToArray();
        Gen.Select(Gen.Bool, Gen.Int[0, 4]).Array[1, 20].Sample(steps =>
        {
            var expected = new HashSet<UserId>();
            foreach (var (comes, who) in steps) _ = comes ? expected.Add(people[who]) : expected.Remove(people[who]);
            var operations = steps.Select(step => step.Item1
                ? $$"""{"op":"add","path":"members","value":[{"value":"{{people[step.Item2]}}"}]}"""
                : $$"""{"op":"remove","path":"members[value eq \"{{people[step.Item2]}}\"]"}""");
            return Patched(Makers with { Members = [] }, string.Join(',', operations)).Value.Members.SetEquals(expected);
        });
    }

    [Theory]
    [InlineData("""{"userName":"ada@example.org"}""", "ada", null)]
    [InlineData("""{"USERNAME":" ada@example.org ","Active":"True"}""", "ada", true)]
    [InlineData("""{"userName":"ada@example.org","name":{"givenName":"Ada","familyName":"Lovelace"},"active":false}""", "Ada Lovelace", false)]
    [InlineData("""{"displayName":"Countess","name":{"formatted":"Ada"},"userName":"ada@example.org"}""", "Countess", null)]
    [InlineData("""{"userName":"ada@example.org","emails":[{"value":"other@example.org"}],"groups":["x"],"id":"y","name":null}""", "ada", null)]
    public void A_whole_person_is_read(string body, string shown, bool? active)
    {
        var wish = UserWish.Read(JsonElement.Parse(body)).Value;
        (wish.UserName, wish.ShownAs, wish.Active).ShouldBe(("ada@example.org", shown, active));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"userName":null}""")]
    [InlineData("""{"userName":7}""")]
    [InlineData("""{"userName":"ada"}""")]
    [InlineData("""{"userName":"ada@"}""")]
    [InlineData("""{"userName":"ada@example.org","active":"perhaps"}""")]
    [InlineData("""{"userName":"ada@example.org","externalId":{}}""")]
    public void Who_is_nobody_is_refused(string body) =>
        UserWish.Read(JsonElement.Parse(body)).Fault.Details["scimType"].ShouldBe("invalidValue");

    private static Result<UserWish> Patched(string operation) => Patched(Ada, operation);

    private static Result<UserWish> Patched(UserWish wish, string operation) =>
        Parse(operation).TryGet(out var operations, out var fault) ? wish.Apply(operations) : fault;

    private static Result<GroupWish> Patched(GroupWish wish, string operations) =>
        Parse(operations).TryGet(out var parsed, out var fault) ? wish.Apply(parsed) : fault;

    private static Result<IReadOnlyList<ScimPatchOperation>> Parse(string operations) =>
        ScimPatch.Parse(JsonElement.Parse($$"""{"Operations":[{{operations}}]}"""), 100);
}
