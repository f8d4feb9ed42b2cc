using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>What <c>codexos apply --json</c> prints.</summary>
internal sealed record AppliedList(IReadOnlyList<Applied> Items);

/// <summary>What became of one definition.</summary>
internal sealed record Applied(string File, AgentVersion? Version, AppliedError? Error);

/// <summary>Why a definition was refused.</summary>
internal sealed record AppliedError(
    string Code, string Message, int? Line, int? Column, IReadOnlyDictionary<string, IReadOnlyList<string>> Errors);

/// <summary><c>codexos apply -f</c>: makes agents of definitions. A refused one does not stop the others.</summary>
internal static class ApplyVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var files = new Option<string[]>("--file", "-f")
        {
            Description = "A YAML file, a folder of them, or - for the standard input; can be repeated",
            HelpName = "FILE",
            Required = true,
        };
        var project = CommonOptions.InProject();
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("apply", "Make agents, or new versions of them, of YAML definitions")
        {
            files,
            project,
            json,
            url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var names = parsed.GetRequiredValue(files).SelectMany(name => FilesOf(terminal, name)).ToList();
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var applied = new List<Applied>();
            var exitCode = 0;
            foreach (var name in names)
            {
                try
                {
                    var version = await client.ApplyAgentAsync(
                        await YamlFile.ReadAsync(terminal, name, cancellationToken), parsed.GetValue(project), cancellationToken);
                    applied.Add(new Applied(name, version, null));
                    if (!parsed.GetValue(json)) Show(terminal.OutScreen, version);
                }
                catch (CodexOSException e) when (e.Kind is FaultKind.Invalid or FaultKind.TooLarge)
                {
                    if (exitCode == 0) exitCode = e.Kind.ExitCode();
                    var error = new AppliedError(e.Code, e.Message, e.Line, e.Column, e.Errors);
                    applied.Add(new Applied(name, null, error));
                    if (!parsed.GetValue(json)) Errors.Show(terminal.ErrorScreen, Placed(name, e), client.Server);
                }
            }

            if (parsed.GetValue(json)) CliJson.Print(terminal, new AppliedList(applied), CliJson.Documents.AppliedList);
            return exitCode;
        });
        return command;
    }

    private static void Show(Screen screen, AgentVersion version) => screen.Line(
        (version.Changed ? "✓ " : "= ", version.Changed ? Tone.Good : Tone.Dim),
        (PlainText.LineOf(version.Name), Tone.Bold),
        ($" version {version.Version} {(version.Changed ? "created" : "unchanged")}", Tone.Plain));

    // As compilers do, so that editors and terminals can jump to the place.
    private static CodexOSException Placed(string file, CodexOSException e)
    {
        var name = file == "-" ? "<stdin>" : file;
        var place = (e.Line, e.Column) switch
        {
            ({ } line, { } column) => $"{name}:{line}:{column}",
            ({ } line, null) => $"{name}:{line}",
            _ => name,
        };
        return new CodexOSException(e.Code, e.Kind, $"{place}: {e.Message}", e)
        {
            Errors = e.Errors,
            TraceId = e.TraceId,
        };
    }

    private static List<string> FilesOf(Terminal terminal, string name)
    {
        if (name == "-") return [name];
        var path = Path.Combine(terminal.Directory, name);
        if (!Directory.Exists(path)) return [name];
        var files = Directory.EnumerateFiles(path)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal)
            .Select(file => Path.Combine(name, Path.GetFileName(file)))
            .ToList();
        return files.Count > 0
            ? files
            : throw new CodexOSException(
                "cli.nothing_to_apply", FaultKind.NotFound, $"There is no .yaml or .yml file in the folder {name}.");
    }
}
