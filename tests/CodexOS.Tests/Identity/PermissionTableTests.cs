using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PermissionTableTests
{
    [Theory]
    [InlineData(Role.Owner, "agents:read agents:write runs:approve runs:cancel runs:read runs:start system:read tools:read workspaces:read workspaces:write")]
    [InlineData(Role.Admin, "agents:read agents:write runs:approve runs:cancel runs:read runs:start system:read tools:read workspaces:read workspaces:write")]
    [InlineData(Role.Developer, "agents:read agents:write runs:approve runs:cancel runs:read runs:start system:read tools:read workspaces:read workspaces:write")]
    [InlineData(Role.Operator, "agents:read runs:approve runs:cancel runs:read runs:start system:read tools:read workspaces:read workspaces:write")]
    [InlineData(Role.Viewer, "agents:read runs:read tools:read workspaces:read")]
    [InlineData(Role.Auditor, "agents:read runs:read system:read tools:read workspaces:read")]
    public void A_role_may_do_exactly_what_the_table_says(Role role, string permissions) =>
        string.Join(' ', PermissionTable.Of(role).Order(StringComparer.Ordinal)).ShouldBe(permissions);

    [Fact]
    public void The_owner_may_do_everything() =>
        PermissionTable.Of(Role.Owner).ShouldBe(PermissionTable.All, ignoreOrder: true);

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Auditor)]
    public void Who_only_looks_changes_nothing(Role role) =>
        PermissionTable.Of(role).ShouldAllBe(permission => permission.EndsWith(":read", StringComparison.Ordinal));
}
