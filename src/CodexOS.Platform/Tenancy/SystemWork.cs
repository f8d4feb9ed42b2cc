using System.Text.RegularExpressions;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Work that has to look past one tenant, by name: finding out whom a sign-in belongs to, taking up the runs of a dead node.
/// PostgreSQL is told the name with every statement, and the policies of a table say which works may do what to its rows.
/// A name that no policy knows sees nothing.
/// </summary>
public sealed partial class SystemWork
{
    /// <summary>Names a work.</summary>
    /// <param name="name">The module and what it does, as in <c>identity.sign_in</c>.</param>
    /// <exception cref="ArgumentException">The name is not of that form.</exception>
    public SystemWork(string name)
    {
        if (!Form().IsMatch(name)) throw new ArgumentException("A work is named as in identity.sign_in.", nameof(name));
        Name = name;
    }

    /// <summary>The name, as the policies have it.</summary>
    public string Name { get; }

    /// <inheritdoc />
    public override string ToString() => Name;

    [GeneratedRegex("^[a-z]+\\.[a-z_]+$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Form();
}
