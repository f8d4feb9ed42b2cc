using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Setup;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Passkeys;

/// <summary>Asks for passkeys and checks what comes back, for signing in and for stepping up alike.</summary>
internal sealed partial class PasskeyCheck(
    IDbContextFactory<IdentityDbContext> databases, PasskeyChallenges challenges, ServerAddress address,
    IOptions<IdentityOptions> options, TimeProvider clock, ILogger<PasskeyCheck> log)
{
    private const int ReasonLengthMax = 200;

    /// <summary>What runs the ceremonies; null where browsers offer no passkeys under this server's address.</summary>
    public PasskeyCeremony? Ceremony => RelyingParty.Of(address) is { } party
        ? new PasskeyCeremony(party, options.Value.SecondFactorIssuer, options.Value.PasskeyChallengeLifetime)
        : null;

    /// <summary>Asks whoever wants to enter for a passkey, whichever they choose on their device.</summary>
    public async Task<Result<PasskeyPrompt>> AskToEnterAsync(CancellationToken cancellationToken) =>
        Ceremony is { } ceremony
            ? await challenges.AddAsync(
                await ceremony.AskAsync(holder: null), PasskeyPurpose.Enter, session: null, cancellationToken)
            : PasskeyFaults.Unavailable;

    /// <summary>Asks somebody who is signed in for one of their passkeys.</summary>
    public async Task<Result<PasskeyPrompt>> AskToConfirmAsync(
        UserId user, SessionId session, CancellationToken cancellationToken)
    {
        if (Ceremony is not { } ceremony) return PasskeyFaults.Unavailable;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var holder = await HolderAsync(db, user, cancellationToken);
        if (holder.Passkeys.Count == 0) return PasskeyFaults.None;
        return await challenges.AddAsync(
            await ceremony.AskAsync(holder), PasskeyPurpose.Confirm, session, cancellationToken);
    }

    /// <summary>
    /// Takes a passkey of a person who is known already: in their session, or else in a sign-in whose first step was right.
    /// </summary>
    public async Task<Result<Done>> TakeAsync(
        UserId user, PasskeyResponse answer, SessionId? session, CancellationToken cancellationToken)
    {
        var purpose = session is null ? PasskeyPurpose.Enter : PasskeyPurpose.Confirm;
        if (await challenges.TakeAsync(answer.Challenge, purpose, session, cancellationToken) is not { } state)
            return PasskeyFaults.Bad;
        if (Credential.IdOf(answer.Credential!.Value) is not { } id) return PasskeyFaults.Bad;
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var row = await db.Passkeys.AsNoTracking()
            .SingleOrDefaultAsync(own => own.CredentialId == id && own.UserId == user, cancellationToken);
        if (row is null || await CheckAsync(row, answer.Credential.Value, state) is not { } shown) return PasskeyFaults.Bad;
        return await NoteAsync(db, row, shown, cancellationToken) ? Done.Value : PasskeyFaults.CountedBack;
    }

    /// <summary>What a passkey showed; null if it is not what was asked for.</summary>
    public async Task<ShownPasskey?> CheckAsync(PasskeyRow row, JsonElement credential, string state)
    {
        if (Ceremony is not { } ceremony) return null;
        var holder = new PasskeyHolder(row.UserId.ToString(), [Credential.ForLibrary(row)]);
        var answered = await ceremony.CheckAsync(credential, state, holder);
        if (answered.Passkey is not { } passkey)
        {
            LogRefused(Shorten(answered.Reason));
            return null;
        }

        return new ShownPasskey(passkey.SignCount, passkey.IsBackedUp);
    }

    /// <summary>
    /// Writes down that a passkey was used, in the transaction of what it was used for; false if its counter does not go on
    /// from the one that is known, also where two uses come at once.
    /// </summary>
    public async Task<bool> NoteAsync(
        IdentityDbContext db, PasskeyRow row, ShownPasskey shown, CancellationToken cancellationToken)
    {
        var (id, counter, now) = (row.PasskeyId, shown.Counter, clock.GetUtcNow());
        if (!Credential.CountsOn(row.SignatureCounter, counter)) return false;
        return await db.Passkeys
            .Where(used => used.PasskeyId == id
                && (used.SignatureCounter < counter || (used.SignatureCounter == 0 && counter == 0)))
            .ExecuteUpdateAsync(
                used => used
                    .SetProperty(noted => noted.SignatureCounter, counter)
                    .SetProperty(noted => noted.IsBackedUp, shown.IsBackedUp)
                    .SetProperty(noted => noted.LastUsedAt, now),
                cancellationToken) == 1;
    }

    /// <summary>A person with all their passkeys.</summary>
    public static async Task<PasskeyHolder> HolderAsync(
        IdentityDbContext db, UserId user, CancellationToken cancellationToken)
    {
        var rows = await db.Passkeys.AsNoTracking().Where(row => row.UserId == user).OrderBy(row => row.CreatedAt)
            .ToListAsync(cancellationToken);
        return new PasskeyHolder(user.ToString(), rows.ConvertAll(Credential.ForLibrary));
    }

    /// <summary>A new passkey, if it was made as asked; null otherwise.</summary>
    public async Task<Microsoft.AspNetCore.Identity.UserPasskeyInfo?> ReadNewAsync(JsonElement credential, string state)
    {
        if (Ceremony is not { } ceremony) return null;
        var answered = await ceremony.ReadNewAsync(credential, state);
        if (answered.Passkey is null) LogRefused(Shorten(answered.Reason));
        return answered.Passkey;
    }

    /// <summary>The library's words, which may repeat what a client sent, on one line of bounded length.</summary>
    private static string Shorten(string? reason) =>
        new([.. (reason ?? "no reason").Where(static c => !char.IsControl(c)).Take(ReasonLengthMax)]);

    [LoggerMessage(Level = LogLevel.Information, Message = "A passkey was refused: {Reason}")]
    private partial void LogRefused(string reason);
}

/// <summary>What a device said beside its signature.</summary>
/// <param name="Counter">How often it has signed, if it counts.</param>
/// <param name="IsBackedUp">Whether the key is on other devices too.</param>
internal sealed record ShownPasskey(long Counter, bool IsBackedUp);
