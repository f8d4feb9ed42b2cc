using CodexOS.Identity.Contracts;
using CodexOS.Identity.SecondFactor;
using CodexOS.Identity.Sessions;
using CodexOS.Identity.SingleSignOn.Entry;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.SignIn;

/// <summary>Somebody who has shown who they are: by a password, a passkey or the word of an identity provider.</summary>
/// <param name="Tenant">The tenant that they sign in to.</param>
/// <param name="User">Who it is.</param>
internal sealed record Verified(TenantId Tenant, UserId User)
{
    /// <summary>Whether a second factor is asked for before there is a session.</summary>
    public bool OwesSecondFactor { get; init; }

    /// <summary>Whether one was given already.</summary>
    public bool GaveSecondFactor { get; init; }

    /// <summary>The word of the identity provider.</summary>
    public SsoSignInId? SsoSignIn { get; init; }

    /// <summary>The passkey, where one alone opened the account.</summary>
    public PasskeyId? Passkey { get; init; }

    /// <summary>By what they have shown it, in a word.</summary>
    public string By => Passkey is not null ? "passkey" : SsoSignIn is not null ? "single_sign_on" : "password";
}

/// <summary>The last steps of every sign-in, whatever it began with: second factor → session → tokens.</summary>
internal sealed partial class SignInCompletion(
    SignInChallenges challenges, SessionStarter sessions, IAuditLog audit, ILogger<SignInCompletion> log)
{
    /// <summary>
    /// Goes on in the transaction of what came before, and commits it: to a challenge where a second factor is owed, else to
    /// the tokens of a new session.
    /// </summary>
    public async Task<Result<SignInOutcome>> GoOnAsync(
        IdentityDbContext db, IDbContextTransaction transaction, Verified who, Client client,
        CancellationToken cancellationToken)
    {
        if (!who.OwesSecondFactor)
            return new SignInOutcome.Finished(await StartAsync(db, transaction, who, client, cancellationToken));
        if (await challenges.AddAsync(db, who, cancellationToken) is not { } challenge)
            return SignIn.Throttled(TimeSpan.FromMinutes(1));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        IdentityTelemetry.CountSignIn("challenged");
        return new SignInOutcome.Challenged(challenge);
    }

    /// <summary>Begins the session, in the same transaction, and commits it.</summary>
    public async Task<IssuedTokens> StartAsync(
        IdentityDbContext db, IDbContextTransaction transaction, Verified who, Client client,
        CancellationToken cancellationToken)
    {
        var surplus = await sessions.MakeRoomAsync(db, who.Tenant, who.User, cancellationToken);
        var tokens = sessions.Start(db, who.Tenant, who.User, client, who.GaveSecondFactor, ssoSignIn: who.SsoSignIn);
        await db.SaveChangesAsync(cancellationToken);
        await audit.RecordAsync(
            SessionAudit.SignedIn(tokens, client).With("by", who.By)
                .With("second_factor", who.GaveSecondFactor ? "given" : "none"),
            db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        sessions.Forget(surplus);
        IdentityTelemetry.CountSignIn("ok");
        LogSignedIn(tokens.User.ToString(), tokens.Tenant.ToString(), tokens.Session.ToString());
        return tokens;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{User} signed in to {Tenant} as {Session}.")]
    private partial void LogSignedIn(string user, string tenant, string session);
}
