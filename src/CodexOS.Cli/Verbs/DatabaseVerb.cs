using System.CommandLine;
using CodexOS.Cli.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary><c>codexos database</c>: what is done to PostgreSQL without a server.</summary>
internal static class DatabaseVerb
{
    public static Command Create(Func<DatabaseCommand, CancellationToken, Task<int>> work) => new(
        "database", "Prepare PostgreSQL for an installation, and bring its tables up to date")
    {
        CreatePrepare(work),
        CreateMigrate(work),
    };

    private static Command CreatePrepare(Func<DatabaseCommand, CancellationToken, Task<int>> work)
    {
        var administrator = new Option<string?>("--as")
        {
            Description = "Do it, signed in as this administrator; without, the SQL is printed",
            HelpName = "CONNECTION",
        };
        var shard = new Option<string?>("--shard")
        {
            Description = "Prepare this one of Database:Shards instead of the home database",
            HelpName = "NAME",
        };
        var settings = ServeVerb.SettingsOption();
        var command = new Command(
            "prepare", "Make the roles that Database:ConnectionString and Database:MigrationsConnectionString name")
        {
            administrator, shard, settings,
        };
        command.SetAction((parsed, cancellationToken) => work(
            new DatabaseCommand(
                DatabaseTask.Prepare,
                parsed.GetValue(administrator),
                [.. (parsed.GetValue(settings) ?? []).Select(ServeVerb.Setting)])
            {
                Shard = parsed.GetValue(shard),
            },
            cancellationToken));
        return command;
    }

    private static Command CreateMigrate(Func<DatabaseCommand, CancellationToken, Task<int>> work)
    {
        var settings = ServeVerb.SettingsOption();
        var command = new Command("migrate", "Bring the tables up to date as their owner, so that servers need not know it")
        {
            settings,
        };
        command.SetAction((parsed, cancellationToken) => work(
            new DatabaseCommand(
                DatabaseTask.Migrate, null, [.. (parsed.GetValue(settings) ?? []).Select(ServeVerb.Setting)]),
            cancellationToken));
        return command;
    }
}
