using System.Globalization;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;

namespace CodexOS.Identity.Members;

/// <summary>
/// Finds people by a part of their address or name, in whatever case. SQLite, and PostgreSQL with some collations, lower only
/// the letters of ASCII in a name: the others have to be asked for as they may be written.
/// </summary>
internal static class NameSearch
{
    /// <summary>Those whose address or name has the text in it; everybody for a text that is empty.</summary>
    public static IQueryable<UserRow> Of(IQueryable<UserRow> users, string text)
    {
        var typed = text.Trim();
        var lower = EmailKey.Of(typed);
        if (lower.Length == 0) return users;
        var asTyped = AsLowered(typed);
        var asUpper = AsLowered(typed.ToUpperInvariant());
        var asTitle = AsLowered(CultureInfo.InvariantCulture.TextInfo.ToTitleCase(lower));
#pragma warning disable CA1304, CA1311, CA1862 // The database lowers it, and EF Core knows no other words for that.
        return users.Where(user => user.EmailKey.Contains(lower)
            || user.DisplayName.ToLower().Contains(lower)
            || user.DisplayName.ToLower().Contains(asTyped)
            || user.DisplayName.ToLower().Contains(asUpper)
            || user.DisplayName.ToLower().Contains(asTitle));
#pragma warning restore CA1304, CA1311, CA1862
    }

    /// <summary>A text as a database lowers it that knows the letters of ASCII only.</summary>
    private static string AsLowered(string text) =>
        string.Concat(text.Select(static c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : c));
}
