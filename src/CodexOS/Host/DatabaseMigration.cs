using CodexOS.Cli.Contracts;
using CodexOS.Platform;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;

namespace CodexOS.Host;

/// <summary>Brings the tables of all modules up to date without serving anything.</summary>
internal static class DatabaseMigration
{
    private const int ExitRefused = 2;

    /// <summary>Migrates the database that the settings name, and returns the process's exit code.</summary>
    public static async Task<int> RunAsync(DatabaseCommand command, CancellationToken cancellationToken)
    {
        // What modules look for in their directory is not in this one, and nobody needs it.
        var files = Directory.CreateTempSubdirectory("codexos-migrate-");
        try
        {
            await MigrateAsync(command, files.FullName, cancellationToken);
            await Console.Out.WriteLineAsync("✓ the tables are those of this version");
            return 0;
        }
        catch (Exception error) when (StartRefusedException.Explain(error, null) is { } why)
        {
            await Console.Error.WriteLineAsync($"codexos: {why}");
            return ExitRefused;
        }
        finally
        {
            files.Delete(recursive: true);
        }
    }

    private static async Task MigrateAsync(DatabaseCommand command, string files, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "codexos",
            ContentRootPath = AppContext.BaseDirectory,
        });
        ServerSettings.AddTo(builder.Configuration, new ServeOptions(null, null, [], command.Settings));
        var given = builder.Configuration.GetSection(DatabaseOptions.Section);
        if (given[nameof(DatabaseOptions.Provider)] != "postgres"
            || given[nameof(DatabaseOptions.MigrationsConnectionString)] is null)
        {
            throw new StartRefusedException(
                "Name the database and both roles first: Database:Provider=postgres, Database:ConnectionString and "
                + "Database:MigrationsConnectionString. With SQLite a server migrates its own file when it starts.");
        }

        // A web application cannot be built without a server; this one never listens.
        builder.WebHost.UseKestrelCore();
        ProcessRoles.All.Set(builder);
        builder.AddPlatform(new DataDirectory(files));
        builder.Services.AddSingleton(ProcessRoles.All);
        foreach (var module in Roles.Modules) module.Add(builder);
        await using var app = builder.Build();
        await app.MigrateDatabaseAsync(cancellationToken);
    }
}
