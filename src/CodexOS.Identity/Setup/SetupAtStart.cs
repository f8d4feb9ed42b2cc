using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Setup;

/// <summary>
/// Once the server listens and knows its address: as long as there is no owner, sees to it that there is a valid
/// administrator link (the one of an earlier start, if its file is there) and has it shown.
/// </summary>
internal sealed partial class SetupAtStart(
    IDbContextFactory<IdentityDbContext> databases, SetupLink link, ISetupAnnouncement announcement,
    IServer server, IOptions<IdentityOptions> options, ILogger<SetupAtStart> log) : IHostedLifecycleService
{
    private const string AddressDefault = "http://127.0.0.1:7420";

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var state = await db.SetupState.SingleAsync(cancellationToken);
        if (state.CompletedAt is not null)
        {
            link.Remove();
            return;
        }

        if (!link.TryRead(out var token) || state.TokenHash is null || !SetupLink.Hash(token).SequenceEqual(state.TokenHash))
        {
            // The file comes second: if this start dies in between, the next one makes a new token.
            token = SetupLink.NewToken();
            state.TokenHash = SetupLink.Hash(token);
            await db.SaveChangesAsync(cancellationToken);
        }

        announcement.Announce(link.Write(AddressOf(), token));
        LogNeedsOwner(link.FilePath);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Uri AddressOf()
    {
        if (options.Value.PublicUrl is { } publicUrl) return new Uri(publicUrl);
        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? AddressDefault;

        // An address that stands for all of the machine's is no place to go to.
        var reachable = listening.Replace("://[::]", "://localhost", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal)
            .Replace("://+", "://localhost", StringComparison.Ordinal)
            .Replace("://*", "://localhost", StringComparison.Ordinal);
        return Uri.TryCreate(reachable, UriKind.Absolute, out var address) ? address : new Uri(AddressDefault);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "There is no owner yet. The administrator link is in {File}.")]
    private partial void LogNeedsOwner(string file);
}

/// <summary>Prints the link as one plain line on standard output, past the log and whatever collects it.</summary>
internal sealed class SetupOnConsole : ISetupAnnouncement
{
    public void Announce(Uri link) =>
        Console.Out.WriteLine($"Become the administrator of this CodexOS, once, here: {link.AbsoluteUri}");
}
