using System.CommandLine;
using CodexOS.Cli.Doctor;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos doctor</c>: checks this machine and the server, and says how to mend what is wrong.</summary>
internal static class DoctorVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var data = new Option<string?>("--data")
        {
            Description = "The server's data directory (./data, or the XDG one, unless named)",
            HelpName = "DIR",
        };
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("doctor", "Check this machine and the server") { data, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var checks = new List<Check>();
            var local = LocalChecks.RunAsync(
                terminal, connections.Store.Path, parsed.GetValue(data), cancellationToken);
            await foreach (var check in local) Add(check);
            var client = await connections.OpenWithoutRetriesAsync(parsed.GetValue(url), cancellationToken);
            await foreach (var check in ServerChecks.RunAsync(client, cancellationToken)) Add(check);

            var report = new DoctorReport(checks.TrueForAll(check => check.State != CheckState.Fail), checks);
            if (parsed.GetValue(json)) CliJson.Print(terminal, report, CliJson.Documents.DoctorReport);
            return report.Ok ? 0 : FaultKind.Unavailable.ExitCode();

            void Add(Check check)
            {
                checks.Add(check);
                if (!parsed.GetValue(json)) Show(terminal.OutScreen, check);
            }
        });
        return command;
    }

    private static void Show(Screen screen, Check check)
    {
        var (word, tone) = check.State switch
        {
            CheckState.Ok => ("ok  ", Tone.Good),
            CheckState.Warn => ("warn", Tone.Warn),
            _ => ("fail", Tone.Bad),
        };
        screen.Write($"{word}  ", tone);
        screen.Write($"{check.Name,-12}  ", Tone.Bold);
        screen.Line(PlainText.LineOf(check.Message));
        if (check.Fix is { } fix) screen.Line($"      {"",-12}  → {PlainText.LineOf(fix)}", Tone.Info);
    }
}
