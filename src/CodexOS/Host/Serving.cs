
namespace CodexOS.Host;

/// <summary>Runs a server from start to stop, and turns what keeps it from starting into words and an exit code.</summary>
internal static class Serving
{
    private const int ExitRefused = 2;

    /// <summary>Entry point until the command line takes over.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        if (args is not ["serve", ..])
        {
            Console.Error.WriteLine("Usage: codexos serve [--url URL] [--data DIRECTORY] [--role ROLES] [--set KEY=VALUE]…");
            return Task.FromResult(ExitRefused);
        }

        var options = new ServeOptions(null, null, null, []);
        for (var i = 1; i + 1 < args.Length; i += 2)
        {
            options = args[i] switch
            {
                "--url" => options with { Url = args[i + 1] },
                "--data" => options with { Data = args[i + 1] },
                "--role" => options with { Role = args[i + 1] },
                "--set" => options with { Settings = options.Settings.Add(args[i + 1]) },
                _ => options,
            };
        }

        return ServeAsync(options, CancellationToken.None);
    }

    /// <summary>Serves until asked to stop, and returns the process's exit code.</summary>
    public static async Task<int> ServeAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await using var server = await ServerHost.StartAsync(options, cancellationToken);
            await Announcement.WriteAsync(server, cancellationToken);
            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception error) when (StartRefusedException.Explain(error, options.Url ?? "the address") is { } why)
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
