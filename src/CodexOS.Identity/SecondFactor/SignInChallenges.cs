using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SecondFactor;

/// <summary>A challenge on its way to the client.</summary>
internal sealed record IssuedChallenge(string Challenge, TimeSpan Lifetime);

/// <summary>
/// Sign-ins that wait for their second factor. The client holds 256 random bits, of which the hash is stored; they open
/// nothing without a code, work once, and only for a few minutes.
/// </summary>
internal sealed class SignInChallenges(TenantContext tenants, IOptions<IdentityOptions> options, TimeProvider clock)
{
    private const string Prefix = "cdc_";
    private const int TokenBytes = 32;
    private const int OpenMax = 20;

    /// <summary>
    /// Adds a challenge to the context, and takes out what has expired of the user's there; null if too many are open. The
    /// caller saves.
    /// </summary>
    public async Task<IssuedChallenge?> AddAsync(
        IdentityDbContext db, Verified who, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await db.SignInChallenges.Where(row => row.UserId == who.User && row.ExpiresAt <= now)
            .ExecuteDeleteAsync(cancellationToken);
        var open = await db.SignInChallenges.CountAsync(row => row.UserId == who.User, cancellationToken);
        if (open >= OpenMax) return null;
        var text = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        db.SignInChallenges.Add(new SignInChallengeRow
        {
            ChallengeHash = HashOf(text),
            TenantId = who.Tenant,
            UserId = who.User,
            CreatedAt = now,
            ExpiresAt = now + options.Value.SignInChallengeLifetime,
            SsoSignInId = who.SsoSignIn,
        });
        return new IssuedChallenge(text, options.Value.SignInChallengeLifetime);
    }

    /// <summary>
    /// The sign-in that a challenge stands for, if its account may still sign in. The tenant is not known before it is found,
    /// so this one query looks in all of them.
    /// </summary>
    public async Task<SignInChallengeRow?> FindAsync(
        IdentityDbContext db, string challenge, CancellationToken cancellationToken)
    {
        var hash = HashOf(challenge);
        var now = clock.GetUtcNow();
        using var work = tenants.EnterWork(IdentityWork.SignIn);
        return await db.SignInChallenges
            .Where(row => row.ChallengeHash == hash && row.ExpiresAt > now)
            .Where(row => db.Users.Any(user => user.UserId == row.UserId && user.State == UserState.Active)
                && db.OpenMemberships.Any(member => member.UserId == row.UserId && member.TenantId == row.TenantId))
            .IgnoreQueryFilters()
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Uses a challenge up; of two at once, one succeeds.</summary>
    public static async Task<bool> TryUseAsync(
        IdentityDbContext db, SignInChallengeRow challenge, CancellationToken cancellationToken)
    {
        var hash = challenge.ChallengeHash;
        return await db.SignInChallenges.Where(row => row.ChallengeHash == hash)
            .ExecuteDeleteAsync(cancellationToken) == 1;
    }

    private static byte[] HashOf(string challenge) => SHA256.HashData(Encoding.UTF8.GetBytes(challenge));
}
