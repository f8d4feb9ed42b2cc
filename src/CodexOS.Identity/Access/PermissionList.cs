using System.Collections.Frozen;
using CodexOS.Identity.Permissions;

namespace CodexOS.Identity.Access;

/// <summary>Permissions as they are stored: by name, sorted, with a space between.</summary>
internal static class PermissionList
{
    public static string Write(IEnumerable<string> permissions) =>
        string.Join(' ', permissions.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    /// <summary>What is stored and still exists; a permission that was dropped from the table gives nothing.</summary>
    public static FrozenSet<string> Read(string stored) => stored
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Where(PermissionTable.Has)
        .ToFrozenSet(StringComparer.Ordinal);
}
