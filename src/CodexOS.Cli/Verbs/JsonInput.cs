using System.CommandLine;
using System.Text.Json;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>JSON on the command line: as it is, as <c>@FILE</c>, or as <c>@-</c> for the standard input.</summary>
internal static class JsonInput
{
    private const int LengthMax = 1024 * 1024;

    public static Option<string?> Option(string name, string description) => new(name)
    {
        Description = $"{description}: JSON, @FILE or @- for the standard input",
        HelpName = "JSON|@FILE",
    };

    /// <summary>Reads what an option was given, or null if it was not.</summary>
    /// <exception cref="CodexOSException">The file is not there, or it is not JSON.</exception>
    public static async Task<JsonElement?> ReadAsync(
        Terminal terminal, string option, string? given, CancellationToken cancellationToken)
    {
        if (given is null) return null;
        var text = given.StartsWith('@') ? await ReadFileAsync(terminal, given[1..], cancellationToken) : given;
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CodexOSException(
                "cli.bad_json",
                FaultKind.Invalid,
                $"What {option} was given is not JSON: {e.Message} A text needs its quotes: '\"text\"'.",
                e);
        }
    }

    private static async Task<string> ReadFileAsync(Terminal terminal, string path, CancellationToken cancellationToken)
    {
        if (path == "-") return await LimitedText.ReadAsync(terminal.In, LengthMax, cancellationToken);
        try
        {
            using var file = File.OpenText(Path.Combine(terminal.Directory, path));
            return await LimitedText.ReadAsync(file, LengthMax, cancellationToken);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CodexOSException("cli.no_such_file", FaultKind.NotFound, $"There is no file {path}.", e);
        }
    }
}
