using System.CommandLine;
using System.Reflection;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>What <c>codexos version --json</c> prints; <c>server</c> is null if there is none to ask.</summary>
internal sealed record VersionReport(string Version, string? Server);

/// <summary><c>codexos version</c>: the versions of this command and of the server.</summary>
internal static class VersionVerb
{
    public static string Own { get; } =
        typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion ?? "unknown";

    public static Command Create(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var json = CommonOptions.Json();
        var command = new Command("version", "Show the versions of this command and of the server") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenWithoutRetriesAsync(parsed.GetValue(url), cancellationToken);
            string? server = null;
            try
            {
                server = (await client.GetSetupAsync(cancellationToken)).Version;
            }
            catch (CodexOSException) when (!cancellationToken.IsCancellationRequested)
            {
                // No server is an answer too.
            }

            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new VersionReport(Own, server), CliJson.Documents.VersionReport);
                return 0;
            }

            terminal.OutScreen.Line($"codexos {Own}");
            terminal.OutScreen.Line(
                server is null
                    ? $"no server at {client.Server}"
                    : $"server  {PlainText.LineOf(server)} at {client.Server}",
                Tone.Dim);
            return 0;
        });
        return command;
    }
}
