using CodexOS.Platform.Installation;

namespace CodexOS.Host;

/// <summary>Tells where the server is: in the log, and to a person at a terminal also how to go on.</summary>
internal static partial class Announcement
{
    /// <summary>Writes it.</summary>
    public static async Task WriteAsync(ServerHost server, CancellationToken cancellationToken)
    {
        LogReady(server.Services.GetRequiredService<ILogger<ServerHost>>(), VersionFact.Version, server.Url);
        if (Console.IsOutputRedirected) return;
        await Console.Out.WriteLineAsync(
            $"""

              CodexOS is ready   {server.Url}
              Data               {server.Data.Path}
              Stop               Ctrl+C
            """);
        var link = Path.Combine(server.Data.Keys, "setup-link");
        if (!File.Exists(link)) return;
        var text = await File.ReadAllTextAsync(link, cancellationToken);
        await Console.Out.WriteLineAsync($"  First sign-in      {text.Trim()}");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "CodexOS {Version} is ready on {Url}")]
    private static partial void LogReady(ILogger log, string version, string url);
}
