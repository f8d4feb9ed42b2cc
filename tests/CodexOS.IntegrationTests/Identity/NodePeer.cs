using System.Diagnostics;
using System.Text.Json;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>A program of <c>tests/peers</c> that is made of somebody else's library, spoken to in lines.</summary>
internal sealed class NodePeer(Process process) : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="library">What it is made of.</param>
    /// <param name="script">The script, and what it is given.</param>
    public static NodePeer Start(string library, params string[] script)
    {
        var folder = Repository.In("tests", "peers");
        Directory.Exists(Path.Combine(folder, "node_modules", library)).ShouldBeTrue("Fetch it: npm --prefix tests/peers ci");
        return new NodePeer(Process.Start(new ProcessStartInfo("node", script)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
    }

    public async Task<JsonElement> HearAsync()
    {
        var line = await process.StandardOutput.ReadLineAsync(Cancellation);
        return line is null
            ? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Cancellation))
            : JsonElement.Parse(line);
    }

    public Task SayAsync(string line) => process.StandardInput.WriteLineAsync(line.AsMemory(), Cancellation);

    public void Dispose()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
