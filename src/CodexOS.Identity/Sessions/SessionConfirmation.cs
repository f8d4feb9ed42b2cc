using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Sessions;

/// <summary>
/// Asks everybody to show once more who they are before they end sessions of theirs, so that whoever holds a stolen session
/// cannot throw its owner out. It asks for what the person has: a second factor or a passkey, or else the password, or else a
/// sign-in at the identity provider a short while ago.
/// </summary>
internal sealed class SessionConfirmation(IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>Said to who has neither a second factor nor a passkey, but a password.</summary>
    public static Fault PasswordNeeded { get; } = new(
        "identity.password_needed",
        FaultKind.NotAllowed,
        "This asks for your password once more. Give it to POST /api/v1/auth/step-up, then try again.");

    private readonly TimeSpan _lifetime = options.Value.StepUpLifetime;

    /// <summary>Null if they have shown it in this session a short while ago; otherwise what is said.</summary>
    public async Task<Fault?> FaultOfAsync(IdentityDbContext db, SignedIn who, CancellationToken cancellationToken)
    {
        var since = clock.GetUtcNow() - _lifetime;
        var session = await db.Sessions.AsNoTracking().SingleAsync(row => row.SessionId == who.Session, cancellationToken);
        if (session.SteppedUpAt > since) return null;
        if (await SecondFactorCheck.CanStepUpAsync(db, who.Caller.User, cancellationToken))
            return SecondFactorFaults.StepUpNeeded;
        if (await TakesPasswordAsync(db, who, cancellationToken)) return PasswordNeeded;
        return session.CreatedAt > since ? null : SignInNeeded();
    }

    /// <summary>
    /// Whether a session confirms with the password: its person has one, nothing to step up with, and did not come by an
    /// identity provider, where they may have forgotten that there is one here.
    /// </summary>
    public static async Task<bool> TakesPasswordAsync(IdentityDbContext db, SignedIn who, CancellationToken cancellationToken) =>
        !await SecondFactorCheck.CanStepUpAsync(db, who.Caller.User, cancellationToken)
        && await db.Users.AnyAsync(row => row.UserId == who.Caller.User && row.PasswordHash != null, cancellationToken)
        && await db.Sessions.AnyAsync(row => row.SessionId == who.Session && row.SsoSignInId == null, cancellationToken);

    private Fault SignInNeeded() => new(
        "identity.sign_in_needed",
        FaultKind.NotAllowed,
        $"This asks that you signed in at most {(int)Math.Ceiling(_lifetime.TotalMinutes)} minutes ago. Sign out, sign in at your "
        + "identity provider again, then try again.");
}
