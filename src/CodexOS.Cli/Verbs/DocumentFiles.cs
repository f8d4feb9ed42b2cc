using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>The files that are meant by paths of a command line.</summary>
internal static class DocumentFiles
{
    private const int FilesMax = 100_000;

    /// <summary>Files, each with the name that it gets as a document: its path from the folder that was named.</summary>
    public static IReadOnlyList<(string Path, string Document)> Find(string directory, IReadOnlyList<string> paths)
    {
        var files = new List<(string, string)>();
        foreach (var path in paths)
        {
            var full = Path.GetFullPath(Path.Combine(directory, path));
            if (File.Exists(full)) files.Add((full, Path.GetFileName(full)));
            else if (Directory.Exists(full)) files.AddRange(In(full));
            else throw new CodexOSException("cli.no_file", FaultKind.NotFound, $"There is no file or folder {path}.");
            if (files.Count > FilesMax)
                throw new CodexOSException("cli.too_many_files", FaultKind.TooLarge, $"These are more than {FilesMax} files. Add them in parts.");
        }

        if (files.Count == 0) throw new CodexOSException("cli.no_files", FaultKind.Invalid, "There are no files in there.");
        return files;
    }

    /// <summary>Pairs <c>key=value</c>, by key.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Pairs(IReadOnlyList<string> texts)
    {
        var pairs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0) throw new CodexOSException("cli.bad_pair", FaultKind.Invalid, $"Write KEY=VALUE, not '{text}'.");
            pairs[text[..at]] = [.. pairs.GetValueOrDefault(text[..at], []), text[(at + 1)..]];
        }

        return pairs;
    }

    private static IEnumerable<(string, string)> In(string folder)
    {
        var walk = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            // Links may lead anywhere, also in circles.
            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden,
        };
        return Directory.EnumerateFiles(folder, "*", walk).Order(StringComparer.Ordinal)
            .Select(path => (path, Path.GetRelativePath(folder, path)))
            .Where(static file => !file.Item2.Split('/').Any(static part => part.StartsWith('.')));
    }
}
