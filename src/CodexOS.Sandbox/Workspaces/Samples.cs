using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>A sample that workspaces can be made of.</summary>
/// <param name="Name">Its name: lowercase letters, digits and dashes.</param>
/// <param name="Title">What people call it: the heading of its README.</param>
/// <param name="Description">The first paragraph of its README.</param>
public sealed record Sample(string Name, string Title, string Description);

/// <summary>The samples that come with CodexOS: each a folder with a README.</summary>
internal sealed class Samples(IOptions<SandboxOptions> options)
{
    private const int ReadmeLinesMax = 200;
    private const int LevelsMax = 6;
    private readonly string? _root = options.Value.SamplesPath ?? FindRoot();

    /// <summary>All of them, by name.</summary>
    public IReadOnlyList<Sample> All => _root is null || !Directory.Exists(_root)
        ? []
        : [.. Directory.EnumerateDirectories(_root).Select(Path.GetFileName).OfType<string>()
            .Where(IsName).Order(StringComparer.Ordinal).Select(Describe)];

    /// <summary>The folder of one of them, or null.</summary>
    public string? PathOf(string name) =>
        _root is not null && IsName(name) && Directory.Exists(Path.Combine(_root, name)) ? Path.Combine(_root, name) : null;

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 60 && name.All(letter =>
            char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    private Sample Describe(string name)
    {
        var readme = Path.Combine(_root!, name, "README.md");
        var lines = File.Exists(readme) ? File.ReadLines(readme).Take(ReadmeLinesMax).ToList() : [];
        var title = lines.FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim();
        var paragraph = lines.SkipWhile(line => line.Length == 0 || line.StartsWith('#')).TakeWhile(line => line.Length > 0);
        return new Sample(name, title ?? name, string.Join(' ', paragraph).Replace("`", "", StringComparison.Ordinal));
    }

    /// <summary>Beside the program when installed; above it when run from a source tree.</summary>
    private static string? FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        for (var level = 0; level < LevelsMax && at is not null; level++, at = at.Parent)
        {
            var candidate = Path.Combine(at.FullName, "samples");
            if (Directory.Exists(candidate)) return candidate;
        }

        return null;
    }
}
