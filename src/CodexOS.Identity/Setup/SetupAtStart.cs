using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.Setup;

/// <summary>
/// Once the server listens and knows its address: as long as there is no owner, sees to it that there is a valid
/// administrator link (the one of an earlier start, if its file is there) and has it shown.
/// </summary>
internal sealed partial class SetupAtStart(
    IDbContextFactory<IdentityDbContext> databases, SetupLink link, ISetupAnnouncement announcement,
    IServer server, ILogger<SetupAtStart> log) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var state = await db.SetupState.SingleAsync(cancellationToken);
        if (state.CompletedAt is not null)
        {
            link.Remove();
            return;
        }

        if (!link.TryRead(out var token)
            || state.TokenHash is null
            || !SetupLink.Hash(token).SequenceEqual(state.TokenHash))
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

    /// <summary>The address the server listens on; a name that stands for every address becomes this machine's.</summary>
    private Uri AddressOf()
    {
        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The server listens nowhere.");
        var bound = BindingAddress.Parse(listening);
        return new UriBuilder(bound.Scheme, IsEverywhere(bound.Host) ? "localhost" : bound.Host, bound.Port).Uri;
    }

    private static bool IsEverywhere(string host) => host is "0.0.0.0" or "[::]" or "+" or "*";

    [LoggerMessage(
        Level = LogLevel.Information, Message = "There is no owner yet. The administrator link is in {File}.")]
    private partial void LogNeedsOwner(string file);
}

/// <summary>Prints the link as one plain line on standard output, past the log and whatever collects it.</summary>
internal sealed class SetupOnConsole : ISetupAnnouncement
{
    public void Announce(Uri link) =>
        Console.Out.WriteLine($"Become the administrator of this CodexOS, once, here: {link.AbsoluteUri}");
}
