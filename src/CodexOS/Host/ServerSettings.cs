using System.Globalization;
using System.Text;
using CodexOS.Cli.Contracts;
using CodexOS.Platform.Storage;

namespace CodexOS.Host;

/// <summary>Puts the configuration together: file, then environment, then command line.</summary>
internal static class ServerSettings
{
    /// <summary>Reads the configuration; later sources win.</summary>
    public static void AddTo(IConfigurationBuilder configuration, ServeOptions options)
    {
        configuration
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true, reloadOnChange: false)
            .AddEnvironmentVariables("CODEXOS__")
            // Of a setting that is given twice, the last one wins.
            .AddInMemoryCollection(FromCommandLine(options)
                .GroupBy(setting => setting.Key, StringComparer.OrdinalIgnoreCase)
                .Select(settings => settings.Last()));
    }

    private static IEnumerable<KeyValuePair<string, string?>> FromCommandLine(ServeOptions options)
    {
        foreach (var (key, value) in options.Settings)
            yield return new(key.Replace("__", ":", StringComparison.Ordinal), value);
        if (options.Url is { } url) yield return new($"{ServerOptions.Section}:Url", url.GetLeftPart(UriPartial.Authority));
        if (options.Data is { } data) yield return new($"{ServerOptions.Section}:Data", data);
        if (options.Roles is { Count: > 0 } roles) yield return new($"{ServerOptions.Section}:Role", string.Join(',', roles));
    }

    /// <summary>Opens the data directory and takes it for this process.</summary>
    /// <exception cref="StartRefusedException">It cannot be written to, or another server works in it.</exception>
    public static (DataDirectory Data, FileStream Lock) OpenData(ServerOptions options)
    {
        var path = Path.GetFullPath(options.Data ?? DefaultData());
        try
        {
            var data = new DataDirectory(path, options.Shared);
            return (data, TakeLock(data));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException or NotSupportedException)
        {
            throw new StartRefusedException(
                $"The data directory {path} cannot be used: {error.Message} Choose another: codexos serve --data DIRECTORY");
        }
    }

    private static FileStream TakeLock(DataDirectory data)
    {
        var path = data.In("server.lock");
        try
        {
            // Held for as long as the process lives; the kernel lets go of it whatever way the process ends.
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            WriteLock(file, null);
            return file;
        }
        catch (IOException)
        {
            throw new StartRefusedException(
                $"Another CodexOS server works in {data.Path}. Stop it (./run down), or choose another directory with --data.");
        }
    }

    /// <summary>Says in the lock file which process holds it, and where that process listens.</summary>
    public static void WriteLock(FileStream file, string? url)
    {
        file.SetLength(0);
        file.Write(Encoding.ASCII.GetBytes($"{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}\n{url}\n"));
        file.Flush();
    }

    private static string DefaultData()
    {
        if (File.Exists("CodexOS.slnx")) return "data";
        var home = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return Path.Combine(home, "codexos");
    }
}
