using System.CommandLine;
using CodexOS.Cli.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos database</c>: what an administrator of PostgreSQL does once for an installation.</summary>
internal static class DatabaseVerb
{
    public static Command Create(Func<PrepareOptions, CancellationToken, Task<int>> prepare) => new(
        "database", "Prepare PostgreSQL for an installation")
    {
        CreatePrepare(prepare),
    };

    private static Command CreatePrepare(Func<PrepareOptions, CancellationToken, Task<int>> prepare)
    {
        var administrator = new Option<string?>("--as")
        {
            Description = "Do it, signed in as this administrator; without, the SQL is printed",
            HelpName = "CONNECTION",
        };
        var settings = ServeVerb.SettingsOption();
        var command = new Command(
            "prepare", "Make the roles that Database:ConnectionString and Database:MigrationsConnectionString name")
        {
            administrator, settings,
        };
        command.SetAction((parsed, cancellationToken) => prepare(
            new PrepareOptions(
                parsed.GetValue(administrator), [.. (parsed.GetValue(settings) ?? []).Select(ServeVerb.Setting)]),
            cancellationToken));
        return command;
    }
}
