using System.Text.RegularExpressions;
using CodexOS.Identity.Contracts;

namespace CodexOS.Identity.Access;

/// <summary>Roles are named by words everywhere: <c>developer</c> is built in, <c>release-manager</c> is a tenant's.</summary>
internal static partial class RoleNames
{
    /// <summary>What names of roles and service accounts look like.</summary>
    public const string Pattern = "^[a-z][a-z0-9-]{1,39}$";

    /// <summary>The same in words.</summary>
    public const string PatternInWords = "2 to 40 lowercase letters, digits and hyphens, beginning with a letter";

    public static bool AreWellFormed(string name) => WellFormed().IsMatch(name);

    public static string Of(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>The built-in role of a name, or null.</summary>
    public static Role? BuiltIn(string name)
    {
        foreach (var role in Enum.GetValues<Role>())
            if (Of(role) == name) return role;
        return null;
    }

    [GeneratedRegex(Pattern, RegexOptions.NonBacktracking)]
    private static partial Regex WellFormed();
}
