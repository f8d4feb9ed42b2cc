using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos connections</c>: sources of tools, set up, looked at, refreshed and removed.</summary>
internal static class ConnectionsVerb
{
    public static Command Create(Terminal terminal, Connections connections) => new(
        "connections", "Set up MCP servers and HTTP APIs as sources of tools")
    {
        List(terminal, connections),
        Get(terminal, connections),
        Add(terminal, connections),
        Refresh(terminal, connections),
        Remove(terminal, connections),
    };

    private static Command List(Terminal terminal, Connections connections)
    {
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("list", "List the connections") { json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var all = await client.ListAllConnectionsAsync(cancellationToken).ToListAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, new Page<Connection>(all), CliJson.Documents.ConnectionPage);
                return 0;
            }

            if (all.Count == 0) terminal.ErrorScreen.Line("There are no connections. Set one up with \"codexos connections add\".");
            else Show(terminal, all);
            return 0;
        });
        return command;
    }

    private static Command Get(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The connection" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("get", "Show a connection with its tools") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var it = await client.GetConnectionAsync(parsed.GetRequiredValue(name), cancellationToken);
            if (parsed.GetValue(json))
            {
                CliJson.Print(terminal, it, CliJson.Documents.Connection);
                return 0;
            }

            Tell(terminal, it);
            await foreach (var tool in client.ListAllConnectionToolsAsync(it.Name, cancellationToken)) Show(terminal, tool);
            return 0;
        });
        return command;
    }

    private static Command Add(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The beginning of its tools' names: lowercase letters, digits, underscores" };
        var http = new Option<string?>("--mcp") { Description = "An MCP server's address", HelpName = "ADDRESS" };
        var stdio = new Option<string[]>("--mcp-command")
        {
            Description = "An MCP server's program and arguments, to run in a sandbox",
            HelpName = "PART",
            AllowMultipleArgumentsPerToken = true,
        };
        var files = new Option<string?>("--files") { Description = "The operator's name of the folder with the program's files", HelpName = "FOLDER" };
        var env = new Option<string[]>("--env")
        {
            Description = "A variable of the program that holds a secret; can be repeated",
            HelpName = "VARIABLE=SECRET",
        };
        var api = new Option<string?>("--openapi") { Description = "An OpenAPI document: a file, - or an address", HelpName = "FILE|ADDRESS" };
        var server = new Option<string?>("--server") { Description = "Where the API is, if not at the document's first server", HelpName = "ADDRESS" };
        var tags = new Option<string[]>("--tag") { Description = "Only operations with this tag; can be repeated", HelpName = "TAG" };
        var operations = new Option<string[]>("--operation") { Description = "Only this operation; can be repeated", HelpName = "ID" };
        var secret = new Option<string?>("--secret") { Description = "The name of the secret that is added to requests", HelpName = "NAME" };
        var sampling = new Option<bool>("--allow-sampling") { Description = "Let the MCP server use the run's model" };
        var project = CommonOptions.InProject();
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("add", "Set a connection up and ask its source what it offers")
        {
            name, http, stdio, files, env, api, server, tags, operations, secret, sampling, project, json, url,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (address, program, document) = (parsed.GetValue(http), parsed.GetValue(stdio) ?? [], parsed.GetValue(api));
            if ((address is null ? 0 : 1) + (program.Length == 0 ? 0 : 1) + (document is null ? 0 : 1) != 1)
                throw Wrong("Give exactly one of --mcp, --mcp-command and --openapi.");
            var isAddress = document is not null && document.Contains("://", StringComparison.Ordinal);
            var request = new CreateConnection(
                parsed.GetRequiredValue(name),
                address is null ? null : new McpHttpSettings(address, parsed.GetValue(secret), parsed.GetValue(sampling)),
                program.Length == 0 ? null : new McpStdioSettings(
                    program, parsed.GetValue(files), VariablesOf(parsed.GetValue(env) ?? []), parsed.GetValue(sampling)),
                document is null ? null : new OpenApiSettings(
                    isAddress ? null : await YamlFile.ReadAsync(terminal, document, cancellationToken),
                    isAddress ? document : null,
                    parsed.GetValue(server),
                    parsed.GetValue(secret),
                    OrNull(parsed.GetValue(tags)),
                    OrNull(parsed.GetValue(operations))));
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var made = await client.CreateConnectionAsync(request, parsed.GetValue(project), cancellationToken);
            return Done(terminal, made, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Refresh(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The connection" };
        var (url, json) = (Connections.UrlOption(), CommonOptions.Json());
        var command = new Command("refresh", "Ask a connection's source again what it offers") { name, json, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            var refreshed = await client.RefreshConnectionAsync(parsed.GetRequiredValue(name), cancellationToken);
            return Done(terminal, refreshed, parsed.GetValue(json));
        });
        return command;
    }

    private static Command Remove(Terminal terminal, Connections connections)
    {
        var name = new Argument<string>("NAME") { Description = "The connection" };
        var url = Connections.UrlOption();
        var command = new Command("remove", "Remove a connection; no run can call its tools from then on") { name, url };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var client = await connections.OpenAsync(parsed.GetValue(url), cancellationToken);
            await client.RemoveConnectionAsync(parsed.GetRequiredValue(name), cancellationToken);
            terminal.OutScreen.Line($"■ {PlainText.LineOf(parsed.GetRequiredValue(name))} is removed", Tone.Warn);
            return 0;
        });
        return command;
    }

    /// <summary>Says what came of it; a source that could not be asked is a failure of the command.</summary>
    private static int Done(Terminal terminal, Connection it, bool asJson)
    {
        if (asJson) CliJson.Print(terminal, it, CliJson.Documents.Connection);
        else Tell(terminal, it);
        return it.Fault is null ? 0 : FaultKind.Upstream.ExitCode();
    }

    private static void Tell(Terminal terminal, Connection it)
    {
        var screen = terminal.OutScreen;
        screen.Line((PlainText.LineOf(it.Name), Tone.Bold), ($"  {it.Kind}  {it.State}  {Format.Plural(it.ToolsCount, "tool")}", Tone.Dim));
        if (it.Fault is { } fault) screen.Line($"✗ {PlainText.LineOf(fault.Message)}", Tone.Bad);
        if (it.Server is { } server)
            screen.Line(("server  ", Tone.Dim), (PlainText.LineOf($"{server.Name} {server.Version} ({server.Protocol}) {server.Address}"), Tone.Plain));
        foreach (var skipped in it.Skipped)
            screen.Line(("skipped ", Tone.Dim), (PlainText.LineOf($"{skipped.Name}: {skipped.Reason}"), Tone.Plain));
    }

    private static void Show(Terminal terminal, ConnectionTool tool)
    {
        var screen = terminal.OutScreen;
        var asks = tool.Disabled ? "off" : tool.Asks ? "asks" : "does not ask";
        screen.Line((PlainText.LineOf(tool.Name), Tone.Bold), ($"  {tool.Effect}, {tool.Repeat}, {asks}, {tool.Source}", Tone.Dim));
        screen.Line($"  {PlainText.LineOf(tool.Description)}");
        foreach (var note in tool.Notes) screen.Line($"  {PlainText.LineOf(note)}", Tone.Dim);
    }

    private static void Show(Terminal terminal, List<Connection> all)
    {
        var table = new ListTable(
            new ListColumn("NAME"),
            new ListColumn("KIND"),
            new ListColumn("STATE"),
            new ListColumn("TOOLS", IsNumber: true),
            new ListColumn("REFRESHED", Rank: 2),
            new ListColumn("SERVER", IsFlexible: true));
        var now = terminal.Clock.GetUtcNow();
        foreach (var it in all)
        {
            table.Add(
                new ListCell(it.Name, Tone.Bold),
                it.Kind,
                it.State,
                $"{it.ToolsCount}",
                it.RefreshedAt is { } at ? $"{Format.Age(now - at)} ago" : "never",
                it.Server?.Name ?? it.Fault?.Code ?? "");
        }

        table.Show(terminal.OutScreen);
    }

    private static Dictionary<string, string>? VariablesOf(string[] given)
    {
        if (given.Length == 0) return null;
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var one in given)
        {
            var at = one.IndexOf('=', StringComparison.Ordinal);
            if (at < 1) throw Wrong($"'{one}' is no variable; write VARIABLE=SECRET, with the secret's name.");
            variables[one[..at]] = one[(at + 1)..];
        }

        return variables;
    }

    private static string[]? OrNull(string[]? given) => given is { Length: > 0 } ? given : null;

    private static CodexOSException Wrong(string message) => new("cli.bad_connection", FaultKind.Invalid, message);
}
