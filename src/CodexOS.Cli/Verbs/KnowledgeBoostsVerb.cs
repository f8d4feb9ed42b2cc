using System.CommandLine;
using System.Globalization;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos kb boosts</c>: shows what raises passages of a knowledge base, or changes it.</summary>
internal static class KnowledgeBoostsVerb
{
    private const string Example = """{ "metadata": [{ "key": "team", "value": "legal", "factor": 2 }] }""";

    public static Command Create(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("BASE") { Description = "The knowledge base's name" };
        var file = new Option<string?>("--file", "-f")
        {
            Description = "Boosts to put in place of those that it has, as JSON like --json prints it; - for the standard input",
            HelpName = "FILE",
        };
        var clear = new Option<bool>("--clear") { Description = "Take all boosts away" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("boosts", "Show what raises or lowers passages of a knowledge base in searches, or change it")
        {
            name, file, clear, json, url,
        };
        TuningOptions.OneOf(command, file, clear);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var wanted = parsed.GetRequiredValue(name);
            var boosts = parsed.GetValue(file) is { } path
                ? Read(path, await YamlFile.ReadAsync(terminal, path, cancellationToken))
                : parsed.GetValue(clear) ? new KnowledgeBoosts() : null;
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var now = boosts is null
                ? await client.GetBoostsAsync(wanted, cancellationToken)
                : await client.SetBoostsAsync(wanted, boosts, cancellationToken);
            if (parsed.GetValue(json)) CliJson.Print(terminal, now, CliJson.Documents.KnowledgeBoosts);
            else if (boosts is null) Show(terminal, wanted, now);
            else terminal.OutScreen.Line(now.IsNone ? $"✓ {wanted} has no boosts any more." : $"✓ The boosts of {wanted} are changed.", Tone.Good);
            return 0;
        });
        return command;
    }

    private static KnowledgeBoosts Read(string path, string text) =>
        (TuningFiles.Read(path, text, CliJson.Documents.BoostsFile, "cli.bad_boosts", "boosts", Example) ?? new BoostsFile()).ToBoosts();

    private static void Show(Terminal terminal, string name, KnowledgeBoosts now)
    {
        if (now.IsNone)
        {
            terminal.ErrorScreen.Line($"There are none. Give it some with \"codexos kb boosts {name} --file FILE\".");
            return;
        }

        var table = new ListTable(new ListColumn("FOR", IsFlexible: true), new ListColumn("FACTOR", IsNumber: true));
        if (now.Fields is { } fields && fields != new FieldBoosts())
        {
            table.Add("words of the title", Number(fields.Title));
            table.Add("words of headings", Number(fields.Headings));
            table.Add("words of the text", Number(fields.Text));
        }

        foreach (var rule in now.Metadata ?? []) table.Add($"{rule.Key}={rule.Value}", Number(rule.Factor));
        if (now.Newer is { } newer) table.Add($"newer, half of it after {Number(newer.HalfLifeDays)} days", Number(newer.Factor));
        table.Show(terminal.OutScreen);
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
