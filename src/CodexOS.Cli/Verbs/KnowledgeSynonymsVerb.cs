using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb synonyms</c>: shows what else the searches of a knowledge base look for, or changes it.</summary>
internal static class KnowledgeSynonymsVerb
{
    private const string Example = """{ "rules": ["laptop, notebook"] }""";

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "Rules to put in place of those that it has, one a line: \"laptop, notebook\" both ways, "
                + "\"k8s => kubernetes ^0.8\" one way and with a weight, # for remarks; or JSON like --json prints it; - for the "
                + "standard input",
            HelpName = "FILE",
        };
        var clear = new Option<bool>("--clear") { Description = "Take all rules away" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("synonyms", "Show the synonyms of a knowledge base, or give it others")
        {
            name, file, clear, json, url,
        };
        TuningOptions.OneOf(command, file, clear);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, isJson) = (parsed.GetRequiredValue(name), parsed.GetValue(json));
            IReadOnlyList<string>? rules = parsed.GetValue(file) is { } path
                ? RulesOf(path, await YamlFile.ReadAsync(terminal, path, cancellationToken))
                : parsed.GetValue(clear) ? [] : null;
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var now = rules is null
                ? await client.GetSynonymsAsync(wanted, cancellationToken)
                : await client.SetSynonymsAsync(wanted, rules, cancellationToken);
            if (isJson) CliJson.Print(terminal, now, CliJson.Documents.KnowledgeSynonyms);
            else if (rules is not null) Tell(terminal, wanted, now);
            else if (now.Rules.Count == 0)
                terminal.ErrorScreen.Line($"There are none. Give it some with \"codexos kb synonyms {wanted} --file FILE\".");
            else foreach (var rule in now.Rules) terminal.Out.WriteLine(PlainText.LineOf(rule));
            return 0;
        });
        return command;
    }

    private static void Tell(Terminal terminal, string name, KnowledgeSynonyms now)
    {
        var count = now.Rules.Count(static rule => rule.Length > 0 && rule[0] != '#');
        terminal.OutScreen.Line(
            count == 0 ? $"✓ {name} has no synonyms any more." : $"✓ {name} has {Format.Plural(count, "rule")} of synonyms.", Tone.Good);
    }

    /// <summary>The rules of a file; no rule begins as JSON does.</summary>
    private static IReadOnlyList<string> RulesOf(string path, string text) =>
        text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n') is ['{' or '[', ..]
        ? TuningFiles.Read(path, text, CliJson.Documents.SynonymsFile, "cli.bad_synonyms", "synonyms", Example)?.Rules ?? []
        : LinesOf(text);

    /// <summary>The lines, so that the number of a rule is that of its line; what is empty at the end is no rule.</summary>
    private static List<string> LinesOf(string text) =>
        [.. text.ReplaceLineEndings("\n").TrimStart('\uFEFF').TrimEnd().Split('\n').Where((line, at) => at > 0 || line.Length > 0)];
}

/// <summary>What the commands for synonyms and boosts share.</summary>
internal static class TuningOptions
{
    /// <summary>A file and taking everything away are two wishes.</summary>
    public static void OneOf(Command command, Option<string?> file, Option<bool> clear) => command.Validators.Add(parsed =>
    {
        if (parsed.GetValue(file) is not null && parsed.GetValue(clear)) parsed.AddError("Say --file or --clear, not both.");
    });

    /// <summary>Options of a search that does without what its base says.</summary>
    public static (Option<bool> Synonyms, Option<bool> Boosts) Without() => (
        new("--without-synonyms") { Description = "Do without the synonyms of the knowledge base, to compare" },
        new("--without-boosts") { Description = "Do without the boosts of the knowledge base, to compare" });
}
