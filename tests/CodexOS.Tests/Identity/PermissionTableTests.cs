using CodexOS.Identity.Contracts;
using CodexOS.Identity.Permissions;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PermissionTableTests
{
    private const string Reading =
        "agents:read connections:read knowledge:read policy:read projects:read quotas:read roles:read runs:read tools:read workspaces:read";

    private const string Working = " api_keys:write knowledge:write runs:approve runs:cancel runs:control runs:signal runs:start secrets:read"
        + " system:read workspaces:write";

    private const string Overseeing = " access:read audit:read clients:read keys:read members:read privacy:read security:read"
        + " service_accounts:read sso:read";

    private const string Governing = " access:write agents:write api_keys:manage clients:write connections:write holds:write"
        + " keys:rotate members:write policy:write privacy:export projects:write roles:write secrets:write security:write service_accounts:write";

    private const string Proving = " evidence:create evidence:read";

    private const string Owning = Proving + " privacy:erase retention:write scim:provision secrets:reveal sso:write";

    [Theory]
    [InlineData(
        Role.Owner,
        Reading + Working + Overseeing + Governing + Owning + " quotas:write service:write tenants:read tenants:write")]
    [InlineData(Role.Admin, Reading + Working + Overseeing + Governing + " service:write tenants:read")]
    [InlineData(Role.Developer, Reading + Working + " agents:write")]
    [InlineData(Role.Operator, Reading + Working)]
    [InlineData(Role.Viewer, Reading)]
    [InlineData(Role.Auditor, Reading + Overseeing + Proving + " secrets:read system:read tenants:read")]
    public void A_role_may_do_exactly_what_the_table_says(Role role, string permissions) =>
        PermissionTable.Of(role).ShouldBe(permissions.Split(' '), ignoreOrder: true);

    [Theory]
    [InlineData(Role.Owner, Reading + Working + Overseeing + Governing + Owning)]
    [InlineData(Role.Admin, Reading + Working + Overseeing + Governing)]
    [InlineData(Role.Developer, Reading + Working + " agents:write")]
    [InlineData(Role.Auditor, Reading + Overseeing + Proving + " secrets:read system:read")]
    public void Outside_of_the_first_tenant_nobody_may_do_what_concerns_all_tenants(Role role, string permissions) =>
        PermissionTable.Within(PermissionTable.Of(role), isHome: false).ShouldBe(permissions.Split(' '), ignoreOrder: true);

    [Fact]
    public void The_owner_may_do_everything() =>
        PermissionTable.Of(Role.Owner).ShouldBe(PermissionTable.All, ignoreOrder: true);

    [Theory]
    [InlineData(Role.Viewer)]
    [InlineData(Role.Auditor)]
    public void Who_only_looks_changes_nothing(Role role) =>
        // A bundle of evidence is a copy of what an auditor sees anyway.
        PermissionTable.Of(role).Where(static permission => permission != "evidence:create")
            .ShouldAllBe(permission => permission.EndsWith(":read", StringComparison.Ordinal));

    [Fact]
    public void Every_permission_says_what_it_means_and_is_there_once()
    {
        PermissionEntry.All.ShouldAllBe(entry => entry.Meaning.Length > 0);
        PermissionTable.All.Distinct(StringComparer.Ordinal).Count().ShouldBe(PermissionTable.All.Count);
    }
}
