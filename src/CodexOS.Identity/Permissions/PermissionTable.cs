using System.Collections.Frozen;
using System.Diagnostics;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Identity.Permissions;

/// <summary>
/// The one table of who may do what. Endpoints name a permission, a session carries a role, and this table is all that
/// lies between. A tenant's own roles are made of the same permissions. The owner holds every permission, also those that
/// are added later; but what concerns all tenants is held in the installation's first tenant only.
/// </summary>
internal static class PermissionTable
{
    private const Roles Everyone = Roles.Admin | Roles.Developer | Roles.Operator | Roles.Viewer | Roles.Auditor;
    private const Roles Makers = Roles.Admin | Roles.Developer;
    private const Roles Workers = Makers | Roles.Operator;
    private const Roles Overseers = Roles.Admin | Roles.Auditor;

    private static readonly Row[] Rows =
    [
        new("agents:read", Everyone, "See agents, their definitions and versions", ResourceKinds.Agent),
        new("agents:write", Makers, "Apply definitions: make agents and new versions of them"),
        new("runs:read", Everyone, "See runs, their events, and what they ask for", ResourceKinds.Agent),
        new("runs:start", Workers, "Start runs of agents, and fork runs", ResourceKinds.Agent),
        new("runs:approve", Workers, "Decide what runs ask for, also in advance, and steps in doubt", ResourceKinds.Agent),
        new("runs:cancel", Workers, "End runs", ResourceKinds.Agent),
        new("runs:control", Workers, "Pause, resume, steer, retry, roll back and upgrade runs", ResourceKinds.Agent),
        new("runs:signal", Workers, "Send runs what they wait for", ResourceKinds.Agent),
        new("workspaces:read", Everyone, "See the files of workspaces, and take them home", ResourceKinds.Workspace),
        new("workspaces:write", Workers, "Make workspaces and change files in them", ResourceKinds.Workspace),
        new("knowledge:read", Everyone, "Search knowledge bases and read their documents", ResourceKinds.Knowledge),
        new("knowledge:write", Workers, "Make knowledge bases, and add, change and delete documents", ResourceKinds.Knowledge),
        new("projects:read", Everyone, "See projects, who belongs to them and what lies in them", ResourceKinds.Project),
        new("projects:write", Roles.Admin, "Make, change and delete projects, with members and things", ResourceKinds.Project),
        new("tools:read", Everyone, "See the tools that agents can be given"),
        new("connections:read", Everyone, "See sources of tools", ResourceKinds.Connection),
        new("connections:write", Roles.Admin, "Set up, change and remove sources of tools", ResourceKinds.Connection),
        new("policy:read", Everyone, "See and try the policy of the gate, and see whether the semantic cache is on"),
        new("policy:write", Roles.Admin, "Apply another policy, and switch the semantic cache"),
        new("system:read", Workers | Roles.Auditor, "See the state of the server, its nodes and measurements"),
        new("audit:read", Overseers, "Read, verify and export the audit log"),
        new("evidence:read", Roles.Auditor, "See and download bundles of evidence about the tenant, with its members and changes"),
        new("evidence:create", Roles.Auditor, "Make such bundles"),
        new("members:read", Overseers, "See members and open invitations, with their email addresses"),
        new("members:write", Roles.Admin, "Invite people, give them other roles, disable and remove them"),
        new("roles:read", Everyone, "See roles and what each may do"),
        new("roles:write", Roles.Admin, "Make, change and delete the tenant's own roles"),
        new("access:read", Overseers, "See grants, ask who can do what, and export the access review"),
        new("access:write", Roles.Admin, "Grant permissions on single things, and take them back"),
        new("api_keys:write", Workers, "Make API keys for oneself"),
        new("api_keys:manage", Roles.Admin, "See and revoke everybody's API keys"),
        new("service_accounts:read", Overseers, "See service accounts and their keys"),
        new("service_accounts:write", Roles.Admin, "Make and change service accounts, and make keys for them"),
        new("clients:read", Overseers, "See OAuth clients: programs that people can let act for them"),
        new("clients:write", Roles.Admin, "Register and delete OAuth clients"),
        new("security:read", Overseers, "See what the tenant asks of a sign-in"),
        new("security:write", Roles.Admin, "Decide whether members need a second factor"),
        new("sso:read", Overseers, "See single sign-on connections and their domains, never their secrets"),
        new("sso:write", Roles.None, "Set up single sign-on, and so decide who signs in as whom"),
        new("scim:provision", Roles.None, "Make, change and remove members and groups as an identity provider does (SCIM)"),
        new("secrets:read", Workers | Roles.Auditor, "See the names of secrets, never their values"),
        new("secrets:write", Roles.Admin, "Set and remove secrets"),
        new("secrets:reveal", Roles.None, "See the values of secrets; each look is in the audit log"),
        new("keys:read", Overseers, "See the keys that secrets are sealed under, never the keys themselves"),
        new("keys:rotate", Roles.Admin, "Replace those keys"),
        new("privacy:read", Overseers, "See exports and erasures of persons' data, legal holds, and how long data is kept"),
        new("privacy:export", Roles.Admin, "Export all data of a person, and download it"),
        new("privacy:erase", Roles.None, "Erase a person for good"),
        new("holds:write", Roles.Admin, "Place and lift legal holds"),
        new("retention:write", Roles.None, "Set how long data is kept"),
        new("quotas:read", Everyone, "See what the tenant may use, and what it uses"),
        new("quotas:write", Roles.None, "Set what a tenant may use", OfAllTenants: true),
        new("tenants:read", Overseers, "See the tenants of the installation", OfAllTenants: true),
        new("tenants:write", Roles.None, "Make, disable and enable tenants", OfAllTenants: true),
        new("service:write", Roles.Admin, "Turn requests away for maintenance", OfAllTenants: true),
    ];

    private static readonly FrozenDictionary<Role, FrozenSet<string>> ByRole = Enum.GetValues<Role>()
        .ToFrozenDictionary(role => role, role => Rows
            .Where(row => Holds(role, row))
            .Select(row => row.Permission)
            .ToFrozenSet(StringComparer.Ordinal));

    private static readonly FrozenSet<string> OfOneTenant =
        Rows.Where(row => !row.OfAllTenants).Select(row => row.Permission).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, Row> ByName =
        Rows.ToFrozenDictionary(row => row.Permission, StringComparer.Ordinal);

    private static readonly FrozenDictionary<Role, FrozenSet<string>> OnThingsByRole =
        ByRole.ToFrozenDictionary(role => role.Key, role => OnThings(role.Value));

    /// <summary>Every permission there is, in the table's order.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Rows.Select(row => row.Permission)];

    /// <summary>The table as it is shown to people.</summary>
    public static IReadOnlyList<PermissionEntry> Entries { get; } =
    [
        .. Rows.Select(row => new PermissionEntry(
            row.Permission, row.Meaning, row.Kind, [.. Enum.GetValues<Role>().Where(role => Holds(role, row))])),
    ];

    /// <summary>What a role may do, in the first tenant.</summary>
    public static FrozenSet<string> Of(Role role) => ByRole[role];

    /// <summary>What a role may do with the things of a project: as much of it as can be granted on single things.</summary>
    public static FrozenSet<string> OnThings(Role role) => OnThingsByRole[role];

    /// <summary>As much of permissions as can be granted on single things.</summary>
    public static FrozenSet<string> OnThings(IEnumerable<string> permissions) =>
        permissions.Where(static permission => KindOf(permission) is not null).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All that can be granted on one thing of a kind.</summary>
    public static IEnumerable<string> OnKind(string kind) =>
        Rows.Where(row => row.Kind == kind).Select(static row => row.Permission);

    /// <summary>What is left of permissions in a tenant: what concerns all tenants is held in the first one only.</summary>
    public static FrozenSet<string> Within(FrozenSet<string> permissions, bool isHome) =>
        isHome || permissions.IsSubsetOf(OfOneTenant)
            ? permissions
            : permissions.Where(OfOneTenant.Contains).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether there is such a permission.</summary>
    public static bool Has(string permission) => ByName.ContainsKey(permission);

    /// <summary>What a permission lets somebody do, in words; null if there is none of that name.</summary>
    public static string? MeaningOf(string permission) => ByName.GetValueOrDefault(permission)?.Meaning;

    /// <summary>The kind of thing on which a permission can be granted one by one; null if it is all or nothing.</summary>
    public static string? KindOf(string permission) => ByName.GetValueOrDefault(permission)?.Kind;

    private static bool Holds(Role role, Row row) => role is Role.Owner || row.Roles.HasFlag(FlagOf(role));

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

    /// <param name="Kind">
    /// The kind of thing on which it can be granted one by one. Every endpoint that asks for such a permission and is about
    /// one thing names that thing in its address; a test holds the endpoints to it.
    /// </param>
    /// <param name="OfAllTenants">Whether it concerns all tenants, and so is for members of the first tenant only.</param>
    private sealed record Row(
        string Permission, Roles Roles, string Meaning, string? Kind = null, bool OfAllTenants = false);

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
