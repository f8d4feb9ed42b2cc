namespace CodexOS.Host;

/// <summary>Tells a person at a terminal where the server is and how to go on.</summary>
internal static class Announcement
{
    /// <summary>Writes the lines, unless the output is read by a program.</summary>
    public static async Task WriteAsync(ServerHost server, CancellationToken cancellationToken)
    {
        if (Console.IsOutputRedirected) return;
        await Console.Out.WriteLineAsync(
            $"""

              CodexOS is ready   {server.PublicUrl}
              Data               {server.Data.Path}
              Stop               Ctrl+C
            """);
        var link = Path.Combine(server.Data.Keys, "setup-link");
        if (!File.Exists(link)) return;
        var text = await File.ReadAllTextAsync(link, cancellationToken);
        await Console.Out.WriteLineAsync($"  First sign-in      {text.Trim()}");
    }
}
