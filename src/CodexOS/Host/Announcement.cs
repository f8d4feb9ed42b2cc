using CodexOS.Identity.Contracts;
using CodexOS.Platform.Installation;

namespace CodexOS.Host;

/// <summary>Tells where the server is: in the log, and to a person at a terminal also how to go on.</summary>
internal static partial class Announcement
{
    /// <summary>Writes it.</summary>
    public static async Task WriteAsync(ServerHost server)
    {
        LogReady(server.Services.GetRequiredService<ILogger<ServerHost>>(), VersionFact.Version, server.Url);
        if (Console.IsOutputRedirected) return;
        await Console.Out.WriteLineAsync(
            $"""

              CodexOS is ready   {server.Url}
              Data               {server.Data.Path}
              Stop               Ctrl+C
            """);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "CodexOS {Version} is ready on {Url}")]
    private static partial void LogReady(ILogger log, string version, string url);
}

/// <summary>Shows the administrator link at a terminal only: it must not end up in a file that collects the output.</summary>
internal sealed class SetupAtTerminal : ISetupAnnouncement
{
    public void Announce(Uri link)
    {
        if (!Console.IsOutputRedirected)
            Console.Out.WriteLine($"{Environment.NewLine}  First sign-in      {link.AbsoluteUri}");
    }
}
