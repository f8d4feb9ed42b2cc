using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Passkeys;

/// <summary>
/// Prompts that wait for their answer. The browser holds 256 random bits, of which the hash is stored. An answer uses its
/// prompt up, good or not, and counts only for what was asked, in the session that asked it, for a few minutes.
/// </summary>
internal sealed class PasskeyChallenges(
    IDbContextFactory<IdentityDbContext> databases, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private const string Prefix = "cdk_";
    private const int TokenBytes = 32;

    private readonly IdentityOptions _options = options.Value;

    /// <summary>
    /// Keeps a question until its answer comes. A session has one of each kind, so that asking again starts anew; of sign-ins
    /// there is a number for all together.
    /// </summary>
    public async Task<Result<PasskeyPrompt>> AddAsync(
        PasskeyQuestion question, PasskeyPurpose purpose, SessionId? session, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.PasskeyChallenges
            .Where(row => row.ExpiresAt <= now
                || (session != null && row.SessionId == session && row.Purpose == purpose))
            .ExecuteDeleteAsync(cancellationToken);
        if (session is null
            && await db.PasskeyChallenges.CountAsync(row => row.SessionId == null, cancellationToken)
                >= _options.PasskeyChallengesMax)
        {
            return PasskeyFaults.Busy;
        }

        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        db.PasskeyChallenges.Add(new PasskeyChallengeRow
        {
            ChallengeHash = HashOf(text),
            Purpose = purpose,
            SessionId = session,
            State = question.State,
            CreatedAt = now,
            ExpiresAt = now + _options.PasskeyChallengeLifetime,
        });
        await db.SaveChangesAsync(cancellationToken);
        return new PasskeyPrompt(text, (int)_options.PasskeyChallengeLifetime.TotalSeconds, question.Options);
    }

    /// <summary>Uses a prompt up and says what was kept of its question; null if there is none such. Of two at once, one
    /// gets it.</summary>
    public async Task<string?> TakeAsync(
        string challenge, PasskeyPurpose purpose, SessionId? session, CancellationToken cancellationToken)
    {
        var hash = HashOf(challenge);
        var now = clock.GetUtcNow();
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var found = await db.PasskeyChallenges.AsNoTracking()
            .SingleOrDefaultAsync(row => row.ChallengeHash == hash, cancellationToken);
        if (found is null
            || await db.PasskeyChallenges.Where(row => row.ChallengeHash == hash).ExecuteDeleteAsync(cancellationToken) == 0)
        {
            return null;
        }

        return found.Purpose == purpose && found.SessionId == session && found.ExpiresAt > now ? found.State : null;
    }

    private static byte[] HashOf(string challenge) => SHA256.HashData(Encoding.UTF8.GetBytes(challenge));
}
