using System.CommandLine;
using CodexOS.Cli.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos serve</c>: starts the server in this process.</summary>
internal static class ServeVerb
{
    public static Command Create(Func<ServeOptions, CancellationToken, Task<int>> serve)
    {
        var url = new Option<Uri?>("--url")
        {
            Description = "Where to listen, http://127.0.0.1:7420 unless configured otherwise",
            HelpName = "URL",
            CustomParser = Connections.ParseUrl,
        };
        var data = new Option<string?>("--data") { Description = "The data directory", HelpName = "DIR" };
        var shared = new Option<string?>("--shared")
        {
            Description = "The directory that all servers of the installation share; the data directory by default",
            HelpName = "DIR",
        };
        var roles = new Option<string[]>("--role")
        {
            Description = "What this process does: all, api, worker; several by comma or repetition",
            HelpName = "ROLE",
        };
        var settings = SettingsOption();
        var command = new Command("serve", "Start the server in this process") { url, data, shared, roles, settings };
        command.SetAction((parsed, cancellationToken) => serve(
            new ServeOptions(
                parsed.GetValue(url),
                parsed.GetValue(data),
                [.. (parsed.GetValue(roles) ?? []).SelectMany(role => role.Split(
                    ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                [.. SharedSetting(parsed.GetValue(shared)), .. (parsed.GetValue(settings) ?? []).Select(Setting)]),
            cancellationToken));
        return command;
    }

    /// <summary>Single settings of the configuration.</summary>
    public static Option<string[]> SettingsOption()
    {
        var settings = new Option<string[]>("--set")
        {
            Description = "One setting of the configuration; can be repeated",
            HelpName = "KEY=VALUE",
        };
        settings.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=') <= 0))
                result.AddError($"'{token.Value}' is not a setting of the form key=value.");
        });
        return settings;
    }

    /// <summary>A setting, taken apart.</summary>
    public static KeyValuePair<string, string> Setting(string text)
    {
        var at = text.IndexOf('=');
        return new(text[..at], text[(at + 1)..]);
    }

    private static IEnumerable<KeyValuePair<string, string>> SharedSetting(string? path) =>
        path is null ? [] : [new("Server:Shared", path)];
}
