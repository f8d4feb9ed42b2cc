using System.CommandLine;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos logout</c>: ends the session on the server and forgets it here.</summary>
internal static class LogoutVerb
{
    public static Command Create(Terminal terminal, Connections connections)
    {
        var url = Connections.UrlOption();
        var command = new Command("logout", "End the session and forget it") { url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            if (await connections.Store.ReadAsync(client.Server, cancellationToken) is null)
            {
                terminal.OutScreen.Line($"You are not signed in to {client.Server}.");
                return 0;
            }

            await client.SignOutAsync(cancellationToken);
            terminal.OutScreen.Line($"Signed out of {client.Server}.");
            return 0;
        });
        return command;
    }
}
