using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos maintenance</c>: keeps requests out for a while, or lets them only look.</summary>
internal static class MaintenanceVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "maintenance", "Switch maintenance or read-only mode on and off, for all nodes")
    {
        CreateOn(terminal, connections),
        CreateOff(terminal, connections),
        CreateStatus(terminal, connections),
    };

    private static Command CreateOn(Terminal terminal, Connections connections)
    {
        var readOnly = new Option<bool>("--read-only") { Description = "Let people look; only changes are turned away" };
        var reason = new Option<string?>("--reason") { Description = "Why, for whoever is turned away", HelpName = "TEXT" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("on", "Turn requests away with 503 until it is switched off; runs under way go on")
        {
            readOnly, reason, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var mode = parsed.GetValue(readOnly) ? ServiceModeKind.ReadOnly : ServiceModeKind.Maintenance;
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            Show(
                terminal,
                await client.ChangeServiceModeAsync(mode, parsed.GetValue(reason), cancellationToken),
                parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command CreateOff(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("off", "Serve as ever") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            Show(
                terminal,
                await client.ChangeServiceModeAsync(ServiceModeKind.Normal, null, cancellationToken),
                parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static Command CreateStatus(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("status", "Tell how the installation serves") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            Show(terminal, await client.GetServiceModeAsync(cancellationToken), parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static void Show(Terminal terminal, ServiceMode now, bool asJson)
    {
        if (asJson)
        {
            CliJson.Print(terminal, now, CliJson.Documents.ServiceMode);
            return;
        }

        var because = now.Reason is { } reason ? $": {PlainText.LineOf(reason)}" : "";
        var (text, tone) = now.Mode switch
        {
            ServiceModeKind.Normal => ("✓ it serves as ever", Tone.Good),
            ServiceModeKind.ReadOnly => ($"■ it takes no changes{because}", Tone.Warn),
            ServiceModeKind.Maintenance => ($"■ it is under maintenance{because}", Tone.Warn),
            _ => ("it serves in a mode that this command does not know", Tone.Warn),
        };
        terminal.OutScreen.Line(text, tone);
    }
}
