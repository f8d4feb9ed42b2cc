using System.Security.Cryptography;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Modules;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.SecondFactor;

/// <summary>
/// Seals the seeds of authenticators anew that are under an older key than the newest, once after each start, while they are in
/// use. Then nothing needs the older key any more.
/// </summary>
internal sealed partial class SeedRenewal(
    IDbContextFactory<IdentityDbContext> databases, ISeedSeal seal, IHostApplicationLifetime lifetime, ILogger<SeedRenewal> log)
    : BackgroundService
{
    private const int BatchMax = 500;

    /// <summary>Seals anew what is under an older key.</summary>
    /// <returns>How many seeds it were, and how many could not be opened.</returns>
    public async Task<(int Renewed, int Unreadable)> RenewAsync(CancellationToken cancellationToken)
    {
        var (renewed, unreadable) = (0, 0);
        for (UserId? last = null; ;)
        {
            await using var db = await databases.CreateDbContextAsync(cancellationToken);
            var rows = db.TotpFactors.AsNoTracking();
            if (last is { } before) rows = rows.Where(row => row.UserId.CompareTo(before) > 0);
            var batch = await rows.OrderBy(static row => row.UserId).Take(BatchMax)
                .Select(static row => new { row.UserId, row.SealedSeed }).ToListAsync(cancellationToken);
            foreach (var row in batch.Where(row => !seal.IsCurrent(row.SealedSeed)))
            {
                if (Renew(row.SealedSeed, row.UserId) is not { } anew)
                {
                    unreadable++;
                    continue;
                }

                // Where it is not there any more, its owner has set up another one.
                renewed += await db.TotpFactors.Where(one => one.UserId == row.UserId && one.SealedSeed == row.SealedSeed)
                    .ExecuteUpdateAsync(set => set.SetProperty(static one => one.SealedSeed, anew), cancellationToken);
            }

            if (batch.Count < BatchMax) return (renewed, unreadable);
            last = batch[^1].UserId;
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.WhenStartedAsync(stoppingToken);
            var (renewed, unreadable) = await RenewAsync(stoppingToken);
            if (renewed > 0) LogRenewed(renewed);
            if (unreadable > 0) LogUnreadable(unreadable);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start goes on.
        }
        catch (Exception error)
        {
            // What is under an older key still opens.
            LogFailed(error);
        }
    }

    private byte[]? Renew(byte[] sealedSeed, UserId user)
    {
        try
        {
            var seed = seal.Open(sealedSeed, user);
            var anew = seal.Seal(seed, user);
            CryptographicOperations.ZeroMemory(seed);
            return anew;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} authenticators are under the newest key now.")]
    private partial void LogRenewed(int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} authenticators cannot be opened with any key in the keys folder; keep the older keys, or put back the one that is missing.")]
    private partial void LogUnreadable(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Authenticators could not be sealed under the newest key; the next start tries again.")]
    private partial void LogFailed(Exception error);
}
