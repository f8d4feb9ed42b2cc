using System.Text;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>Reads what authors write: a file, or the standard input.</summary>
internal static class YamlFile
{
    private const long SizeMax = 1024 * 1024;

    public static async Task<string> ReadAsync(Terminal terminal, string name, CancellationToken cancellationToken)
    {
        if (name == "-") return await LimitedText.ReadAsync(terminal.In, (int)SizeMax, cancellationToken);
        var file = new FileInfo(Path.Combine(terminal.Directory, name));
        if (!file.Exists)
            throw new CodexOSException("cli.no_such_file", FaultKind.NotFound, $"There is no file {name}.");
        if (file.Length > SizeMax)
            throw new CodexOSException("cli.file_too_large", FaultKind.TooLarge, $"{name} is larger than 1 MB.");
        return await File.ReadAllTextAsync(file.FullName, Encoding.UTF8, cancellationToken);
    }
}
