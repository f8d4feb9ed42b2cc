using System.Collections.Frozen;
using CodexOS.Identity.Access;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

/// <summary>Nobody gives, changes or takes more than they hold.</summary>
public sealed class StandingTests
{
    public static TheoryData<Role, Role> Pairs
    {
        get
        {
            var pairs = new TheoryData<Role, Role>();
            foreach (var one in Enum.GetValues<Role>())
            {
                foreach (var other in Enum.GetValues<Role>()) pairs.Add(one, other);
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_role_reaches_those_that_may_do_no_more(Role actor, Role other)
    {
        var covers = ActorOf(Standing.Of(actor)).Covers(Standing.Of(other));
        covers.ShouldBe(other is Role.Owner
            ? actor is Role.Owner
            : PermissionTable.Of(other).IsSubsetOf(PermissionTable.Of(actor)));
    }

    [Fact]
    public void All_permissions_without_being_an_owner_do_not_reach_owners()
    {
        var everything = ActorOf(Standing.Of("everything", string.Join(' ', PermissionTable.All)));
        everything.Covers(Standing.Of(Role.Admin)).ShouldBeTrue();
        everything.Covers(Standing.Of(Role.Owner)).ShouldBeFalse();
    }

    [Fact]
    public void A_stored_permission_that_is_no_longer_in_the_table_gives_nothing() =>
        Standing.Of("old", "agents:read gone:away").Permissions.ShouldBe(["agents:read"]);

    [Theory]
    [InlineData("agent:reviewer", true)]
    [InlineData("workspace:wsp_0198c5a0b1c27d3e8f40516273849506", true)]
    [InlineData("connection:a:b", true)]
    [InlineData("planet:mars", false)]
    [InlineData("agent:", false)]
    [InlineData("agent", false)]
    [InlineData(":x", false)]
    [InlineData("agent:two words", false)]
    [InlineData("agent:tab\there", false)]
    [InlineData("", false)]
    public void A_resource_is_written_as_its_kind_and_its_name(string text, bool isOne)
    {
        Resource.TryParse(text, out var resource).ShouldBe(isOne);
        if (isOne) resource.ToString().ShouldBe(text);
    }

    [Fact]
    public void A_grant_adds_one_thing_and_nothing_else()
    {
        var reviewer = new Resource(ResourceKinds.Agent, "reviewer");
        var caller = CallerWith(["agents:read"]) with
        {
            Grants = new[] { new ResourceGrant(reviewer, "runs:start") }.ToFrozenSet(),
        };
        caller.May("runs:start", reviewer).ShouldBeTrue();
        caller.May("agents:read", new Resource(ResourceKinds.Agent, "other")).ShouldBeTrue();
        caller.May("runs:start").ShouldBeFalse();
        caller.May("runs:start", reviewer with { Name = "other" }).ShouldBeFalse();
        caller.May("runs:start", reviewer with { Kind = ResourceKinds.Workspace }).ShouldBeFalse();
        caller.May("agents:write", reviewer).ShouldBeFalse();
    }

    private static Actor ActorOf(Standing standing) => new(CallerWith(standing.Permissions), standing.IsOwner);

    private static Caller CallerWith(IEnumerable<string> permissions) =>
        new(default(TenantId), default(UserId), "Ada", permissions.ToFrozenSet(StringComparer.Ordinal));
}
