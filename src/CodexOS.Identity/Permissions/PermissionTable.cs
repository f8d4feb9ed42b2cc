using System.Collections.Frozen;
using System.Diagnostics;
using CodexOS.Identity.Contracts;

namespace CodexOS.Identity.Permissions;

/// <summary>
/// The one table of who may do what. Endpoints name a permission, a session carries a role, and this table is all that
/// lies between. The owner holds every permission, also those that are added later; but what concerns all tenants is held in
/// the installation's first tenant only.
/// </summary>
internal static class PermissionTable
{
    private const Roles Everyone = Roles.Admin | Roles.Developer | Roles.Operator | Roles.Viewer | Roles.Auditor;
    private const Roles Makers = Roles.Admin | Roles.Developer;
    private const Roles Workers = Makers | Roles.Operator;

    private static readonly (string Permission, Roles Roles)[] Rows =
    [
        ("agents:read", Everyone),
        ("agents:write", Makers),
        ("runs:read", Everyone),
        ("runs:start", Workers),
        ("runs:approve", Workers),
        ("runs:cancel", Workers),
        ("runs:control", Workers),
        ("runs:signal", Workers),
        ("workspaces:read", Everyone),
        ("workspaces:write", Workers),
        ("tools:read", Everyone),
        ("connections:read", Everyone),
        ("connections:write", Roles.Admin),
        ("policy:read", Everyone),
        ("policy:write", Roles.Admin),
        ("system:read", Workers | Roles.Auditor),
        ("quotas:read", Everyone),
        ("quotas:write", Roles.None),
        ("tenants:read", Roles.Admin | Roles.Auditor),
        ("tenants:write", Roles.None),
        ("service:write", Roles.Admin),
        ("audit:read", Roles.Admin | Roles.Auditor),
        ("secrets:read", Workers | Roles.Auditor),
        ("secrets:write", Roles.Admin),
        ("secrets:reveal", Roles.None),
        ("keys:read", Roles.Admin | Roles.Auditor),
        ("keys:rotate", Roles.Admin),
    ];

    /// <summary>What concerns all tenants, and is for members of the installation's first tenant only.</summary>
    private static readonly FrozenSet<string> OfInstallation =
        ((string[])["quotas:write", "tenants:read", "tenants:write", "service:write"]).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Role, FrozenSet<string>> ByRole = Enum.GetValues<Role>()
        .ToFrozenDictionary(role => role, role => Rows
            .Where(row => role is Role.Owner || row.Roles.HasFlag(FlagOf(role)))
            .Select(row => row.Permission)
            .ToFrozenSet(StringComparer.Ordinal));

    private static readonly FrozenDictionary<Role, FrozenSet<string>> ByRoleElsewhere = ByRole.ToFrozenDictionary(
        pair => pair.Key,
        pair => pair.Value.Except(OfInstallation).ToFrozenSet(StringComparer.Ordinal));

    /// <summary>Every permission there is, in the table's order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Rows.Select(row => row.Permission)];

    /// <summary>What a role may do in the first tenant, to which the installation belongs.</summary>
    public static FrozenSet<string> Of(Role role) => ByRole[role];

    /// <summary>What a role may do in a tenant.</summary>
    /// <param name="role">The role.</param>
    /// <param name="isHome">Whether it is the first tenant.</param>
    public static FrozenSet<string> Of(Role role, bool isHome) => isHome ? ByRole[role] : ByRoleElsewhere[role];

    private static Roles FlagOf(Role role) => role switch
    {
        Role.Owner => Roles.None,
        Role.Admin => Roles.Admin,
        Role.Developer => Roles.Developer,
        Role.Operator => Roles.Operator,
        Role.Viewer => Roles.Viewer,
        Role.Auditor => Roles.Auditor,
        _ => throw new UnreachableException($"The role {role} is missing from the permission table."),
    };

    /// <summary>The columns of the table. The owner needs none.</summary>
    [Flags]
    private enum Roles
    {
        None = 0,
        Admin = 1,
        Developer = 2,
        Operator = 4,
        Viewer = 8,
        Auditor = 16,
    }
}
