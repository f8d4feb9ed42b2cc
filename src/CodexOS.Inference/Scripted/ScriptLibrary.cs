using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;

namespace CodexOS.Inference.Scripted;

/// <summary>
/// The scripts: those in the data directory's <c>scripts</c> folder, then those that come with CodexOS. A file there is
/// read again when it has changed.
/// </summary>
internal sealed partial class ScriptLibrary(DataDirectory data)
{
    private const int CachedMax = 200;
    private const int ListedMax = 20;
    private const string ResourcePrefix = "scripts/";
    private const string Extension = ".yaml";

    private readonly ConcurrentDictionary<string, (DateTime ChangedAt, long SizeBytes, Result<Script> Script)> _cache =
        new(StringComparer.Ordinal);

    /// <summary>The names of all scripts, at most a screenful.</summary>
    public IReadOnlyList<string> Names =>
    [
        .. typeof(ScriptLibrary).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => name[ResourcePrefix.Length..^Extension.Length])
            .Concat(Directory.Exists(Folder)
                ? Directory.EnumerateFiles(Folder, "*" + Extension)
                    .Select(Path.GetFileNameWithoutExtension)
                    .OfType<string>()
                : [])
            .Where(name => PlainName().IsMatch(name))
            .Distinct(StringComparer.Ordinal)
            .Take(ListedMax)
            .Order(StringComparer.Ordinal),
    ];

    private string Folder => data.InShared("scripts");

    /// <summary>Finds a script by name and reads it.</summary>
    public Result<Script> Find(string name)
    {
        if (!PlainName().IsMatch(name))
        {
            return Unknown(name);
        }

        try
        {
            var file = new FileInfo(Path.Combine(Folder, name + Extension));
            return file.Exists ? FromFile(name, file) : FromResource(name);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "inference.bad_script",
                FaultKind.Unavailable,
                $"The script '{name}' in the data directory cannot be read: {unreadable.Message}");
        }
    }

    private Result<Script> FromFile(string name, FileInfo file)
    {
        if (_cache.TryGetValue(name, out var cached)
            && cached.ChangedAt == file.LastWriteTimeUtc
            && cached.SizeBytes == file.Length)
        {
            return cached.Script;
        }

        // A file that is far too large is refused by its length, before it is read.
        var yaml = file.Length > 4 * ScriptReader.LengthMax
            ? new string(' ', ScriptReader.LengthMax + 1)
            : File.ReadAllText(file.FullName);
        return Keep(name, file.LastWriteTimeUtc, file.Length, ScriptReader.Read(name, yaml));
    }

    private Result<Script> FromResource(string name)
    {
        var resource = ResourcePrefix + name + Extension;
        if (_cache.TryGetValue(resource, out var cached))
        {
            return cached.Script;
        }

        using var stream = typeof(ScriptLibrary).Assembly.GetManifestResourceStream(resource);
        if (stream is null)
        {
            return Unknown(name);
        }

        using var reader = new StreamReader(stream);
        return Keep(resource, default, stream.Length, ScriptReader.Read(name, reader.ReadToEnd()));
    }

    private Result<Script> Keep(string key, DateTime changedAt, long sizeBytes, Result<Script> script)
    {
        if (_cache.Count >= CachedMax)
        {
            _cache.Clear();
        }

        _cache[key] = (changedAt, sizeBytes, script);
        return script;
    }

    private Fault Unknown(string name) => new(
        "inference.unknown_model",
        FaultKind.Invalid,
        $"There is no script '{name}'. There are: {string.Join(", ", Names)}. Put your own into scripts/<name>.yaml in "
        + "the data directory.");

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,79}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PlainName();
}
