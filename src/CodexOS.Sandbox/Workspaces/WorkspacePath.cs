using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>
/// A checked path inside a workspace: relative, in plain form, empty for the top. Links are refused on opening.
/// </summary>
internal readonly record struct WorkspacePath
{
    private const int BytesMax = 4_000;
    private const int NameBytesMax = 255;

    private WorkspacePath(string value) => Value = value;

    /// <summary>The names, joined by slashes.</summary>
    public string Value { get; }

    /// <summary>The last name, empty for the top.</summary>
    public string Name => Value[(Value.LastIndexOf('/') + 1)..];

    /// <summary>Everything before the last name.</summary>
    public string Parent => Value.LastIndexOf('/') is var at and > 0 ? Value[..at] : "";

    /// <summary>
    /// Whether the path is in a repository's own administration, which only git writes: settings and hooks there would be
    /// executed by whoever uses the repository next.
    /// </summary>
    public bool IsGitsOwn => Value.Split('/').Any(IsGitsOwnName);

    /// <summary>Whether a file or folder of this name is a repository's own administration.</summary>
    public static bool IsGitsOwnName(string name) =>
        name.TrimEnd(' ', '.').Equals(".git", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Checks a path that somebody wants to see or change; a repository's own administration is neither shown nor changed.
    /// </summary>
    public static Result<WorkspacePath> ParseShown(string? given)
    {
        if (!Parse(given).TryGet(out var path, out var fault)) return fault;
        return path.IsGitsOwn ? SandboxFaults.GitsOwn(path.Value) : path;
    }

    /// <summary>Checks a path as it was given; null and <c>.</c> are the top.</summary>
    public static Result<WorkspacePath> Parse(string? given)
    {
        var path = given ?? "";
        if (path.Contains('\0', StringComparison.Ordinal)) return SandboxFaults.BadPath(path, "contains a zero byte");
        if (path.StartsWith('/')) return SandboxFaults.BadPath(path, "is absolute");
        if (Encoding.UTF8.GetByteCount(path) > BytesMax) return SandboxFaults.BadPath(path, "is too long");
        var names = path.Split('/').Where(name => name is not ("" or ".")).ToList();
        if (names.Contains("..")) return SandboxFaults.BadPath(path, "leads upwards");
        if (names.Any(name => Encoding.UTF8.GetByteCount(name) > NameBytesMax))
            return SandboxFaults.BadPath(path, "has a name that is too long");
        return new WorkspacePath(string.Join('/', names));
    }

    public override string ToString() => Value;
}
