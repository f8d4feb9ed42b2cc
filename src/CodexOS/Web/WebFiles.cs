using System.Collections.Frozen;
using System.Collections.Immutable;

namespace CodexOS.Web;

/// <summary>
/// The built web UI, in memory. A page exported as <c>_.html</c> stands for every name in its folder: <c>/runs/_.html</c>
/// answers <c>/runs/&lt;id&gt;</c>.
/// </summary>
internal sealed class WebFiles
{
    private readonly FrozenDictionary<string, WebFile> _files;
    private readonly ImmutableArray<string> _dynamicFolders;

    private WebFiles(Dictionary<string, WebFile> files)
    {
        _files = files.ToFrozenDictionary(StringComparer.Ordinal);
        _dynamicFolders = [.. files.Keys
            .Where(url => url.EndsWith("/_.html", StringComparison.Ordinal))
            .Select(url => url[..^"_.html".Length])
            .OrderByDescending(folder => folder.Length)];
    }

    /// <summary>Whether the web UI was built.</summary>
    public bool Exist => _files.ContainsKey("/index.html");

    /// <summary>The page for addresses that lead nowhere.</summary>
    public WebFile? NotFoundPage => _files.GetValueOrDefault("/404.html");

    /// <summary>Reads all files of a directory; a directory that is not there has none.</summary>
    public static WebFiles Read(string root)
    {
        var files = new Dictionary<string, WebFile>(StringComparer.Ordinal);
        if (!Directory.Exists(root)) return new WebFiles(files);
        foreach (var path in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            var url = "/" + Path.GetRelativePath(root, path);
            if (WebFile.Read(path, url) is { } file) files[url] = file;
        }

        return new WebFiles(files);
    }

    /// <summary>The file that answers a path, or null.</summary>
    public WebFile? Find(string path)
    {
        if (path == "/") return _files.GetValueOrDefault("/index.html");
        if (_files.TryGetValue(path, out var file)) return file;
        if (_files.TryGetValue($"{path}.html", out file)) return file;
        foreach (var folder in _dynamicFolders)
        {
            if (path.Length > folder.Length && path.StartsWith(folder, StringComparison.Ordinal))
                return FindDynamic($"{folder}_", path[folder.Length..]);
        }

        return null;
    }

    /// <summary>What follows the folder is a name, a name with <c>.txt</c>, or a name and the framework's own files.</summary>
    private WebFile? FindDynamic(string page, string rest)
    {
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0) return _files.GetValueOrDefault(page + rest[slash..]);
        return rest.EndsWith(".txt", StringComparison.Ordinal)
            ? _files.GetValueOrDefault($"{page}.txt")
            : _files.GetValueOrDefault($"{page}.html");
    }
}
