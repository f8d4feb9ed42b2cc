using CodexOS.Identity.Sessions;
using CodexOS.Identity.SignIn;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Passwords;

/// <summary>
/// Asks somebody who is signed in for their password once more, before what a stolen session must not be enough for. Wrong
/// ones count as failed sign-ins do.
/// </summary>
internal sealed class PasswordConfirmation(SignInThrottle throttle, PasswordHashing passwords)
{
    /// <summary>Said of a password that is not the caller's.</summary>
    public static Fault Wrong { get; } = SignIn.SignIn.BadCredentials with
    {
        Message = "This is not your present password. Check it, and try again.",
    };

    /// <summary>Null if it is the password; otherwise what is said.</summary>
    public async Task<Fault?> CheckAsync(UserRow user, string password, Client client, CancellationToken cancellationToken)
    {
        if (throttle.Begin(user.EmailKey, client.Address) is { } wait) return SignIn.SignIn.Throttled(wait);
        var checking = await passwords.CheckAsync(password, user.PasswordHash, cancellationToken);
        if (!checking.TryGet(out var verified, out var busy))
        {
            throttle.Withdraw(user.EmailKey, client.Address);
            return busy;
        }

        if (!verified.IsRight) return Wrong;
        throttle.Succeed(user.EmailKey, client.Address);
        return null;
    }
}
