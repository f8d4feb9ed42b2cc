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

    [Fact]
    public void A_project_gives_what_its_role_holds_on_what_lies_in_it_and_on_itself()
    {
        var handbook = new Resource(ResourceKinds.Knowledge, "handbook");
        var caller = InProjects(("alpha", ["knowledge:read", "knowledge:write"], [handbook]), ("beta", ["knowledge:read"], []));
        caller.May("knowledge:write", handbook).ShouldBeTrue();
        caller.May("knowledge:write", handbook with { Name = "payroll" }).ShouldBeFalse();
        caller.May("knowledge:write", handbook with { Kind = ResourceKinds.Agent }).ShouldBeFalse();
        caller.May("knowledge:delete", handbook).ShouldBeFalse();
        caller.May("knowledge:write", new Resource(ResourceKinds.Project, "alpha")).ShouldBeTrue();
        caller.May("knowledge:write", new Resource(ResourceKinds.Project, "beta")).ShouldBeFalse();
        caller.May("knowledge:write").ShouldBeFalse();
        caller.MaySomewhere("knowledge:write").ShouldBeTrue();
        caller.MaySomewhere("knowledge:delete").ShouldBeFalse();
    }

    [Fact]
    public void A_list_shows_what_is_held_by_a_grant_or_in_a_project_and_all_to_who_holds_it_for_the_tenant()
    {
        var handbook = new Resource(ResourceKinds.Knowledge, "handbook");
        var helper = new Resource(ResourceKinds.Agent, "helper");
        var caller = InProjects(("alpha", ["knowledge:read", "projects:read"], [handbook, helper])) with
        {
            Grants = new[] { new ResourceGrant(handbook with { Name = "payroll" }, "knowledge:read") }.ToFrozenSet(),
        };
        caller.NamesWith("knowledge:read", ResourceKinds.Knowledge).ShouldNotBeNull().ShouldBe(["handbook", "payroll"], ignoreOrder: true);
        caller.NamesWith("projects:read", ResourceKinds.Project).ShouldNotBeNull().ShouldBe(["alpha"]);
        caller.NamesWith("knowledge:write", ResourceKinds.Knowledge).ShouldNotBeNull().ShouldBeEmpty();
        CallerWith(["knowledge:read"]).NamesWith("knowledge:read", ResourceKinds.Knowledge).ShouldBeNull();
    }

    [Fact]
    public void Who_is_held_to_scopes_is_held_to_them_in_projects_too()
    {
        var handbook = new Resource(ResourceKinds.Knowledge, "handbook");
        var held = InProjects(("alpha", ["knowledge:read", "knowledge:write"], [handbook]))
            .HeldTo(new HashSet<string>(StringComparer.Ordinal) { "knowledge:read" });
        held.May("knowledge:read", handbook).ShouldBeTrue();
        held.May("knowledge:write", handbook).ShouldBeFalse();
    }

    [Theory]
    [InlineData(Role.Admin)]
    [InlineData(Role.Developer)]
    [InlineData(Role.Operator)]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Auditor)]
    public void In_a_project_a_role_holds_only_what_can_be_granted_on_things(Role role)
    {
        var inProject = PermissionTable.OnThings(role);
        inProject.ShouldAllBe(permission => PermissionTable.KindOf(permission) != null);
        inProject.IsSubsetOf(PermissionTable.Of(role)).ShouldBeTrue();
        inProject.ShouldContain("projects:read");
        inProject.ShouldNotContain("agents:write");
    }

    private static Caller InProjects(params (string Name, string[] Permissions, Resource[] Things)[] projects) =>
        CallerWith([]) with
        {
            Projects =
            [
                .. projects.Select(static project => new CallerProject(
                    project.Name, "role", project.Permissions.ToFrozenSet(StringComparer.Ordinal),
                    project.Things.ToFrozenSet())),
            ],
        };

    private static Actor ActorOf(Standing standing) => new(CallerWith(standing.Permissions), standing.IsOwner);

    private static Caller CallerWith(IEnumerable<string> permissions) =>
        new(default(TenantId), default(UserId), "Ada", permissions.ToFrozenSet(StringComparer.Ordinal));
}
