using System.Text.Json;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Http;

namespace CodexOS.Identity.SingleSignOn.Connections;

/// <summary>Which role somebody's groups at the provider give: pure code.</summary>
internal static class GroupRoles
{
    /// <summary>The list as it is stored.</summary>
    public static string Write(IReadOnlyList<GroupRole> roles) => JsonSerializer.Serialize(roles, Json.Options);

    public static IReadOnlyList<GroupRole> Read(string stored) =>
        JsonSerializer.Deserialize<IReadOnlyList<GroupRole>>(stored, Json.Options) ?? [];

    /// <summary>Whether a connection gives somebody a role.</summary>
    public static bool Gives(SsoConnectionRow connection, string role) =>
        connection.DefaultRole == role || Read(connection.GroupRoles).Any(entry => entry.Role == role);

    /// <summary>The role of the first entry whose group somebody is in, else the default; null refuses them.</summary>
    public static string? RoleOf(IReadOnlyList<GroupRole> roles, IReadOnlySet<string> groups, string? defaultRole) =>
        roles.FirstOrDefault(entry => groups.Contains(entry.Group))?.Role ?? defaultRole;
}
