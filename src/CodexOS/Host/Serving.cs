using CodexOS.Cli.Contracts;

namespace CodexOS.Host;

/// <summary>Runs a server from start to stop, and turns what keeps it from starting into words and an exit code.</summary>
internal static class Serving
{
    private const int ExitRefused = 2;

    /// <summary>Serves until asked to stop, and returns the process's exit code.</summary>
    /// <param name="options">What the command line says.</param>
    /// <param name="cancellationToken">Asks it to stop.</param>
    /// <param name="adjust">Changes the registrations last; tests add handlers with it.</param>
    public static async Task<int> ServeAsync(
        ServeOptions options, CancellationToken cancellationToken, Action<IServiceCollection>? adjust = null)
    {
        try
        {
            await using var server = await ServerHost.StartAsync(options, cancellationToken, adjust);
            await Announcement.WriteAsync(server);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var smaller = IdleMemory.GiveBackAsync(TimeProvider.System, stop.Token);
            await server.WaitForShutdownAsync(cancellationToken);
            await stop.CancelAsync();
            await smaller.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        }
        catch (Exception error) when (StartRefusedException.Explain(error, options.Url) is { } why)
        {
            await Console.Error.WriteLineAsync($"codexos: {why}");
            return ExitRefused;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }
}
