using CodexOS.Identity.Permissions;

namespace CodexOS.Identity.Contracts;

/// <summary>A line of the permission table.</summary>
/// <param name="Permission">The permission, as <c>resource:action</c>.</param>
/// <param name="Meaning">What it lets somebody do.</param>
/// <param name="ResourceKind">The kind of thing on which it can be granted one by one; null if it cannot.</param>
/// <param name="Roles">The built-in roles that hold it.</param>
public sealed record PermissionEntry(
    string Permission, string Meaning, string? ResourceKind, IReadOnlyList<Role> Roles)
{
    /// <summary>The whole table, in its order; the page of permissions is made from it.</summary>
    public static IReadOnlyList<PermissionEntry> All => PermissionTable.Entries;
}
