namespace CodexOS.Identity.Contracts;

/// <summary>
/// What a member is in a tenant. What each role may do is in one table, <c>Permissions/PermissionTable.cs</c>.
/// </summary>
public enum Role
{
    /// <summary>Everything, always.</summary>
    Owner,

    /// <summary>Runs the installation for everybody.</summary>
    Admin,

    /// <summary>Writes agents and runs them.</summary>
    Developer,

    /// <summary>Runs what others wrote, and decides approvals.</summary>
    Operator,

    /// <summary>Looks.</summary>
    Viewer,

    /// <summary>Looks at everything, including the system, and changes nothing.</summary>
    Auditor,
}
