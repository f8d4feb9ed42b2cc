using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Contracts;

/// <summary>The <c>codexos</c> command.</summary>
public static class CommandLine
{
    /// <summary>Runs the command that the arguments name.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <param name="serve">Starts the server and returns its exit code when it has stopped.</param>
    /// <param name="database">Does something to the database and returns its exit code.</param>
    /// <returns>The exit code of the process, as <c>docs/operate/cli.md</c> lists them.</returns>
    public static async Task<int> RunAsync(
        string[] args,
        Func<ServeOptions, CancellationToken, Task<int>> serve,
        Func<DatabaseCommand, CancellationToken, Task<int>> database)
    {
        using var signals = new Signals();
        return await new Application(Terminal.OfProcess(), serve, database).RunAsync(args, signals.Token);
    }
}
